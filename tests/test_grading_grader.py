"""The grader: one bad answer costs its points only, and every reason is told."""

import time
from dataclasses import replace

import pytest
from children import LIMITS, ask

from course.checks import reasons
from course.checks.diagnose import ONLY_SHOWN
from course.checks.result import ERROR, FAILED, TIMED_OUT
from course.exercises import PUBLIC_SEED, load
from course.grading.grader import Grader
from course.grading.record import GRADED, UNGRADABLE
from course.grading.reference import Reference
from course.grading.sandbox.pool import Limits, ZygoteError
from course.grading.submission import Submission


def submission(*cells):
    return Submission("kim", "kim.ipynb", cells, "digest")


def array_exercises(*names):
    return {n: e for n, e in load("modern_cnn").items() if n in names}


@pytest.fixture
def grader(slot):
    exercises = array_exercises("receptive_field", "stacked_conv_params")
    return Grader("05", exercises, 1, Reference(slot), limits=LIMITS)


RIGHT = (
    "def stacked_conv_params(kernel, depth, channels):\n"
    "    kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)\n"
    "    if min(kh, kw, depth, channels) < 1: raise ValueError\n"
    "    return kh * kw * depth * channels**2"
)


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("def receptive_field(layers):\n    while True: pass", TIMED_OUT),
        ("def receptive_field(layers):\n    import os; os._exit(0)", ERROR),
        ("while True: receptive_field = 1", TIMED_OUT),
        ("import os\nreceptive_field = os._exit(0)", ERROR),
        ("receptive_field = 1 / 0", ERROR),
        ("def receptive_field(layers)\n    return 1", ERROR),
        ("receptive_field = 3", ERROR),
        ("receptive_field = None", ERROR),
        ("def receptive_field(layers): pass\ndel receptive_field", ERROR),
        (
            "def receptive_field(layers):\n    raise NotImplementedError",
            "not attempted",
        ),
        ("def receptive_field():\n    return 1", ERROR),
        ("class L(list):\n  pass\nreceptive_field = lambda layers: [L()]", "failed"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_one_bad_answer_costs_its_points_only(slot, grader, cell, status, first):
    cells = [cell, RIGHT] if first else [RIGHT, cell]
    record = grader.grade(slot, submission(*cells))
    assert record.status == GRADED
    bad, good = (a.result for a in record.answers)
    assert (bad.status, bad.earned) == (status, 0)
    assert good.earned == good.possible == 3


def test_a_late_submission_ends_in_time(slot, grader):
    grader.seconds = 3
    loop = "import time\ndef {}(*x): time.sleep(60)"
    cells = [loop.format(name) for name in grader.exercises]
    started = time.monotonic()
    record = grader.grade(slot, submission(*cells))
    assert time.monotonic() - started < 50
    assert [a.result.status for a in record.answers] == [TIMED_OUT, TIMED_OUT]


def test_nothing_of_a_lab_is_another_lab(slot, grader):
    record = grader.grade(slot, submission("def iou(a, b): pass", "x = 1"))
    assert record.status == "wrong lab" and "lab 05" in record.reason


NEEDY = """def receptive_field(layers):
    assert stacked_conv_params(3, 2, 4) == 288
    if any(len(layer) not in (2, 3) or min(layer) < 1 for layer in layers):
        raise ValueError
    size = jump = 1
    for kernel, stride, *dilation in layers:
        size += (kernel - 1) * jump * (dilation[0] if dilation else 1)
        jump *= stride
    return size"""


@pytest.mark.parametrize(
    "slip",
    [
        "def stacked_conv_params(kernel, depth, channels):\n    return 1",
        "def stacked_conv_params(kernel, depth, channels):\n    raise SystemExit",
        "def stacked_conv_params(kernel, depth, channels):\n"
        "    raise NotImplementedError",
        "",
    ],
)
def test_one_slip_costs_once(slot, grader, slip):
    needy = grader.exercises["receptive_field"]
    needs = ("stacked_conv_params",)
    grader.exercises["receptive_field"] = replace(needy, needs=needs)
    record = grader.grade(slot, submission(NEEDY, slip))
    helped, failed = record.answers
    assert helped.result.earned == helped.result.possible == 4
    assert helped.helped_by == needs
    assert failed.result.earned == 0 and not failed.helped_by
    record = grader.grade(slot, submission(NEEDY, RIGHT))
    assert [a.helped_by for a in record.answers] == [(), ()]
    assert record.earned == 7


def test_a_dead_zygote_is_replaced(slot, grader):
    slot.get()._process.kill()
    record = grader.grade(slot, submission(RIGHT))
    assert record.answers[1].result.earned == 3


def test_the_reference_comes_back_with_a_new_zygote(slot, grader):
    restarted = []

    class Watched:
        get = slot.get

        def restart(self, broken):
            restarted.append(broken)
            slot.restart(broken)

    grader.reference = Reference(Watched())
    assert grader.grade(slot, submission(RIGHT)).earned == 3
    grader.probes = {n: e.draw(2) for n, e in grader.exercises.items()}
    slot.get()._process.kill()
    assert grader.grade(slot, submission(RIGHT)).earned == 3
    assert not restarted, "the new zygote is no worse than others"


LEAK = """seen = []
def receptive_field(layers):
    seen.append(layers)
    raise type("Seen" + repr(layers), (KeyError,), {})(repr(layers))
"""


def test_no_text_of_an_exception_shows_what_was_asked(slot, grader):
    (answer, _) = grader.grade(slot, submission("", LEAK)).answers
    line = 'raise type("Seen" + repr(layers), (KeyError,), {})(repr(layers))'
    assert answer.notes == (f"KeyError in code cell 2, line 4: {line}",)


def test_what_a_child_says_of_loading_once_it_has_seen_probes_is_not_believed(
    slot, grader
):
    spy = LEAK.replace("raise", "return") + "import time, os\n"
    late = (
        "def stop():\n    if not seen: time.sleep(99)\n"
        "    raise ValueError(repr(seen))\nstacked_conv_params = stop()"
    )
    grader.limits = Limits(cpu=1, wall=2)
    record = grader.grade(slot, submission(spy, late))
    (_, answer) = record.answers
    place = "(code cell 2, line 3: raise ValueError(repr(seen)))"
    assert answer.notes == (f"ValueError {place}",)
    assert record.problems[0][2] == "ValueError"


def test_reasons_are_on_the_page(slot, grader):
    gone = "stacked_conv_params = stacked_conv_params(3, 2, 4)"
    cell = "def receptive_field(x):\n    import keras; keras.applications.VGG16()"
    record = grader.grade(slot, submission(RIGHT, "x = 1", gone, cell))
    networks, formula = record.answers
    assert formula.result.earned == 3
    said = {"name": "stacked_conv_params", "cell": 3, "kind": "int", "home": 1}
    assert formula.notes == (reasons.REPLACED.format(**said),)
    record = grader.grade(slot, submission("receptive_field = None"))
    assert record.answers[0].notes == ("receptive_field is None (code cell 1)",)


def test_a_submission_that_only_calls_exec_is_this_labs(slot, grader):
    record = grader.grade(slot, submission(f"exec({RIGHT!r})"))
    assert (record.status, record.earned) == (GRADED, 3)


def test_training_that_seems_needed_is_left_out_in_a_second_try(slot, grader):
    cell = "class Model:\n    def fit(self):\n        while True: pass\nmodel = Model()"
    use = "def receptive_field(layers, m=model): return 1\nmodel.fit()"
    record = grader.grade(slot, submission(cell, use, RIGHT))
    needed, other = record.answers
    assert needed.result.status == FAILED and not needed.notes
    assert other.result.earned == 3 and not other.notes


def test_the_reference_is_not_quoted_as_the_students(slot, grader):
    needy = grader.exercises["receptive_field"]
    needs = ("stacked_conv_params",)
    grader.exercises["receptive_field"] = replace(needy, needs=needs)
    cell = "\n" * 40 + "def receptive_field(layers):\n    raise KeyError(layers)"
    wrong = "def stacked_conv_params(*sizes): return 0"
    first = "def receptive_field(layers):\n    return stacked_conv_params(0, 0, 0)"
    record = grader.grade(slot, submission(f"{wrong}\n{first}"))
    assert record.answers[0].notes == ()
    child = slot.get().fork(LIMITS)
    child.ask("load", slot="s", cells=[cell], names=["receptive_field"])
    source = "def stacked_conv_params():\n    raise KeyError"
    child.ask("replace", slot="s", source=source, name="stacked_conv_params")
    observation = ask(child, "", name="receptive_field", load_first=False)
    child.close()
    assert observation["raised"]["line"].endswith("line 42: raise KeyError(layers)")


def test_two_dead_zygotes_give_no_points_and_a_reason(grader):
    class DeadSlot:
        def get(self):
            return self

        def fork(self, limits):
            raise ZygoteError("it ended")

        def restart(self, broken):
            pass

    record = grader.grade(DeadSlot(), submission(RIGHT))
    assert (record.status, record.earned) == (UNGRADABLE, 0)
    assert "it ended" in record.reason


@pytest.mark.parametrize(
    ("right", "wrong", "mistakes"),
    [
        ("* depth", "* 1", ("forgets the depth",)),
        (
            "depth * channels**2",
            "channels",
            ("forgets the depth", "counts the channels once"),
        ),
        ("kh * kw", "kh * kw + 1", ()),
    ],
)
def test_grading_names_one_mistake_or_two(slot, grader, right, wrong, mistakes):
    record = grader.grade(slot, submission(RIGHT.replace(right, wrong)))
    result = record.answers[1].result
    assert result.status == FAILED
    assert sorted(result.mistakes) == sorted(mistakes)
    assert bool(result.hints) == bool(mistakes)


def test_an_answer_that_knows_the_notebooks_inputs_alone_is_told_so(slot, grader):
    exercise = grader.exercises["stacked_conv_params"]
    shown = [p.args for p in exercise.draw(PUBLIC_SEED) if p.claim != "errors"]
    cell = RIGHT + f"\nright, shown = stacked_conv_params, {shown!r}\n"
    cell += (
        "def stacked_conv_params(*args):\n"
        "    return right(*args) if args in shown or min(args[1:]) < 1 else 0"
    )
    result = grader.grade(slot, submission(cell)).answers[1].result
    assert (result.mistakes, result.hints) == ((), (ONLY_SHOWN,))
