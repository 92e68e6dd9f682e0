"""Run no more of a notebook than its answers need.

The statements that bind the names which the answers read, and in turn what those
read, run in notebook order; the last binding of a name wins. Experiments (training,
plots, calls of ``check``) do not run. A statement that fails is recorded and spoils
only what reads its names.

This runs in the child beside the student's code. Standard library only.
"""

import __future__

import ast
import dis
import linecache
import re
import signal
import sys
import threading
import types
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from course.grading.cells import PARSE_ERRORS, Broken, filename, parse_cell

FALLBACK_SECONDS = 5.0
_MESSAGE_LIMIT = 400
_READS = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")
_BINDS = ("STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL")
_DYNAMIC = re.compile(r"\b(globals|locals|vars|exec|setattr)\s*\(|\bbuiltins\b")


@dataclass(frozen=True)
class Statement:
    """One top-level statement.

    Attributes:
        cell, line: where it begins, both from 1.
        code: compiled.
        binds: global names that it binds when it runs.
        mutates: names whose object it changes: items, attributes, ``x.append(...)``.
        reads: global names that it, or a function that it defines, reads.
        declares: global names that a function which it defines binds when called.
        modules: names that it binds by importing.
        star: it holds ``from ... import *``.
    """

    cell: int
    line: int
    code: types.CodeType
    binds: frozenset
    mutates: frozenset
    reads: frozenset
    declares: frozenset
    modules: frozenset
    star: bool


@dataclass(frozen=True)
class Failure:
    """A statement that raised.

    Attributes:
        cell, line, text: the last line of the student's own code that was reached.
        error: type and message.
        names: that the statement should have bound.
    """

    cell: int
    line: int
    text: str
    error: str
    names: tuple


class Notebook:
    """The code of one submission, loaded as far as its answers need it.

    Attributes:
        module: stands for ``__main__``.
        namespace: what its statements bound.
        broken: code that is not Python (``course.grading.cells.Broken``).
        failures: statements that raised.
    """

    def __init__(self, sources):
        self.broken = []
        self.failures = []
        self.statements = self._read(sources)
        self._mentions_dynamic = any(_DYNAMIC.search(text) for text in sources)
        self._ran = set()
        self._fell_back = False
        # A module of its own: dataclasses and pickle look a class's module up.
        self.module = types.ModuleType("__main__")
        self.namespace = self.module.__dict__
        self.namespace["display"] = _display

    def _read(self, sources):
        statements, flags = [], 0
        for cell, source in enumerate(sources, start=1):
            parsed, broken = parse_cell(cell, source)
            self.broken += broken
            for node in parsed:
                flags |= _future_flags(node)
                try:
                    statements.append(_statement(cell, node, flags))
                except PARSE_ERRORS as error:  # "return" outside a function
                    self.broken.append(
                        Broken(cell, node.lineno, _one_line(error), _target_names(node))
                    )
        return statements

    @property
    def binds(self):
        """Every name that some statement binds, whether it runs or not."""
        return frozenset().union(*(s.binds for s in self.statements))

    def load(self, names):
        """Run what ``names`` need and did not run yet."""
        sys.modules["__main__"] = self.module
        chosen = closure(self.statements, names)
        for index in sorted(chosen - self._ran):
            self._run(index)

    def _run(self, index):
        self._ran.add(index)
        statement = self.statements[index]
        try:
            exec(statement.code, self.namespace)
        except _OutOfTime:
            raise
        except BaseException as error:  # sys.exit() in a cell ends that cell only
            self.failures.append(_failure(statement, error))

    def supply(self, name):
        """Run the cells that were left out, since a name turned out to be missing.

        Some names are bound by calls: ``global`` in a function, ``globals()``,
        ``exec``. Nothing happens when no cell does such a thing, or when it was
        tried before.

        Returns:
            whether ``name`` is defined now.
        """
        hidden = {n for s in self.statements for n in s.declares}
        if self._fell_back or not (name in hidden or self._mentions_dynamic):
            return name in self.namespace
        self._fell_back = True
        known = len(self.failures)
        try:
            with _time_limit(FALLBACK_SECONDS):
                self._run_until(name)
        except _OutOfTime:
            pass
        del self.failures[known:]  # experiments may fail; they are not graded
        return name in self.namespace

    def _run_until(self, name):
        for index in range(len(self.statements)):
            if index not in self._ran:
                self._run(index)
            if name in self.namespace:
                return

    def cause(self, name):
        """Why ``name`` is not defined: the failed statement, or "" when none is."""
        for failure in reversed(self.failures):
            if name in failure.names:
                where = f"code cell {failure.cell}, line {failure.line}"
                return f"{failure.error} ({where}: {failure.text})"
        for broken in reversed(self.broken):
            if name in broken.names:
                return f"{broken.message} (code cell {broken.cell}, line {broken.line})"
        return ""


def closure(statements, names):
    """Indices of the statements that ``names`` need, directly or through others."""
    modules = {n for s in statements for n in s.modules}
    modules -= {n for s in statements for n in s.binds - s.modules}
    needed, chosen = set(names), set()
    growing = True
    while growing:
        growing = False
        for index, statement in enumerate(statements):
            touched = statement.binds | (statement.mutates - modules)
            if index in chosen or not (statement.star or touched & needed):
                continue
            chosen.add(index)
            needed |= statement.reads
            growing = True
    return chosen


def _statement(cell, node, flags):
    code = compile(
        ast.Module([node], []), filename(cell), "exec", flags, dont_inherit=True
    )
    reads, binds, declares = set(), set(), set()
    _names_of(code, reads, binds, declares, top=True)
    modules, star = _imported(node)
    decorators = getattr(node, "decorator_list", [])
    return Statement(
        cell=cell,
        line=min([node.lineno, *(d.lineno for d in decorators)]),
        code=code,
        binds=frozenset(binds),
        mutates=frozenset(_mutated(node)),
        reads=frozenset(reads),
        declares=frozenset(declares),
        modules=frozenset(modules),
        star=star,
    )


def _imported(node):
    """Names that a statement imports, and whether it imports all of a module."""
    imports = [n for n in ast.walk(node) if isinstance(n, (ast.Import, ast.ImportFrom))]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        imports = []
    aliases = [alias for found in imports for alias in found.names]
    names = {a.asname or a.name.partition(".")[0] for a in aliases}
    return names - {"*"}, "*" in names


def _names_of(code, reads, binds, declares, top):
    """Global names in compiled code: the compiler has resolved every scope."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in _READS:
            reads.add(instruction.argval)
        elif top and instruction.opname in _BINDS:
            binds.add(instruction.argval)
        elif instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            declares.add(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _names_of(constant, reads, binds, declares, top=False)


def _mutated(node):
    """Names whose objects a statement changes in place, itself and not in a call."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        if isinstance(call.func, ast.Attribute):
            yield from _root(call.func)
        elif getattr(call.func, "id", "") in ("setattr", "delattr") and call.args:
            yield from _root(call.args[0])
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        if not isinstance(node.ctx, ast.Load):
            yield from _root(node)
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda):
            yield from _mutated(child)


def _root(node):
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def _future_flags(node):
    if not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
        return 0
    features = (getattr(__future__, alias.name, None) for alias in node.names)
    return sum(f.compiler_flag for f in features if f is not None)


def _target_names(node):
    names = (getattr(n, "name", None) or getattr(n, "id", None) for n in ast.walk(node))
    return tuple(n for n in names if isinstance(n, str))


def locate(error):
    """(cell, line, text) of the last line of the student's own code, or None."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        match = re.fullmatch(r"<code cell (\d+)>", name)
        if match:
            text = linecache.getline(name, trace.tb_lineno).strip()
            found = int(match.group(1)), trace.tb_lineno, text[:_MESSAGE_LIMIT]
        trace = trace.tb_next
    return found


def _failure(statement, error):
    cell, line, text = locate(error) or (statement.cell, statement.line, "")
    return Failure(cell, line, text, _one_line(error), tuple(sorted(statement.binds)))


def _one_line(error):
    try:
        text = " ".join(str(error).split())
    except BaseException:  # a student's __str__ may do anything
        text = ""
    text = text.encode("utf-8", "replace").decode("utf-8")
    name = type(error).__name__
    return f"{name}: {text}"[:_MESSAGE_LIMIT] if text else name


def _display(*objects, **options):
    """Stands for IPython's ``display``: there is nobody to look."""


class _OutOfTime(BaseException):
    """The fallback's own time is used up."""


@contextmanager
def _time_limit(seconds):
    def stop(number, frame):
        raise _OutOfTime

    if hasattr(signal, "setitimer"):
        number, alarm = signal.SIGALRM, partial(signal.setitimer, signal.ITIMER_REAL)
        start, cancel = partial(alarm, seconds), partial(alarm, 0)
    else:  # Windows: a thread raises the one signal that reaches the main thread
        number = signal.SIGINT
        timer = threading.Timer(seconds, signal.raise_signal, [number])
        start, cancel = timer.start, timer.cancel
    previous = signal.signal(number, stop)
    start()
    try:
        yield
    finally:
        cancel()
        signal.signal(number, previous)
