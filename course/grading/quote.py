"""What a student's page says of errors, in words that are the grader's own.

A child has seen the hidden inputs, and its code may put them into any text that it
sends. So of what it sends about a call only names from a fixed list and numbers are
used, and a line of code is quoted from the file that was handed in.
"""

import builtins
import re

from course.checks import reasons
from course.checks.columns import printable
from course.checks.plain import LIBRARIES

NOT_WHILE_GRADED = "NotWhileGraded"  # of course.grading.sandbox.scrub
_LONGEST = 400
_PLACE = re.compile(r"code cell (\d{1,6}), line (\d{1,6})\b.*", re.S)
_OTHERS = """
    AbortedError AlreadyExistsError CancelledError DataLossError DeadlineExceededError
    FailedPreconditionError InternalError InvalidArgumentError NotFoundError OpError
    OperatorNotAllowedInGraphError OutOfRangeError PermissionDeniedError
    ResourceExhaustedError UnauthenticatedError UnavailableError UnimplementedError
    UnknownError
    AxisError DTypePromotionError LinAlgError TooHardError
    FrozenInstanceError JSONDecodeError
"""
# Of Python, TensorFlow, numpy and the standard library; Keras has none of its own.
KNOWN = frozenset(_OTHERS.split()) | {
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
}
_CAUSES = {
    "failed": "{detail} (code cell {cell}, line {line}: {text})",
    "broken": "{detail} (code cell {cell}, line {line})",
    "deleted": reasons.DELETED,
    "none": reasons.IS_NONE,
    "other": reasons.NOT_A_FUNCTION,
}


def error_name(types):
    """The first name of a list that is a known exception's, most special first."""
    return next((name for name in types if name in KNOWN), "Exception")


def source_line(cells, cell, line):
    """A line of the code that was handed in; "" when there is none of that number.

    Args:
        cells: sources of the code cells.
        cell: number of one, from 1.
        line: number of a line in it, from 1.
    """
    if not 1 <= cell <= len(cells):
        return ""
    lines = cells[cell - 1].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _safe(lines[line - 1].strip()) if 1 <= line <= len(lines) else ""


def call_notes(raised, cells):
    """Notes on an exception of a call.

    Args:
        raised: of an observation.
        cells: sources of the code cells.
    """
    if raised["types"][:1] == [NOT_WHILE_GRADED]:
        yield reasons.READY_MADE
    for library in LIBRARIES:
        text = reasons.NOT_PLAIN.format(library=library)
        if raised["message"] == text:
            yield text
            return
    name = error_name(raised["types"])
    place = _PLACE.fullmatch(raised["line"])
    if place is None:
        yield name
        return
    cell, line = map(int, place.groups())
    text = source_line(cells, cell, line)
    yield _safe(f"{name} in code cell {cell}, line {line}: {text}")


def problem(row, cells, believed):
    """A row (cell, line, message, text) about code that failed to load.

    Args:
        row: the child's, (cell, line, message).
        cells: sources of the code cells.
        believed: whether the child has not seen a hidden input yet.
    """
    cell, line, message = row
    text = source_line(cells, int(cell), int(line))
    return int(cell), int(line), _message(message, believed), text


def cause(name, row, cells, believed):
    """Why a function is missing, as ``Notebook.cause`` told it; "" when it is unknown.

    Args:
        name: of the function.
        row: the child's, (kind, cell, line, detail), or None.
        cells: sources of the code cells.
        believed: as in ``problem``.
    """
    if row is None:
        return ""
    kind, cell, line, detail = row
    words = _message if kind in ("failed", "broken") else _type
    fields = {"name": name, "cell": int(cell), "line": int(line)}
    fields["text"] = source_line(cells, int(cell), int(line))
    return _CAUSES[kind].format(detail=words(detail, believed), **fields)


def replaced(name, row, believed):
    """That something took a function's place, as ``Notebook.replaced`` told it."""
    cell, kind, home = row
    fields = {"cell": int(cell), "home": int(home), "kind": _type(kind, believed)}
    return reasons.REPLACED.format(name=name, **fields)


def _message(message, believed):
    """The text of an exception, or its name alone."""
    if believed:  # under the name that a call's error is given too
        return _safe(re.sub(rf"^{NOT_WHILE_GRADED}\b", "PermissionError", message))
    return error_name([message.partition(":")[0]])


def _type(name, believed):
    return _safe(name) if believed else "object"


def _safe(text):
    return printable(text[:_LONGEST])
