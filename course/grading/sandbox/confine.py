"""A forked child locks itself in before it runs student code. Linux only."""

import ctypes
import os
import signal
import tempfile

from course.grading.sandbox import rlimits
from course.grading.sandbox.channel import Channel, ChannelError
from course.grading.sandbox.worker import Worker, reseed

libc = ctypes.CDLL(None, use_errno=True)
CHANNEL_FD = 3
_PDEATHSIG = 1  # prctl(PR_SET_PDEATHSIG)
_NO_NEW_PRIVILEGES = 38


def main(channel, limits, parent):
    """Enter the child's life, straight after the fork; never returns.

    Args:
        channel: file descriptor to the grader.
        limits: dict of what ``course.grading.sandbox.child.Limits`` says.
        parent: process id of the zygote.
    """
    confine(channel, limits, parent)
    reseed()
    try:
        ConfinedWorker(Channel(CHANNEL_FD), limits).serve()
    except ChannelError:
        pass  # the grader has gone, or has had enough
    os._exit(0)


class ConfinedWorker(Worker):
    """A worker whose every request may take so much processor time."""

    def answer(self, request):
        """The answer to a request."""
        rlimits.allow_cpu(self.limits["cpu"])
        return super().answer(request)


def confine(channel, limits, parent):
    """Give up what the student's code must not have."""
    os.setsid()
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if channel != CHANNEL_FD:
        os.dup2(channel, CHANNEL_FD, inheritable=False)
    os.closerange(CHANNEL_FD + 1, 4096)
    os.chdir("/")
    os.environ.clear()
    os.environ.update(HOME="/nonexistent", TF_CPP_MIN_LOG_LEVEL="3")
    tempfile.tempdir = "/nonexistent"
    for row in rlimits.rows(limits):
        rlimits.apply(*row)
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # when memory runs out, this process goes first
    except OSError:
        pass
    null = os.open(os.devnull, os.O_RDWR)  # last: until here errors can be read
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
