"""``course new exercise``, and what an unfinished exercise is told."""

import shutil

import pytest

from course.authoring import scaffold
from course.cli import main
from course.exercises import find, public
from course.exercises.exercise import Exercise, Mistake, gather, mistakes
from course.exercises.modern_cnn.common import BATCH_STATISTICS
from course.exercises.source import SourceError, reference_source

TWO = """
    forgets the square
        x**2  =>  x
        What is summed up:
        the values themselves?

    adds one
        return y  =>  return y + 1
        Is there one too many?
"""


def test_mistakes_are_read_as_one_writes_them_down():
    assert mistakes(TWO) == (
        Mistake(
            "forgets the square",
            "x**2",
            "x",
            "What is summed up: the values themselves?",
        ),
        Mistake("adds one", "return y", "return y + 1", "Is there one too many?"),
    )


DIFF = """
adds before it multiplies
    -    y = a * x
    -    return y + b
    +    return a * (x + b)
    - is there a bracket too many?

adds nothing
    y + b =>
    What is added?

forgets the first line
    -    y = a * x
    What becomes of y?
"""


def test_a_patch_of_several_lines_is_written_as_git_prints_it():
    assert mistakes(DIFF) == (
        Mistake(
            "adds before it multiplies",
            "    y = a * x\n    return y + b",
            "    return a * (x + b)",
            "- is there a bracket too many?",
        ),
        Mistake("adds nothing", "y + b", "", "What is added?"),
        Mistake("forgets the first line", "    y = a * x", "", "What becomes of y?"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("adds one\n    a -> b\n    Why?", "needs a line 'old  =>  new'"),
        ("adds one\n    a  =>  b", "and then a hint"),
        ("adds one\n    -a\n    +b", "and then a hint"),
        ("adds one\n    +b\n    Why?", "lines that begin with '-'"),
        ("adds one\n      =>  b\n    Why?", "needs a line"),
        ("adds one", "'adds one' needs a line"),
        ("    a  =>  b\nadds one", "begins with its name"),
    ],
)
def test_a_mistake_written_otherwise_is_named(text, said):
    with pytest.raises(ValueError, match=said):
        mistakes(text)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """The files that an exercise is made in, in a folder of their own."""
    root = scaffold.ROOT
    for path in (
        "course/modern_cnn/__init__.py",
        "course/exercises/modern_cnn/__init__.py",
        "labs/source/05_modern_cnn.md",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, tmp_path / path)
    monkeypatch.setattr(scaffold, "ROOT", tmp_path)
    return tmp_path


def test_the_pieces_stand_in_their_places(clone, capsys):
    before = (clone / "labs/source/05_modern_cnn.md").read_text("utf-8")
    assert main(["new", "exercise", "modern_cnn.my_size", "--after", "vgg_block"]) == 0
    said = capsys.readouterr().out
    for path in ("modern_cnn/my_size.py", "exercises/modern_cnn/my_size.py"):
        assert f"course/{path}" in said
        compile((clone / "course" / path).read_text("utf-8"), path, "exec")
    order = (clone / "course/exercises/modern_cnn/__init__.py").read_text("utf-8")
    assert '    "vgg_block",\n    "my_size",\n' in order
    lecture = (clone / "course/modern_cnn/__init__.py").read_text("utf-8")
    assert "from course.modern_cnn.my_size import my_size\n" in lecture
    assert '    "local_response_norm",\n    "my_size",\n    "nin",\n' in lecture
    lab = (clone / "labs/source/05_modern_cnn.md").read_text("utf-8")
    exercise = lab.index(":exercise: modern_cnn.my_size")
    assert lab.index(":exercise: modern_cnn.vgg_block") < exercise
    assert exercise < lab.index(":exercise: modern_cnn.inception_block")
    assert len(lab) > len(before)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["modern_cnn.vgg_block"], "there is an exercise modern_cnn.vgg_block"),
        (["my_size"], "give <lecture>.<function>"),
        (["modern_cnn.My-Size"], "give <lecture>.<function>"),
        (["modern_cnn.class"], "'class' is a word of Python's own; give another"),
        (["cooking.my_size"], "the lectures are modern_cnn"),
        (["modern_cnn.my_size", "--after", "soup"], "no exercise 'soup' to follow"),
    ],
)
def test_what_cannot_be_made_writes_nothing(clone, capsys, arguments, said):
    before = {p: p.read_bytes() for p in clone.rglob("*") if p.is_file()}
    assert main(["new", "exercise", *arguments]) == 1
    assert said in capsys.readouterr().err
    assert {p: p.read_bytes() for p in clone.rglob("*") if p.is_file()} == before


def test_outside_of_a_clone_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(scaffold, "ROOT", tmp_path)
    assert main(["new", "exercise", "modern_cnn.my_size"]) == 1
    assert "in a clone of the repository" in capsys.readouterr().err


def changed(**fields):
    """The exercise ``stacked_conv_params`` with other fields."""
    exercise = find("modern_cnn.stacked_conv_params")
    kept = {f: getattr(exercise, f) for f in Exercise.__dataclass_fields__}
    return Exercise(**{**kept, **fields})


def test_a_mistake_that_changes_nothing_is_refused():
    nothing = Mistake("means the same", "int(depth)", "int(depth + 0)", "?")
    with pytest.raises(public.Unfit, match="tells the mistake 'means the same'"):
        public.observed(changed(mistakes=(nothing,)))


def test_a_mistake_that_leaves_no_python_is_named():
    broken = Mistake("loses a factor", "int(depth)", "", "?")
    with pytest.raises(SourceError, match="'loses a factor' made, Python does not"):
        public.observed(changed(mistakes=(broken,)))


def test_two_mistakes_that_are_one_are_refused():
    twice = [Mistake(n, "int(depth)", "1", "?") for n in ("first", "second")]
    with pytest.raises(public.Unfit, match="'second' from 'first'"):
        public.observed(changed(mistakes=tuple(twice)))


def test_a_probe_that_the_reference_does_not_answer_as_claimed_is_refused():
    from course.checks.probe import Probe

    for probe in (Probe((3, 1, 8), claim="errors"), Probe((0, 1, 8))):
        with pytest.raises(public.Unfit, match="called as stacked_conv_params"):
            public.observed(changed(probes=lambda rng, p=probe: [p]))


def test_an_exercise_without_a_place_in_the_lab_is_named():
    with pytest.raises(ValueError, match=r"\['vgg_block'\] must be both"):
        order = [n for n in gather_names() if n != "vgg_block"]
        gather("course.exercises.modern_cnn", order)


def gather_names():
    from course.exercises import load

    return list(load("modern_cnn"))


def test_a_mistake_is_made_in_the_code_and_not_in_the_docstring():
    exercise = find("modern_cnn.stacked_conv_params")
    (mistake,) = mistakes("""
        counts one layer
            * int(depth)  =>  * 1
            How many layers are there?
    """)
    assert "int(channels) ** 2 * 1" in reference_source(exercise.id, mistake)
    told = Mistake("words", "Two of 3x3 have", "x", "?")  # stands in the docstring
    with pytest.raises(SourceError, match="does not occur"):
        reference_source(exercise.id, told)


def test_bad_calls_change_one_argument_at_a_time():
    from course.checks.probe import Tensor, bad_calls

    x = Tensor((8, 6, 3), "float16")
    same = dict(stride=2, bias=True)
    seen = [(p.args, p.kwargs, p.note) for p in bad_calls(x, 4, "same", **same)]
    assert seen == [
        ((Tensor((8, 3), "float16"), 4, "same"), same, "three axes"),
        ((Tensor((8, 6, 5, 3), "float16"), 4, "same"), same, "five axes"),
        ((x, 0, "same"), same, ""),
        ((x, -2, "same"), same, ""),
        ((x, 4, "same"), dict(stride=0, bias=True), ""),
        ((x, 4, "same"), dict(stride=-2, bias=True), ""),
    ]
    assert {p.claim for p in bad_calls(x, 4)} == {"errors"}


def test_a_mistake_in_shared_layers_changes_every_helper():
    """DenseNet has batch normalizations of two helpers."""
    plain = reference_source("modern_cnn.densenet121")
    changed = reference_source("modern_cnn.densenet121", BATCH_STATISTICS)
    text = 'BatchNormalization(name=_join(name, "bn"))(x'
    assert plain.count(f"{text})") == changed.count(f"{text}, training=True)") == 2
