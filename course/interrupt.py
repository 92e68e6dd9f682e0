"""Ctrl-C that cannot get lost.

The exception is raised wherever the program is just then. Inside of an import or of a
library's C code it may be swallowed, and the program would go on as if not asked.
"""

import signal

_asked = False


def watch():
    """Raise KeyboardInterrupt on Ctrl-C, and when asked to end from elsewhere."""
    global _asked
    _asked = False
    # A process that was started to ignore Ctrl-C, as by nohup, goes on doing so.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)


def check():
    """Raise KeyboardInterrupt once more where the first one was swallowed.

    A loop that waits long calls it at every turn.
    """
    if _asked:
        raise KeyboardInterrupt


def _interrupt(number, frame):
    global _asked
    _asked = True
    raise KeyboardInterrupt
