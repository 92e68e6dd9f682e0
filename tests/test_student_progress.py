"""``course progress`` says how far a lab is and what comes next."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from test_student_handin import VGG, answers, write

from course import cli
from course.checks import states
from course.checks.result import (
    ERROR,
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    TIMED_OUT,
    Result,
    Verdict,
)
from course.exercises import load
from course.exercises.source import stub_source
from course.grading.checking import NotChecked
from course.grading.record import GRADED, Answer, Record
from course.student import progress

EXERCISES = load("modern_cnn")
ALL = len(EXERCISES)
POINTS = sum(e.points for e in EXERCISES.values())
HINT = "The third of the hints."


def at(name):
    """The place of an exercise in the lab, from 0."""
    return list(EXERCISES).index(name)


# In a file of ``answers``: one cell of imports, then a cell an exercise.
NEXT = f"Next: vgg_block, code cell {at('vgg_block') + 2} (counting code cells only)"


def answer(name, state=states.DONE, **more):
    """What checking finds of an exercise in some state."""
    passed = Verdict("runs", PASSED)
    found = {
        states.DONE: (PASSED, 1, [passed]),
        states.PARTLY: (FAILED, Fraction(1, 2), [passed, Verdict("shape", FAILED)]),
        states.WRONG: (ERROR, 0, [Verdict("runs", ERROR)]),
        states.STUB: (NOT_ATTEMPTED, 0, [Verdict("runs", NOT_ATTEMPTED)]),
        states.BROKEN: (ERROR, 0, [Verdict("defined", ERROR)]),
        states.MISSING: (NOT_ATTEMPTED, 0, [Verdict("defined", FAILED)]),
    }
    status, part, verdicts = found[state]
    exercise = EXERCISES[name]
    hints = more.pop("hints", ())
    result = Result(
        exercise.id,
        status,
        part * Fraction(exercise.points),
        exercise.points,
        tuple(verdicts),
        hints=hints,
    )
    return Answer(result, **more)


def checked(**found):
    """Answers in lab order, by name as answers or states; those not named are done."""
    found = {name: found.get(name, states.DONE) for name in EXERCISES}
    return [f if isinstance(f, Answer) else answer(n, f) for n, f in found.items()]


def record(answers):
    return Record("kim", "lab.ipynb", "", "05", GRADED, "", POINTS, tuple(answers))


@pytest.mark.parametrize("state", states.STATES)
def test_states(state):
    assert states.state(answer("resnet", state).result) == state


def test_a_call_that_does_not_end_is_wrong():
    verdicts = (Verdict("runs", TIMED_OUT),)
    result = Result("modern_cnn.resnet", TIMED_OUT, Fraction(0), 12, verdicts)
    assert states.state(result) == states.WRONG


P, W, S, M = states.PARTLY, states.WRONG, states.STUB, states.MISSING


@pytest.mark.parametrize(
    ("states", "following"),
    [
        ({}, None),
        (dict.fromkeys(EXERCISES, S), "receptive_field"),
        ({"vgg_block": S, "dense_block": P}, "dense_block"),
        ({"vgg_block": W, "dense_block": S}, "vgg_block"),
        ({"vgg_block": M, "gradient_norms": S}, "vgg_block"),
        ({"dense_block": P, "inception_block": P}, "inception_block"),
        ({"resnet": P, "bottleneck_block": S}, "bottleneck_block"),
        ({"resnet": P, "bottleneck_block": S, "dense_block": P}, "dense_block"),
        ({"resnet": S}, "resnet"),
    ],
)
def test_what_comes_next(states, following):
    found = progress.next_up(checked(**states), EXERCISES)
    assert (found and found.result.exercise.partition(".")[2]) == following


@pytest.fixture
def shown(tmp_path, monkeypatch, capsys):
    """Shows answers as if checking had found them: (exit code, lines)."""

    def show(answers_found, cells, path=tmp_path / "my lab.ipynb"):
        path = write(Path(path), cells)
        monkeypatch.setattr(
            progress, "public_record", lambda path, lab: record(answers_found)
        )
        code = progress.main(path)
        return code, capsys.readouterr().out.splitlines()

    return show


def test_everything_done_leads_to_handing_in(shown, tmp_path):
    code, lines = shown(checked(), answers())
    assert code == 0
    points = f"{POINTS} of {POINTS} points"
    assert lines[-2].startswith(f"{ALL} of {ALL} exercises done; {points}")
    assert lines[-1].endswith(f"course handin '{tmp_path / 'my lab.ipynb'}'")


def test_a_hint_is_shown_with_the_cell(shown):
    found = checked(vgg_block=answer("vgg_block", states.PARTLY, hints=(HINT,)))
    code, lines = shown(found, answers())
    assert code == 1
    at = lines.index(NEXT)
    assert lines[at + 1] == f"  Hint: {HINT}" and "course check" in lines[at + 2]
    assert f"{POINTS - 2.5} of {POINTS} points" in lines[at - 1]
    assert "Grading uses other inputs" in lines[at - 1]


def test_lines_say_what_happened_and_hold_no_control_characters(shown):
    found = checked(
        vgg_block=answer("vgg_block", states.WRONG, notes=("KeyError\x1b[31m: 3",)),
        inception_block=answer("inception_block", states.BROKEN, notes=("x" * 300,)),
        dense_block=states.MISSING,
        resnet=answer("resnet", helped_by=("bottleneck_block",)),
    )
    _, lines = shown(found, answers(dense_block=None))
    assert all(line.isprintable() and len(line) < 140 for line in lines)
    rows = {line.split()[0]: line for line in lines[:ALL]}
    told = "0 / 5   wrong    0 of 1 public checks; KeyError [31m: 3"
    assert rows["vgg_block"].endswith(told)
    assert "broken" in rows["inception_block"]
    assert rows["dense_block"].endswith("not defined; course reset puts its stub back")
    assert rows["resnet"].endswith(
        "the reference in the place of your bottleneck_block"
    )


def test_a_missing_cell_comes_back_with_reset(shown):
    found = checked(vgg_block=states.MISSING)
    _, lines = shown(found, answers(vgg_block=None))
    assert lines[-2] == "Next: vgg_block"
    assert lines[-1].endswith("my lab.ipynb' vgg_block")


@pytest.mark.parametrize("name", ["-kim.ipynb", "--lab.ipynb"])
def test_what_is_to_be_typed_is_no_option(name, shown, tmp_path, monkeypatch):
    found = checked(vgg_block=states.MISSING)
    monkeypatch.chdir(tmp_path)
    code, lines = shown(found, answers(vgg_block=None), path=name)
    assert code == 1 and lines[-1].endswith(f": course reset ./{name} vgg_block")


def touch(*names):
    for name in map(Path, names):
        name.parent.mkdir(exist_ok=True, parents=True)
        name.write_text("{}")


LAB = "05_modern_cnn.ipynb"


@pytest.mark.parametrize(
    ("language", "there", "taken"),
    [
        ("en", [LAB], LAB),
        ("en", [LAB, f"labs/{LAB}"], f"labs/{LAB}"),
        ("en", [f"labs/ko/{LAB}", f"labs/{LAB}"], f"labs/{LAB}"),
        ("ko", [f"labs/ko/{LAB}", f"labs/{LAB}"], f"labs/ko/{LAB}"),
        ("ko", [f"labs/{LAB}"], f"labs/{LAB}"),
        ("en", [f"labs/ko/{LAB}"], f"labs/ko/{LAB}"),
    ],
)
def test_the_file_that_is_taken(language, there, taken, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_LANG", language)
    touch(*there)
    assert progress.default_file() == Path(taken)
    assert progress.default_file("05") == Path(taken)


def test_no_file_and_several_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["progress"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("course progress: there is no 05_modern_cnn.ipynb in labs/")
    assert str(tmp_path) in said and "course lab" in said
    monkeypatch.setattr(progress, "LABS", {"05": "modern_cnn", "06": "other"})
    monkeypatch.setattr(progress, "file_name", lambda number: f"{number}.ipynb")
    touch("05.ipynb", "labs/06.ipynb")
    with pytest.raises(NotChecked, match=r"05\.ipynb, labs/06\.ipynb.*--lab NN"):
        progress.default_file()
    assert progress.default_file("06") == Path("labs/06.ipynb")


def test_a_terminal_sees_how_far_it_is(monkeypatch, capsys):
    def public_record(path, lab, watch):
        watch(EXERCISES["vgg_block"])
        raise NotChecked("no \x1b record")

    monkeypatch.setattr(progress, "public_record", public_record)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert progress.main(Path("lab.ipynb")) == 1
    said = capsys.readouterr().err
    place = f"[{at('vgg_block') + 1}/{ALL}]"
    assert f"\r\x1b[Kstarting TensorFlow\r\x1b[K{place} vgg_block" in said
    assert said.endswith("course progress: no   record\n")


def test_points_run_nothing(monkeypatch, capsys):
    monkeypatch.setattr(progress, "public_record", None)
    assert cli.main(["progress", "--points", "--lab", "05"]) == 0
    assert cli.main(["progress", "--points"]) == 0
    both = capsys.readouterr().out
    assert both[: len(both) // 2] == both[len(both) // 2 :]
    rows = [line.split() for line in both.splitlines()]
    assert ["vgg_block", "5", "2.5", "1.5", "1"] in rows


def test_points_of_a_file_are_not_asked_for(tmp_path, capsys):
    path = write(tmp_path / "lab.ipynb", answers())
    with pytest.raises(SystemExit) as stop:
        cli.main(["progress", str(path), "--points"])
    assert stop.value.code == 2 and "not allowed with" in capsys.readouterr().err


def test_a_whole_run(tmp_path):
    """What ``course progress`` says of a notebook, from another process."""
    average = VGG.replace("layers.MaxPooling2D", "layers.AveragePooling2D")
    stubs = dict.fromkeys(EXERCISES, "x = 1")
    cells = answers(
        **stubs
        | {
            "receptive_field": answers()[at("receptive_field") + 1],
            "vgg_block": average,
            "inception_block": stub_source("modern_cnn.inception_block"),
            "resnet": "def resnet(depths:\n    return depths",
        }
    )
    path = write(tmp_path / "lab.ipynb", [*cells, "while True: pass"])
    code = (
        "import sys; from course import cli;"
        "print(cli.main(['progress', sys.argv[1]]));"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=300
    )
    lines = done.stdout.splitlines()
    assert lines[-2:] == ["1", "[]"] and done.stderr == ""
    found = {line.split()[0]: line.split()[4] for line in lines[:ALL]}
    missing = dict.fromkeys(EXERCISES, states.MISSING)
    assert found == missing | {
        "receptive_field": states.DONE,
        "vgg_block": states.PARTLY,
        "inception_block": states.STUB,
        "resnet": states.BROKEN,
    }
    broken = lines[at("resnet")]
    assert "SyntaxError" in broken and f"code cell {at('resnet') + 2}" in broken
    assert f"1 of {ALL} exercises done" in lines[ALL + 1]
    assert lines[ALL + 2] == NEXT
    assert lines[ALL + 3].startswith("  Hint: Of each four values")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lab.ipynb"]
