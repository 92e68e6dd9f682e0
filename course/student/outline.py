"""Where a notebook defines what: its code is parsed, never run.

A grader leaves even that to a child. Here the code is that of the person who asks.
"""

import ast
import builtins
import warnings
from dataclasses import dataclass

from course.grading.cells import parse_cell
from course.grading.closure import Notebook, closure

ANSWER, STUB, EMPTY, IMPORT = "answer", "stub", "empty", "import"
UNWRITTEN = (STUB, EMPTY)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)
_BLOCKS = (ast.If, ast.Try, ast.TryStar, ast.For, ast.While, ast.With, ast.Match)
# Bound before the first cell, as grading does it, or by a call such as exec.
_GIVEN = frozenset(dir(builtins)) | {"display"}
_DYNAMIC = frozenset({"globals", "locals", "vars", "exec", "setattr"})


@dataclass(frozen=True)
class Definition:
    """A place that gives a name its value.

    Attributes:
        cell: number of the code cell, from 1.
        line, end: first and last line in the cell, from 1; decorators belong to it.
        kind: STUB, EMPTY (a function without code), IMPORT, else ANSWER.
        inside: the word of the block, such as "if", or the name of the function or
            class that it stands in; "" at the left margin.
        plain: a function or class at the left margin, whose lines are its own.
    """

    cell: int
    line: int
    end: int
    kind: str = ANSWER
    inside: str = ""
    plain: bool = False


class Outline:
    """What the code cells of a notebook define.

    Args:
        sources: of the code cells.
        names: of the functions that are looked for.

    Attributes:
        definitions: dict name -> tuple of ``Definition`` in notebook order; those of
            names deleted later are left out.
        buried: the same, of definitions inside functions and classes, which nobody
            finds by name.
        broken: code that is not Python (``course.grading.cells.Broken``).
    """

    def __init__(self, sources, names):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler, about student code
            self._code = Notebook(sources)
        self.broken = tuple(self._code.broken)
        self.definitions = dict.fromkeys(names, ())
        self.buried = dict.fromkeys(names, ())
        places = {}  # several statements may stand in a line
        for statement in self._code.statements:
            place = (statement.cell, statement.line)
            places.setdefault(place, []).append(statement.binds)
        for cell, source in enumerate(sources, start=1):
            for node in parse_cell(cell, source)[0]:
                bound = places.get((cell, _first_line(node)))
                if bound:  # else it is not compiled, and one of the broken
                    self._note(cell, node, bound.pop(0))

    def _note(self, cell, node, bound):
        for name in self.definitions.keys() & bound:
            if isinstance(node, ast.Delete):
                self.definitions[name] = ()
            elif not _is_a_use(node, name):
                self.definitions[name] += (_definition(cell, node, name),)
        for scope in (n for n in _surface(node) if isinstance(n, _SCOPES)):
            for inner in (n for n in ast.walk(scope) if isinstance(n, _SCOPES)):
                if inner is not scope and inner.name in self.buried:
                    lines = (_first_line(inner), inner.end_lineno)
                    place = Definition(cell, *lines, inside=scope.name)
                    self.buried[inner.name] += (place,)

    def last(self, name):
        """The ``Definition`` that counts, or None.

        The last function counts, and a use is none: ``f = f(3)``.
        """
        places = self.definitions[name]
        return places[-1] if places else None

    def broken_by(self, name):
        """The last code that is not Python and would have defined ``name``, or None."""
        found = [b for b in self.broken if name in b.names]
        return found[-1] if found else None

    def mentions(self):
        """Names among those looked for that the notebook defines, or tries to."""
        return {
            name
            for name in self.definitions
            if self.definitions[name] or self.buried[name] or self.broken_by(name)
        }

    def is_attempted(self, name):
        """Whether somebody has written something for ``name``."""
        places = self.definitions[name]
        if not places:
            return bool(self.buried[name] or self.broken_by(name))
        return any(p.kind not in UNWRITTEN for p in places)

    def bound_in(self, cell):
        """Every name that a code cell binds at its left margin or in a block."""
        found = (s.binds for s in self._code.statements if s.cell == cell)
        return frozenset().union(*found)

    def bound(self):
        """Every name that the notebook is seen to bind."""
        statements = self._code.statements
        return frozenset().union(*(s.binds | s.declares for s in statements))

    def unbound(self, name=None):
        """Names that are read but nowhere bound.

        Args:
            name: only what this one needs counts; None for the whole notebook.
        """
        statements = self._code.statements
        reads = frozenset().union(*(s.reads for s in statements))
        if reads & _DYNAMIC or any(s.star for s in statements):
            return frozenset()  # who knows what these bind
        if name is not None:
            needed = closure(statements, {name})
            reads = frozenset().union(*(statements[i].reads for i in needed))
        return frozenset(
            n for n in reads - self.bound() - _GIVEN if not n.startswith("__")
        )


def _is_a_use(node, name):
    """Whether a statement calls the function and keeps the result under its name."""
    call = getattr(node, "value", None)
    return isinstance(call, ast.Call) and getattr(call.func, "id", "") == name


def _definition(cell, node, name):
    inner = [n for n in _surface(node) if getattr(n, "name", None) == name]
    function = next((n for n in inner if isinstance(n, _SCOPES)), None)
    kind = ANSWER
    if isinstance(function, _FUNCTIONS):
        kind = _kind_of(function)
    elif function is None and any(_imports(n, name) for n in _surface(node)):
        kind = IMPORT
    block = ""
    if isinstance(node, _BLOCKS):
        block = type(node).__name__.lower().removesuffix("star")
    plain = isinstance(node, _SCOPES)
    return Definition(cell, _first_line(node), node.end_lineno, kind, block, plain)


def _surface(node):
    """The nodes of a statement that run when it does: no bodies of functions."""
    waiting = [node]
    while waiting:  # no recursion: a long sum is a deep tree
        node = waiting.pop()
        yield node
        if not isinstance(node, (*_SCOPES, ast.Lambda)):
            waiting += reversed(list(ast.iter_child_nodes(node)))


def _imports(node, name):
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return False
    return any((a.asname or a.name.partition(".")[0]) == name for a in node.names)


def _kind_of(function):
    """STUB when nothing happens before a NotImplementedError is raised."""
    for statement in function.body:
        if isinstance(statement, ast.Pass):
            continue
        if isinstance(statement, ast.Expr) and isinstance(
            statement.value, ast.Constant
        ):
            continue
        return STUB if _raises_not_implemented(statement) else ANSWER
    return EMPTY


def _raises_not_implemented(statement):
    if not isinstance(statement, ast.Raise):
        return False
    error = statement.exc
    error = error.func if isinstance(error, ast.Call) else error
    return isinstance(error, ast.Name) and error.id == "NotImplementedError"


def _first_line(node):
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])
