"""Progress of a run on stderr: how far, how it went, how long it will take."""

import os
import sys
import time

from course.language import gettext

_TOO_EARLY = 1.0  # seconds; what cannot be read takes none and foretells nothing


class Progress:
    """Counts finished submissions.

    On a terminal one line is rewritten; elsewhere, and on Windows, whose older
    terminals do not know how, each submission is a line.

    Args:
        total: submissions to grade.
        stream: text stream; stderr by default.
    """

    def __init__(self, total, stream=None):
        self._total = total
        self._done = 0
        self._stream = stream or sys.stderr
        self._rewrites = os.name != "nt" and self._stream.isatty()
        self._started = time.monotonic()
        self._width = len(str(total))

    def say(self, text):
        """A line of its own."""
        self._write(text, keep=True)

    def advance(self, text):
        """One submission is done; ``text`` says how it went."""
        self._done += 1
        count = f"[{self._done:{self._width}}/{self._total}]"
        self._write(f"{count} {text}{self._left()}", keep=not self._rewrites)
        if self._done == self._total and self._rewrites:
            self._stream.write("\n")

    def _left(self):
        left = self._total - self._done
        spent = time.monotonic() - self._started
        if not left or spent < _TOO_EARLY:
            return ""
        seconds = spent / self._done * left
        return gettext(", about {time} left").format(time=duration(seconds))

    def _write(self, text, keep):
        if self._rewrites:
            self._stream.write("\r\x1b[K" + text + ("\n" if keep else ""))
        else:
            self._stream.write(text + "\n")
        self._stream.flush()


def duration(seconds):
    """Seconds in the words of a clock: 40 s, 3 min, 2 h 05 min."""
    if seconds < 100:
        return gettext("{seconds} s").format(seconds=f"{seconds:.0f}")
    minutes = round(seconds / 60)
    if minutes < 100:
        return gettext("{minutes} min").format(minutes=minutes)
    said = gettext("{hours} h {minutes} min")
    return said.format(hours=minutes // 60, minutes=f"{minutes % 60:02}")
