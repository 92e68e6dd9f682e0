"""What the grader's handles on children share: limits, requests and endings.

Trusted side: no TensorFlow here. Imports on every operating system.
"""

import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from course.checks.judge import Stopped
from course.checks.result import ERROR, TIMED_OUT
from course.grading.sandbox.channel import ChannelError, Closed, DeadlinePassed

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_SIGNALS = {
    "SIGKILL": "killed (SIGKILL): out of memory, or by its own code",
    "SIGSEGV": "crashed (SIGSEGV): often endless recursion or too much memory",
    "SIGABRT": "aborted (SIGABRT): often out of memory",
    "SIGFPE": "crashed (SIGFPE): a library divided by zero, often a size of 0",
    "SIGBUS": "crashed (SIGBUS)",
}
# Windows ends a process that crashed with the number of the error.
_WINDOWS_ERRORS = {
    0xC0000005: "crashed (access violation): often too much memory",
    0xC0000017: "crashed: out of memory",
    0xC0000094: "crashed: a library divided by zero, often a size of 0",
    0xC00000FD: "crashed (stack overflow): often endless recursion",
    0xC0000409: "aborted: often out of memory",
}


class ZygoteError(RuntimeError):
    """The process that children come from is dead, stuck, or did not start."""


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


def command(module, *arguments):
    """The command line that runs ``main`` of a module here in a clean process."""
    name = f"{__package__}.{module}"
    return [sys.executable, "-I", str(_BOOTSTRAP), name, *arguments]


def environment(home):
    """What such a process sees: nothing of the grader's own environment.

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
    """A process that answers requests until it is closed, or breaks a limit.

    Args:
        channel: to the process.
        limits: a ``Limits``.
    """

    def __init__(self, channel, limits):
        self._channel = channel
        self._limits = limits
        self._requests = 0

    @property
    def alive(self):
        """Whether it can still be asked."""
        raise NotImplementedError

    def close(self):
        """Kill it and everything it started; closing twice does nothing.

        Returns:
            A report of its end, a dict with "status", the exit status; empty when it
            was closed before.

        Raises:
            ZygoteError: there is no report.
        """
        raise NotImplementedError

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
            ZygoteError: where children come from failed too.
        """
        self._requests += 1
        deadline = min(time.monotonic() + self._limits.wall, latest)
        try:
            self._channel.send(
                {"id": self._requests, "do": do, "with": arguments}, deadline
            )
            answer = self._receive(deadline)
        except ChannelError as error:
            raise self._stopped(error) from None
        if not isinstance(answer, dict) or answer.get("id") != self._requests:
            raise self._stopped(ChannelError())
        return answer

    def _receive(self, deadline):
        return self._channel.receive(deadline)

    def _stopped(self, error):
        if isinstance(error, Closed):
            self._await_end()
        report = self.close()
        if not report:
            raise ZygoteError("it was closed")
        if isinstance(error, DeadlinePassed):
            return Stopped(TIMED_OUT, f"no answer within {self._limits.wall:g} s")
        if isinstance(error, Closed):
            return reason_of(report["status"], self._limits)
        return Stopped(ERROR, "the process answered with something else than data")

    def _await_end(self):
        """Give a child that hung up a moment to end by itself and say how."""
        raise NotImplementedError


def reason_of(status, limits):
    """The reason for an end that the grader did not cause.

    Args:
        status: exit status; that of a process which a signal ended is negative.
        limits: a ``Limits``.

    Returns:
        A ``Stopped``.
    """
    if status in _WINDOWS_ERRORS:
        return Stopped(ERROR, f"the process: {_WINDOWS_ERRORS[status]}")
    if status >= 0:
        return Stopped(ERROR, f"the code ended its process (exit status {status})")
    try:
        name = signal.Signals(-status).name
    except ValueError:  # a real-time signal has none
        name = ""
    if name == "SIGXCPU":
        return out_of_cpu(limits)
    reason = _SIGNALS.get(name, f"killed by signal {-status}")
    return Stopped(ERROR, f"the process: {reason}")


def out_of_cpu(limits):
    """The reason for an end by the limit on processor time, a ``Stopped``."""
    return Stopped(
        TIMED_OUT, f"more than {limits.cpu:g} s of processor time: an endless loop?"
    )
