"""A child that was not forked: a whole process for one submission, on any system.

``bootstrap.py`` starts it in a built environment, with pipes to the grader as standard
input and output. Messages before the requests of ``course.grading.sandbox.worker``:

    {"start": ...}                 ->  {"pid": ...}, when TensorFlow is imported
    {"limits": {...}}              ->  {}

Little holds it back: limits that the system keeps where there are some, and the
grader, which looks from outside.
"""

import faulthandler
import os
import signal

from course.grading.sandbox import scrub
from course.grading.sandbox.channel import ChannelError, Pipes
from course.grading.sandbox.worker import Worker, reseed

try:
    from course.grading.sandbox import rlimits
except ImportError:  # Windows
    rlimits = None

_GRACE_SECONDS = 5.0


def main():
    """Prepare, then serve until the grader is gone; never returns."""
    pipes = _take_pipes()
    scrub.prepare()
    try:
        pipes.receive()
        pipes.send({"pid": os.getpid()})
        limits = pipes.receive()["limits"]
        _limit(limits)
        pipes.send({})
        reseed()
        LaunchedWorker(pipes, limits).serve()
    except ChannelError:
        pass  # the grader has gone, or has had enough
    os._exit(0)


def _take_pipes():
    """Keep standard input and output for messages; put nothing in their place."""
    pipes = Pipes(*(open(os.dup(fd), mode, 0) for fd, mode in ((0, "rb"), (1, "wb"))))
    _silence(0, 1)
    return pipes


def _silence(*fds):
    null = os.open(os.devnull, os.O_RDWR)
    for fd in fds:
        os.dup2(null, fd)
    os.close(null)


def _limit(limits):
    for row in rlimits.rows(limits) if rlimits else ():
        try:
            rlimits.apply(*row)
        except (OSError, ValueError):
            continue  # systems refuse some of them; the grader looks in any case
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the grader's
    _silence(2)  # last: until here errors can be read


class LaunchedWorker(Worker):
    """A worker that ends, though the grader should be gone, when a request is late."""

    def answer(self, request):
        """The answer to a request."""
        seconds = self.limits["wall"] + _GRACE_SECONDS
        faulthandler.dump_traceback_later(seconds, exit=True, file=2)
        if rlimits:
            rlimits.allow_cpu(self.limits["cpu"])
        try:
            return super().answer(request)
        finally:
            faulthandler.cancel_dump_traceback_later()
