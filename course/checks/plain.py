"""Notice calls into libraries that an exercise is to be written without.

An exercise on numbers and arrays asks for plain Python or numpy. A notebook has Keras
at hand all the same, so a check looks which modules a call runs through.
"""

import sys
from contextlib import contextmanager

from course.checks.reasons import NOT_PLAIN

LIBRARIES = frozenset(
    (
        "cv2",
        "jax",
        "keras",
        "numba",
        "scipy",
        "skimage",
        "sklearn",
        "tensorflow",
        "torch",
    )
)


class NotPlainPython(Exception):
    """The function leans on a library that does the exercise's work."""


@contextmanager
def plain_python():
    """Raise NotPlainPython, naming the library, when what runs in here calls one."""
    found = []

    def see(frame, event, argument):
        if event == "call" and not found:
            name = frame.f_globals.get("__name__")
            library = name.partition(".")[0] if type(name) is str else ""
            if library in LIBRARIES:
                found.append(library)

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield
    finally:
        sys.setprofile(before)
        if found:
            raise NotPlainPython(NOT_PLAIN.format(library=found[0]))
