"""The grader's handles on zygotes and children. Trusted side: no TensorFlow here."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from course.checks.judge import Stopped
from course.checks.result import ERROR, TIMED_OUT
from course.grading.sandbox.channel import (
    Channel,
    ChannelError,
    Closed,
    DeadlinePassed,
)

LEVEL = (
    "unsealed: separate processes with limits on time, memory and files; the sealed "
    "sandbox is not built yet, so grade only work of people you trust"
)
_START_SECONDS = 120.0
_CONTROL_SECONDS = 30.0
_END_SECONDS = 10.0
_SIGNALS = {
    signal.SIGKILL: "killed (SIGKILL): out of memory, or by its own code",
    signal.SIGSEGV: "crashed (SIGSEGV): often endless recursion or too much memory",
    signal.SIGABRT: "aborted (SIGABRT): often out of memory",
    signal.SIGFPE: "crashed (SIGFPE): a library divided by zero, often a size of 0",
    signal.SIGBUS: "crashed (SIGBUS)",
}


class ZygoteError(RuntimeError):
    """The process that children are forked from is dead, stuck, or did not start."""


class UnsupportedPlatform(OSError):
    """This operating system cannot fork a process that has imported TensorFlow."""


@dataclass(frozen=True)
class Limits:
    """What one child may use.

    Attributes:
        cpu: seconds of processor time a request.
        wall: seconds a request; larger, since a loaded machine is not the student's.
        total_cpu: seconds of processor time in all.
        data: bytes of private memory.
        files: open descriptors.
        processes: processes and threads; the kernel does not limit root's.
    """

    cpu: float = 10.0
    wall: float = 40.0
    total_cpu: int = 180
    data: int = 2 << 30
    files: int = 256
    processes: int = 128


def assert_supported():
    """Refuse politely where there is no fork.

    Raises:
        UnsupportedPlatform: the message says what to use instead.
    """
    if not (sys.platform == "linux" and hasattr(os, "pidfd_open")):
        raise UnsupportedPlatform(
            "checking a notebook from outside needs Linux 5.3 or later. On Windows use "
            "WSL 2, on macOS a Linux container or Colab; the check(...) cells inside "
            "the notebook work everywhere"
        )


class Zygote:
    """A running zygote; one thread at a time talks to it.

    Raises:
        ZygoteError: it did not start; the message ends with what it printed.
    """

    def __init__(self):
        assert_supported()
        self._lock = threading.RLock()
        self._ended = {}
        self._jobs = 0
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()
        self._home = tempfile.TemporaryDirectory(prefix="course-zygote-")
        script = Path(__file__).with_name("zygote.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(script), str(theirs.fileno())],
            env=_environment(self._home.name),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            start_new_session=True,
        )
        theirs.close()

    def wait_ready(self):
        """Wait until it can fork; it imports TensorFlow first."""
        message, _ = self._receive(time.monotonic() + _START_SECONDS)
        if "ready" not in message:
            raise ZygoteError(f"unexpected message {message}")

    def fork(self, limits):
        """Start a child.

        Returns:
            A ``Child``.

        Raises:
            ZygoteError: the zygote does not answer.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs, self._lock:
            self._jobs += 1
            job = self._jobs
            request = json.dumps({"fork": job, "limits": asdict(limits)}).encode()
            try:
                socket.send_fds(self._control, [request], [theirs.fileno()])
            except (OSError, ValueError) as error:
                raise self._broken(error) from None
            deadline = time.monotonic() + _CONTROL_SECONDS
            message, fds = self._receive(deadline)
            while message.get("forked") != job:
                message, fds = self._receive(deadline)
            return Child(self, job, fds[0], Channel(ours.detach()), limits)

    def ended(self, job, deadline):
        """How a child ended: the zygote's report, a dict."""
        with self._lock:
            while job not in self._ended:
                self._receive(deadline)
            return self._ended.pop(job)

    def _receive(self, deadline):
        poll = select.poll()
        try:
            poll.register(self._control, select.POLLIN)
            if not poll.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
                raise self._broken("no answer in time")
            data, fds, _, _ = socket.recv_fds(self._control, 4096, 1)
        except (OSError, ValueError) as error:  # ValueError: closed by another thread
            raise self._broken(error) from None
        if not data:
            raise self._broken("it ended")
        message = json.loads(data)
        if "ended" in message:
            self._ended[message["ended"]] = message
        return message, fds

    def _broken(self, cause):
        self._process.kill()
        tail = ""
        if not self._errors.closed:
            self._errors.seek(0)
            tail = self._errors.read()[-800:].decode("utf-8", "replace").strip()
        return ZygoteError(f"the process that forks children failed: {cause}\n{tail}")

    def close(self):
        """End it and all its children."""
        try:
            self._control.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits
        except OSError:
            pass
        self._control.close()  # the zygote kills its children and leaves
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
        self._home.cleanup()


class Slot:
    """A place for a zygote, which can be put there anew when it broke."""

    def __init__(self):
        self._lock = threading.Lock()
        self._zygote = Zygote()
        self._ready = False
        self._closed = False

    def get(self):
        """The zygote, once it is ready to fork."""
        with self._lock:
            if not self._ready:
                self._zygote.wait_ready()
                self._ready = True
            return self._zygote

    def restart(self, broken):
        """Replace ``broken``, unless another thread has done so or all is over."""
        with self._lock:
            if self._zygote is broken and not self._closed:
                self._zygote.close()
                self._zygote = Zygote()
                self._ready = False

    def close(self):
        """End the zygote and all its children."""
        self._closed = True  # without the lock: a thread may wait for its start
        self._zygote.close()


def _environment(home):
    """What a zygote sees: nothing of the grader's own environment.

    Args:
        home: a folder of its own, for what Keras and matplotlib write when imported.
    """
    one = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    one += ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        **dict.fromkeys(one, "1"),  # a process with threads cannot be forked
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "LANG": "C.UTF-8",
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": home,
        "MPLCONFIGDIR": home,
        "MPLBACKEND": "Agg",
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class Child:
    """A child that answers requests until it is closed, or breaks a limit."""

    def __init__(self, zygote, job, pidfd, channel, limits):
        self._zygote = zygote
        self._job = job
        self._pidfd = pidfd
        self._channel = channel
        self._limits = limits
        self._requests = 0

    @property
    def alive(self):
        """Whether it can still be asked."""
        return self._pidfd >= 0

    def ask(self, do, latest=float("inf"), **arguments):
        """Make one request and wait for its answer.

        Args:
            do: name of an operation of ``course.grading.sandbox.worker.Worker``.
            latest: time on ``time.monotonic``'s clock that no wait passes.
            **arguments: of the operation, plain data.

        Returns:
            The answer, a dict; its content is the student's word.

        Raises:
            Stopped: there is none; the child is gone then.
            ZygoteError: the zygote failed too.
        """
        self._requests += 1
        deadline = min(time.monotonic() + self._limits.wall, latest)
        try:
            self._channel.send(
                {"id": self._requests, "do": do, "with": arguments}, deadline
            )
            answer = self._channel.receive(deadline)
        except ChannelError as error:
            raise self._stopped(error) from None
        if not isinstance(answer, dict) or answer.get("id") != self._requests:
            raise self._stopped(ChannelError())
        return answer

    def _stopped(self, error):
        if isinstance(error, Closed):
            self._await_end()
        report = self.close()
        if isinstance(error, DeadlinePassed):
            return Stopped(TIMED_OUT, f"no answer within {self._limits.wall:g} s")
        if isinstance(error, Closed):
            return _decode(report["status"], self._limits)
        return Stopped(ERROR, "the process answered with something else than data")

    def _await_end(self):
        """Give a child that hung up a moment to end by itself and say how."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        poll.poll(2000)

    def close(self):
        """Kill it and everything it started; closing twice does nothing.

        Returns:
            The zygote's report of its end, a dict.

        Raises:
            ZygoteError: the zygote does not answer.
        """
        if not self.alive:
            return {}
        self._channel.close()
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self._pidfd)
        self._pidfd = -1
        return self._zygote.ended(self._job, time.monotonic() + _END_SECONDS)


def _decode(status, limits):
    """The reason for an end that the grader did not cause."""
    if status >= 0:
        return Stopped(ERROR, f"the code ended its process (exit status {status})")
    if -status == signal.SIGXCPU:
        return Stopped(
            TIMED_OUT,
            f"more than {limits.cpu:g} s of processor time: an endless loop?",
        )
    reason = _SIGNALS.get(-status, f"killed by signal {-status}")
    return Stopped(ERROR, f"the process: {reason}")
