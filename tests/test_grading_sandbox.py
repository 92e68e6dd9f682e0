import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from course import toolkit
from course.checks import reasons
from course.checks.diagnose import ONLY_SHOWN
from course.checks.judge import Stopped
from course.checks.probe import Probe, Tensor
from course.checks.result import ERROR, FAILED, TIMED_OUT
from course.exercises import PUBLIC_SEED, load
from course.grading.grader import Grader
from course.grading.record import GRADED, UNGRADABLE
from course.grading.reference import Reference
from course.grading.sandbox.pool import Limits, Slot, ZygoteError
from course.grading.submission import Submission

LIMITS = Limits(cpu=1, wall=8)


@pytest.fixture(scope="module")
def slot():
    slot = Slot()
    yield slot
    slot.close()


@pytest.fixture
def child(slot):
    child = slot.get().fork(LIMITS)
    yield child
    child.close()


def ask(child, cell, name="f", probe=None, observer="array", load_first=True):
    if load_first:
        child.ask("load", slot="s", cells=[cell], names=[name])
    probe = probe or Probe((np.ones(3),))
    answer = child.ask("observe", slot="s", name=name, probe=probe, observer=observer)
    return answer["observation"]


def test_an_answer_is_observed(child):
    observation = ask(child, "def f(x):\n    return 2 * x")
    np.testing.assert_array_equal(observation["value"], [2, 2, 2])


def test_a_keras_answer_is_observed(child):
    cell = "from keras import layers\ndef f(x): return layers.Conv2D(4, 3)(x)"
    probe = Probe((Tensor((8, 8, 3)),), options={"seed": 1})
    observation = ask(child, cell, probe=probe, observer="model")
    assert sum(len(rows) for rows in observation["weights"].values()) == 2


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("while True: pass", TIMED_OUT, "1 s of processor time"),
        ("import os; os._exit(0)", ERROR, "ended its process (exit status 0)"),
        ("import os; os._exit(7)", ERROR, "exit status 7"),
        ("import os; os.kill(os.getpid(), 9)", ERROR, "SIGKILL"),
        ("import os; os.kill(os.getpid(), 8)", ERROR, "SIGFPE"),
        ("import ctypes; ctypes.string_at(0)", ERROR, "SIGSEGV"),
        ("import os; os.write(3, b'x' * 64)", ERROR, "something else than data"),
        ("import os; os.close(3); return 1", ERROR, "ended its process"),
        ("import os; os.kill(os.getpid(), 35)", ERROR, "killed by signal 35"),
    ],
)
def test_how_a_child_can_end(child, body, status, reason):
    with pytest.raises(Stopped) as caught:
        ask(child, f"def f(x):\n    {body}")
    assert caught.value.status == status
    assert reason in caught.value.reason
    assert not child.alive


@pytest.mark.parametrize(
    ("body", "type_name"),
    [
        ("return f(x)", "RecursionError"),
        ("return [np.empty(10**7) for _ in range(10**4)]", "MemoryError"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import mmap; return len(mmap.mmap(-1, 5 << 30))", "OSError"),
        ("return open('/tmp/planted', 'w').write('x' * 9999)", "OSError"),
        ("return np.ones((10**5, 100))", "ValueError"),
    ],
)
def test_what_an_answer_raises_is_data(child, body, type_name):
    observation = ask(child, f"import numpy as np\ndef f(x):\n    {body}")
    assert type_name in observation["raised"]["types"]
    if type_name != "ValueError":
        assert observation["raised"]["line"].startswith("code cell 1, line ")


def test_sleeping_through_every_signal_meets_the_wall(slot):
    child = slot.get().fork(Limits(cpu=5, wall=1))
    cell = (
        "import signal, time\ndef f(x):\n"
        "    for n in range(1, 65):\n"
        "        try: signal.signal(n, signal.SIG_IGN)\n"
        "        except (OSError, ValueError): pass\n"
        "    while True: time.sleep(1)"
    )
    started = time.monotonic()
    with pytest.raises(Stopped, match="no answer within 1 s"):
        ask(child, cell)
    assert time.monotonic() - started < 50


def test_a_flood_of_output_neither_blocks_nor_counts(child):
    cell = "def f(x):\n    for _ in range(200): print('y' * 10**6)\n    return 1"
    assert ask(child, cell)["value"] == 1


STARTS = """import os, time
def f(x):
    reader, writer = os.pipe()
    for _ in range({depth}):
        if os.fork():
            break
        {leave}
        os.write(writer, b"%8d" % os.getpid())
    else:
        time.sleep(600)
    if os.getpid() != {own}:
        time.sleep(600)
    return [int(os.read(reader, 8)) for _ in range({depth})]"""


@pytest.mark.parametrize("depth", [1, 4])
@pytest.mark.parametrize("leave", ["", "os.setsid()"])
def test_what_a_submission_starts_ends_with_it(slot, leave, depth):
    child = slot.get().fork(LIMITS)
    own = int(ask(child, "import os\ndef f(x): return os.getpid()")["value"])
    cell = STARTS.format(leave=leave, depth=depth, own=own)
    child.ask("load", slot="t", cells=[cell], names=["f"])
    probe = Probe((np.ones(3),))
    answer = child.ask("observe", slot="t", name="f", probe=probe, observer="array")
    pids = answer["observation"]["value"].astype(int)
    assert len(pids) == depth and all(map(psutil.pid_exists, pids))
    child.close()
    assert not any(map(psutil.pid_exists, pids))


def test_what_cannot_be_sent_refuses_no_arguments(child):
    cell = "import numpy as np\ndef f(x):\n    return [np.ones(2**22)] * 4"
    observation = ask(
        child, cell.replace("[np.ones(2**22)] * 4", "(np.ones(5 * 2**20),) * 2")
    )
    assert "ValueError" in observation["raised"]["types"] and observation["after"]


def test_a_missing_name_is_supplied_by_the_cells_that_were_left_out(child):
    cell = "def setup():\n    global K\n    K = 3\nsetup()\ndef f(x):\n    return K"
    assert ask(child, cell)["value"] == 3


@pytest.mark.parametrize(
    "line",
    [
        "from course.modern_cnn import vgg_block",
        "import course.exercises.source",
        "from keras.applications import VGG16",
        "from keras import applications",
        "from tensorflow.keras.applications import VGG16",
        "import keras_cv",
        "import keras; keras.applications.VGG16()",
        "import tensorflow as tf; tf.keras.applications.VGG16()",
    ],
)
def test_reaching_for_an_answer_is_refused_with_the_reason(child, line):
    kinds, message = _raised(child, f"{line.partition(';')[0]}\ndef f(x):\n    {line}")
    assert kinds == ["NotWhileGraded", "PermissionError"]
    assert "yours to write" in message


def _raised(child, cell):
    raised = ask(child, cell)["raised"]
    return raised["types"][:2], raised["message"]


def test_no_function_of_the_answers_is_reachable(child):
    cell = (
        "import gc, types\ndef f(x):\n    gc.unfreeze()\n"
        "    found = [o for o in gc.get_objects() if type(o) is types.FunctionType]\n"
        "    hidden = ('keras.src.applications', 'course.modern', 'course.exercises')\n"
        "    names = [str(o.__module__) for o in found]\n"
        "    return [len(found), sum(name.startswith(hidden) for name in names)]"
    )
    everything, hidden = ask(child, cell)["value"]
    assert everything > 10_000 and hidden == 0


def test_a_labs_own_imports_load(child):
    names = ", ".join(toolkit.__all__)
    cell = (
        "import matplotlib.pyplot as plt, numpy as np, tensorflow as tf, keras\n"
        "from tensorflow.keras import layers\n"
        f"from course.toolkit import {names}\n"
        "shown = check('modern_cnn.vgg_block', None), answer('modern_cnn.relu', 'b')\n"
        "def f(x):\n    return layers.Dense is tf.keras.layers.Dense"
    )
    report = child.ask("load", slot="s", cells=[cell], names=["f", "shown", "plt"])
    assert report["problems"] == []


def test_autograph_converts_what_a_cell_defines(child):
    cell = (
        "import tensorflow as tf\n@tf.function\ndef g(n):\n"
        "    total = tf.constant(0)\n    for i in tf.range(n):\n        total += i\n"
        "    return total\nfound = int(g(tf.constant(5)))\n"
        "def f(x):\n    return found"
    )
    assert ask(child, cell)["value"] == 10


def test_random_numbers_differ_between_children(slot):
    cell = (
        "import random, numpy as np, keras\n"
        "k = float(np.asarray(keras.random.uniform((1,)))[0])\n"
        "def f(x):\n    return [random.random(), np.random.rand(), k]"
    )
    drawn = []
    for _ in range(2):
        child = slot.get().fork(LIMITS)
        drawn.append(ask(child, cell)["value"])
        child.close()
    assert not np.isclose(*drawn).any()


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


def test_a_zygote_has_a_home_of_its_own_and_takes_it_along(slot):
    home = Path(slot.get()._home.name)
    assert home.is_dir()
    other = Slot()
    other.get()
    home = Path(other._zygote._home.name)
    other.close()
    assert not home.exists()


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
