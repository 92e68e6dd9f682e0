"""Notice calls into libraries that an exercise is to be written without.

An exercise on numbers and arrays asks for plain Python or numpy. A notebook has Keras
at hand all the same, so a check looks what a function imports, and which modules its
call runs through.
"""

import dis
import sys
import types
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
def plain_python(function):
    """Raise NotPlainPython, naming the library, when what runs in here needs one.

    Args:
        function: what runs; the imports in its body count, used or not.
    """
    # Whether an import runs code of the library depends on who imported it before.
    found = [*filter(_is_library, _imports(getattr(function, "__code__", None)))]

    def see(frame, event, argument):
        if event == "call" and not found:
            name = frame.f_globals.get("__name__")
            if type(name) is str and _is_library(name):
                found.append(name)

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield
    finally:
        sys.setprofile(before)
        if found:
            library = found[0].partition(".")[0]
            raise NotPlainPython(NOT_PLAIN.format(library=library))


def _is_library(module):
    return module.partition(".")[0] in LIBRARIES


def _imports(code):
    """Names of the modules that a function's body imports, inner functions included."""
    if not isinstance(code, types.CodeType):
        return
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield instruction.argval
    for constant in code.co_consts:
        yield from _imports(constant)
