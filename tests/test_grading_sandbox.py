import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from children import LIMITS, ask

from course import toolkit
from course.checks.judge import Stopped
from course.checks.probe import Probe, Tensor
from course.checks.result import ERROR, TIMED_OUT
from course.grading.sandbox.pool import Limits, Slot


@pytest.fixture
def child(slot):
    child = slot.get().fork(LIMITS)
    yield child
    child.close()


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


def test_a_zygote_has_a_home_of_its_own_and_takes_it_along(slot):
    home = Path(slot.get()._home.name)
    assert home.is_dir()
    other = Slot()
    other.get()
    home = Path(other._zygote._home.name)
    other.close()
    assert not home.exists()
