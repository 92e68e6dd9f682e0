"""Children where nothing can be forked: new processes, looked at from outside."""

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

import course
from course.checks.judge import Stopped
from course.checks.probe import Probe
from course.checks.result import ERROR, TIMED_OUT
from course.grading.sandbox import child as child_module
from course.grading.sandbox import pool, portable
from course.grading.sandbox.pool import Limits, Slot, ZygoteError

ROOT = Path(course.__file__).resolve().parent.parent
LIMITS = Limits(cpu=1, wall=30, data=200 << 20)
# A worker that imports no TensorFlow starts in an instant; all else is the same.
LIGHT = """
import runpy, sys
if {bare}: sys.modules["resource"] = None
runpy.run_path({bootstrap!r})["find_course"]()
from course.grading.sandbox import portable_worker, scrub
scrub.prepare = lambda: None
portable_worker.main()
"""


def light(bare):
    code = LIGHT.format(bare=bare, bootstrap=str(child_module._BOOTSTRAP))
    return lambda module: [sys.executable, "-I", "-c", code]


@pytest.fixture(autouse=True)
def no_fork(monkeypatch):
    monkeypatch.setenv(pool.VARIABLE, "0")


@pytest.fixture
def slot(monkeypatch):
    """A place whose processes have no ``resource``, as on Windows."""
    monkeypatch.setattr(portable, "command", light(bare=True))
    slot = Slot()
    yield slot
    slot.close()


@pytest.fixture
def child(slot):
    return slot.get().fork(LIMITS)


def ask(child, body, value=None):
    """What a function with that body returns."""
    cell = f"import os, sys, time, numpy as np\ndef f(x):\n    {body}"
    child.ask("load", slot=body, cells=[cell], names=["f"])
    probe = Probe((np.ones(3) if value is None else value,))
    answer = child.ask("observe", slot=body, name="f", probe=probe, observer="array")
    return answer["observation"]


PIPES = """for fd in range(3, 9):
        try: os.write(fd, {})
        except OSError: 0"""


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("while True: pass", TIMED_OUT, "1 s of processor time"),
        ("return [bytearray(10**7) for _ in range(10**4)]", ERROR, "200 MiB of memory"),
        ("os._exit(0)", ERROR, "ended its process (exit status 0)"),
        ("os._exit(7)", ERROR, "exit status 7"),
        ("os.kill(os.getpid(), 9)", ERROR, "SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", ERROR, "SIGSEGV"),
        ("os.closerange(3, 9); return 1", ERROR, "ended its process"),
        (PIPES.format("b'x' * 64"), ERROR, "something else than data"),
    ],
)
def test_how_a_child_can_end(child, body, status, reason):
    with pytest.raises(Stopped) as caught:
        ask(child, body)
    assert caught.value.status == status
    assert reason in caught.value.reason
    assert not child.alive


def frame(header):
    return struct.pack(">II", len(header), 0) + header


# Two false answers: what is asked third finds nobody who takes it.
FALSE = b'{"dict": [["id", 2], ["observation", null]]}', b'{"dict": [["id", 3]]}'
FALSE = b"".join(map(frame, FALSE))


@pytest.mark.parametrize("written", [b"", b"\0", FALSE])
def test_what_is_late_is_ended_at_the_deadline(slot, written):
    child = slot.get().fork(Limits(wall=1))
    body = f"{PIPES.format(written)}\n    time.sleep(60)"
    started = time.monotonic()
    with pytest.raises(Stopped, match="no answer within 1 s"):
        for _ in range(2):
            ask(child, body, np.ones(1 << 20))
    assert time.monotonic() - started < 50
    assert not child.alive


def test_data_goes_both_ways_whatever_is_printed(child):
    value = np.arange(1 << 20, dtype="f8")
    body = "print('y' * 10**7); sys.stderr.write('z' * 10**7); return x + 1"
    np.testing.assert_array_equal(ask(child, body, value)["value"], value + 1)


@pytest.mark.skipif(os.name == "nt", reason="no resource")
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return [bytearray(10**7) for _ in range(10**4)]", "MemoryError"),
        ("return open('large', 'w').write('x' * 9999)", "OSError"),
    ],
)
def test_limits_of_the_system_are_used_where_there_are_some(monkeypatch, body, kind):
    monkeypatch.setattr(portable, "command", light(bare=False))
    slot = Slot()
    observation = ask(slot.get().fork(Limits()), body)
    slot.close()
    assert kind in observation["raised"]["types"]


def test_processor_time_counts_by_the_request(child):
    body = "end = time.process_time() + 0.6\n    while time.process_time() < end: 0"
    for _ in range(4):
        ask(child, body)
    assert child.alive


def test_a_child_sees_nothing_of_the_grader_or_of_the_child_before_it(
    monkeypatch, slot
):
    monkeypatch.setenv("A_SECRET", "of the grader")
    slot.restart(slot.get())
    body = "open('planted', 'w').write('x'); return len(os.environ.get('A_SECRET', ''))"
    first = slot.get().fork(LIMITS)
    assert ask(first, body)["value"] == 0
    home = first._process.home
    assert os.path.exists(f"{home}/planted")
    first.close()
    assert not os.path.exists(home)
    second = slot.get().fork(LIMITS)
    assert ask(second, "return os.path.exists('planted')")["value"] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a child that forks")
@pytest.mark.parametrize("leave", ["0", "os.setsid()"])
def test_what_a_submission_starts_ends_with_it(child, leave):
    body = (
        f"pid = os.fork()\n    if pid == 0:\n        {leave}\n"
        "        time.sleep(600)\n    return pid"
    )
    pid = int(ask(child, body)["value"])
    assert _runs(pid)
    child.close()
    assert _gone(pid)


def _gone(*pids, seconds=30.0):
    until = time.monotonic() + seconds
    while any(map(_runs, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(_runs, pids))


def _runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_one_process_is_in_reserve_and_all_end_with_the_slot(slot):
    launcher = slot.get()
    children = [launcher.fork(LIMITS) for _ in range(2)]
    pids = [int(ask(child, "return os.getpid()")["value"]) for child in children]
    spare = launcher._spare._process.pid
    assert len({*pids, spare}) == 3
    slot.close()
    assert _gone(*pids, spare)
    assert not any(child.alive for child in children)
    with pytest.raises(ZygoteError):
        ask(children[0], "return 1")


def test_a_process_that_does_not_start_says_why(monkeypatch):
    line = [sys.executable, "-c", "raise SystemExit('no such library')"]
    monkeypatch.setattr(portable, "command", lambda module: line)
    slot = Slot()
    with pytest.raises(ZygoteError, match="no such library"):
        slot.get()
    slot.close()
    monkeypatch.setattr(portable, "command", lambda module: ["/nowhere/python"])
    with pytest.raises(ZygoteError, match="/nowhere/python"):
        Slot()


def test_a_broken_launcher_is_replaced(slot):
    launcher = slot.get()
    launcher._spare._process.kill()
    launcher._spare._process.wait()
    with pytest.raises(ZygoteError):
        launcher.fork(LIMITS)
    slot.restart(launcher)
    assert ask(slot.get().fork(LIMITS), "return 3")["value"] == 3


def test_closing_does_not_wait_for_a_start(monkeypatch):
    line = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(portable, "command", lambda module: line)
    slot, ended = Slot(), []

    def wait():
        try:
            slot.get()
        except ZygoteError as error:
            ended.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)
    slot.close()
    thread.join(30)
    assert ended and not thread.is_alive()


ORPHAN = """
import sys, time
sys.path.insert(0, {root!r})
sys.path.insert(0, {tests!r})
import test_grading_portable as t
t.portable.command = t.light(bare=True)
child = t.Slot().get().fork(t.Limits(wall=1))
print(int(t.ask(child, "return os.getpid()")["value"]), flush=True)
if {busy}:
    t.threading.Timer(0.5, lambda: t.os.kill(t.os.getpid(), 9)).start()
    t.ask(child, "while True: pass")
t.os.kill(t.os.getpid(), 9)
"""


@pytest.mark.skipif(os.name == "nt", reason="kills without a signal")
@pytest.mark.parametrize(("busy", "seconds"), [(False, 5), (True, 20)])
def test_a_child_ends_when_the_grader_is_gone(tmp_path, busy, seconds):
    code = ORPHAN.format(root=str(ROOT), tests=str(ROOT / "tests"), busy=busy)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},  # nobody is left to empty it
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert _runs(int(done.stdout)) or not busy
    assert _gone(int(done.stdout), seconds=seconds)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (3221225477, "access violation"),
        (3221225725, "stack overflow"),
        (1, "exit status 1"),
        (-11, "SIGSEGV"),
        (-35, "signal 35"),
    ],
)
def test_how_systems_say_that_a_process_ended(status, text):
    assert text in child_module.reason_of(status, LIMITS).reason


def test_a_labs_own_code_runs_and_finds_no_answers():
    lines = (
        "import matplotlib.pyplot as plt, tensorflow as tf",
        "from tensorflow.keras import layers",
        "from course.toolkit import check",
        "check('modern_cnn.vgg_block', None)",
        "@tf.function\ndef g(n):\n    total = 0\n    for i in tf.range(n): total += i\n"
        "    return total",
        "found = [int(g(tf.constant(5))), check('', plt and layers) is None]",
        "def f(x): return found",
        "def h(x): import course.modern_cnn",
    )
    slot = Slot()
    child = slot.get().fork(Limits())
    names = ["f", "h", "check"]
    report = child.ask("load", slot="s", cells=["\n".join(lines)], names=names)
    assert report["problems"] == []
    asked = {"slot": "s", "probe": Probe((np.ones(3),)), "observer": "array"}
    answer = child.ask("observe", name="f", **asked)["observation"]
    np.testing.assert_array_equal(answer["value"], [10, True])
    raised = child.ask("observe", name="h", **asked)["observation"]["raised"]
    assert "yours to write" in raised["message"]
    slot.close()


def test_who_cannot_fork_says_so_and_helps(monkeypatch):
    assert not pool.can_fork()
    assert "nothing more" in pool.level()
    with pytest.raises(pool.UnsafePlatform, match="WSL 2.*container.*--unsafe"):
        pool.assert_held_back()
    monkeypatch.delenv(pool.VARIABLE)
    for name in ("darwin", "win32"):
        monkeypatch.setattr(sys, "platform", name)
        assert not pool.can_fork()
