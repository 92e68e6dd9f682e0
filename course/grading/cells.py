"""From a notebook's code cells to statements: magics dropped, errors survived.

This runs in the child beside the student's code: a grader never parses student text
in its own process. Standard library only.
"""

import ast
import linecache
import re
import warnings
from dataclasses import dataclass

PARSE_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
CELL = "code cell"
_JOIN_LIMIT = 40
_PYTHON_CELL_MAGICS = ("time", "timeit", "capture", "prun", "python", "python3", "px")
_LINE_MAGIC = re.compile(r"\s*[%!]")
_ASSIGNED_MAGIC = re.compile(r"\s*[\w.,\s\[\]]+=\s*(!|%\w)")
_HELP = re.compile(r"\s*(\?{1,2}\s*[\w.%*]+|[%\w.*]+\s*\?{1,2})\s*;?\s*$")
_TIMED = re.compile(r"(\s*)%time\s+(?=\S)")
_CONTINUES = re.compile(r"[\s)\]}#]|$|(else|elif|except|finally)\b")
_DEFINES = re.compile(r"^(?:async\s+)?(?:(?:def|class)\s+(\w+)|(\w+)\s*=[^=])", re.M)


@dataclass(frozen=True)
class Broken:
    """Code that is not Python.

    Attributes:
        cell, line: where, both from 1; only code cells count.
        message: of the SyntaxError.
        names: that the code would have defined.
    """

    cell: int
    line: int
    message: str
    names: tuple


def filename(cell, title=CELL):
    """The file name that tracebacks give for a cell.

    Args:
        cell: its number, from 1.
        title: what such cells are called; a student's are CELL, and nobody else's.
    """
    return f"<{title} {cell}>"


def parse_cell(cell, source, title=CELL):
    """Parse one code cell as far as it can be.

    The source is registered with ``linecache``, so that tracebacks quote it and
    AutoGraph finds it.

    Args:
        cell: number of the code cell, from 1.
        source: its text, magics included.
        title: as in ``filename``.

    Returns:
        (statements, broken): the top-level ``ast`` statements, and what is not Python.
    """
    text = drop_magics(source.replace("\r\n", "\n").replace("\r", "\n"))
    name = filename(cell, title)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    try:
        return _parse(text).body, []
    except PARSE_ERRORS as error:
        return _recover(cell, text, error)


def _parse(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a string is no error
        return ast.parse(text)


def _recover(cell, text, error):
    """The statements of a cell that is not Python as a whole."""
    statements, broken = [], []
    lines = text.splitlines(keepends=True)
    starts = _chunk_starts(lines)
    ends = [*starts[1:], len(lines)]
    index = 0
    while index < len(starts):
        parsed, used, problem = _longest(lines, starts, ends, index)
        if problem is None:
            statements += parsed
        else:
            # The error of the whole cell names the first one best.
            problem = problem if broken else error
            chunk = "".join(lines[starts[index] : ends[index]])
            broken.append(_describe(cell, starts[index] + 1, problem, chunk))
        index += used
    return statements, broken


def _longest(lines, starts, ends, index):
    """Parse the chunk at ``index``, joined with as many that follow as it takes.

    Text at the left margin inside a string looks like the start of a statement; the
    whole string parses once its chunks are put together.
    """
    first = None
    for end in ends[index : index + _JOIN_LIMIT]:
        chunk = "\n" * starts[index] + "".join(lines[starts[index] : end])
        try:
            return _parse(chunk).body, ends.index(end) - index + 1, None
        except PARSE_ERRORS as error:
            first = first or error
    return [], 1, first


def _chunk_starts(lines):
    starts, decorated = [], False
    for number, line in enumerate(lines):
        if _CONTINUES.match(line):
            continue
        if not decorated:
            starts.append(number)
        decorated = line.startswith("@")
    return starts


def _describe(cell, line, error, chunk):
    names = tuple(a or b for a, b in _DEFINES.findall(chunk))
    if isinstance(error, SyntaxError):
        message = f"{type(error).__name__}: {error.msg}"
        line = error.lineno or line
    else:
        message = f"{type(error).__name__}: {error}"
    return Broken(cell, line, message, names)


def drop_magics(text):
    """Replace what only IPython understands by ``pass``, line for line.

    ``%%time`` and the like leave the rest of the cell; ``%%bash`` and others empty it.
    ``%time statement`` keeps the statement.
    """
    lines = text.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        magic = re.match(r"%%\s*(\w*)", lines[first]).group(1)
        if magic not in _PYTHON_CELL_MAGICS:
            return "\n" * (len(lines) - 1)
        lines[first] = ""
    elif not any(mark in text for mark in "%!?"):
        return text
    return "\n".join(_without_line_magics(lines))


def _without_line_magics(lines):
    state = _Scanner()
    kept, swallowing = [], False
    for line in lines:
        if state.inside and not swallowing:
            kept.append(line)
            state.read(line)
            continue
        timed = None if swallowing else _TIMED.match(line)
        if timed:
            line = timed.group(1) + line[timed.end() :]
        if swallowing or (not timed and _is_magic(line)):
            indent = "" if swallowing else line[: len(line) - len(line.lstrip())]
            kept.append("" if swallowing else indent + "pass")
            swallowing = line.rstrip().endswith("\\")
            continue
        kept.append(line)
        state.read(line)
    return kept


def _is_magic(line):
    return any(p.match(line) for p in (_LINE_MAGIC, _ASSIGNED_MAGIC, _HELP))


class _Scanner:
    """Tells whether the next line begins inside a string, bracket or continuation."""

    _MARK = re.compile(r"\\.|'''|\"\"\"|['\"#()\[\]{}]")

    def __init__(self):
        self.quote = ""
        self.depth = 0
        self.continued = False

    @property
    def inside(self):
        return bool(self.quote) or self.depth > 0 or self.continued

    def read(self, line):
        self.continued = line.endswith("\\")
        for found in self._MARK.finditer(line):
            mark = found.group()
            if self.quote:
                self._in_string(mark)
            elif mark == "#":
                self.continued = False
                break
            elif mark[0] in "'\"":
                self.quote = mark
            elif mark in "([{":
                self.depth += 1
            elif mark in ")]}":
                self.depth = max(0, self.depth - 1)
        if len(self.quote) == 1 and not self.continued:
            self.quote = ""

    def _in_string(self, mark):
        # ''' inside '...' closes it and opens an empty one: the quote is closed.
        if mark == self.quote or (len(self.quote) == 1 and mark == self.quote * 3):
            self.quote = ""
