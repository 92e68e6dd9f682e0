"""Where children come from: a zygote that is forked, or a launcher. Trusted side."""

import os
import sys
import threading

from course.grading.sandbox.child import Limits, ZygoteError
from course.grading.sandbox.forked import Zygote
from course.grading.sandbox.portable import Launcher

__all__ = ["Limits", "Slot", "UnsafePlatform", "ZygoteError", "can_fork", "level"]
VARIABLE = "COURSE_FORK"
_FORKED = (
    "unsealed: separate processes with limits on time, memory and files; the sealed "
    "sandbox is not built yet, so grade only work of people you trust"
)
_LAUNCHED = (
    "unsealed: separate processes, ended when they use too much time or memory, and "
    "nothing more; grade only work of people you trust"
)


class UnsafePlatform(OSError):
    """Submissions would run here as processes of the user's with deadlines alone."""


def can_fork():
    """Whether children are forked and locked in, which takes Linux 5.3 or later.

    ``COURSE_FORK=0`` in the environment says no, so that the other way can be tried.
    """
    if os.environ.get(VARIABLE) == "0":
        return False
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


def level():
    """How submissions are held back here, in a sentence."""
    return _FORKED if can_fork() else _LAUNCHED


def assert_held_back():
    """Refuse to run other people's code where little holds it back.

    Raises:
        UnsafePlatform: the message says what to use instead.
    """
    if not can_fork():
        raise UnsafePlatform(
            "here a submission would be an ordinary process of yours, with a limit on "
            "time and memory and no other. Grade in WSL 2 (on Windows) or in a Linux "
            "container (on macOS); or add --unsafe, if you trust everybody whose work "
            "is in the folder"
        )


class Slot:
    """A place for a zygote or launcher, which can be put there anew when it broke."""

    def __init__(self):
        self._lock = threading.Lock()
        self._zygote = _start()
        self._ready = False
        self._closed = False

    def get(self):
        """The zygote or launcher, once it is ready to fork."""
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
                self._zygote = _start()
                self._ready = False

    def close(self):
        """End what is there and all its children."""
        self._closed = True  # without the lock: a thread may wait for its start
        self._zygote.close()


def _start():
    return Zygote() if can_fork() else Launcher()
