"""What each top-level statement of a notebook binds, changes and reads.

This runs in the child beside the student's code. Standard library only.
"""

import __future__

import ast
import dis
import inspect
import types
from dataclasses import dataclass

from course.grading.cells import PARSE_ERRORS, Broken, filename, parse_cell

MESSAGE_LIMIT = 400
_READS = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")
_BINDS = ("STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
# What these bind, they bind whenever they do not fail; a branch or a loop may not.
_SURE = (*_DEFINITIONS, *_IMPORTS, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete)


@dataclass(frozen=True)
class Statement:
    """One top-level statement.

    Attributes:
        cell, line: where it begins, both from 1.
        code: compiled.
        binds: global names that it binds when it runs.
        surely: those that it binds whatever way it takes.
        mutates: names whose object it changes: items, attributes, ``x.append(...)``.
        now: global names that it reads when it runs.
        later: global names that functions which it defines read when called.
        declares: global names that such functions bind when called.
        modules: names that it binds by importing.
        part_of: name whose attribute it binds to another, as in ``keras = tf.keras``.
        star: it holds ``from ... import *``.
    """

    cell: int
    line: int
    code: types.CodeType
    binds: frozenset
    surely: frozenset
    mutates: frozenset
    now: frozenset
    later: frozenset
    declares: frozenset
    modules: frozenset
    part_of: str
    star: bool

    @property
    def reads(self):
        """Global names that it reads, at whatever time."""
        return self.now | self.later


def read_statements(sources, title):
    """The statements of a notebook's cells.

    Args:
        sources: of the code cells.
        title: of a cell, as in ``course.grading.cells.filename``.

    Returns:
        (statements, broken): lists of ``Statement`` and of ``Broken``.
    """
    statements, found, flags = [], [], ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # as in Jupyter
    for cell, source in enumerate(sources, start=1):
        parsed, broken = parse_cell(cell, source, title)
        found += broken
        for node in parsed:
            flags |= _future_flags(node)
            try:
                statements.append(_statement(cell, node, flags, filename(cell, title)))
            except PARSE_ERRORS as error:  # "return" outside a function
                broken = Broken(cell, node.lineno, one_line(error), _target_names(node))
                found.append(broken)
    return statements, found


def one_line(error):
    """Type and message of an exception."""
    try:
        text = " ".join(str(error).split())
    except BaseException:  # a student's __str__ may do anything
        text = ""
    text = text.encode("utf-8", "replace").decode("utf-8")
    name = type(error).__name__
    return f"{name}: {text}"[:MESSAGE_LIMIT] if text else name


def _statement(cell, node, flags, name):
    code = compile(ast.Module([node], []), name, "exec", flags, dont_inherit=True)
    names = _Names(code)
    modules, star = _imported(node)
    decorators = getattr(node, "decorator_list", [])
    return Statement(
        cell=cell,
        line=min([node.lineno, *(d.lineno for d in decorators)]),
        code=code,
        binds=frozenset(names.binds),
        surely=frozenset(names.binds if isinstance(node, _SURE) else ()),
        mutates=frozenset(_mutated(node)),
        now=frozenset(names.now),
        later=frozenset(names.later),
        declares=frozenset(names.declares),
        modules=frozenset(modules),
        part_of=_part_of(node),
        star=star,
    )


class _Names:
    """Global names in compiled code: the compiler has resolved every scope."""

    def __init__(self, code):
        self.binds, self.declares = set(), set()
        self.now, self.later = set(), set()
        self._scan(code, (self.now,), top=True)

    def _scan(self, code, reads, top=False):
        for instruction in dis.get_instructions(code):
            if instruction.opname in _READS:
                for kind in reads:
                    kind.add(instruction.argval)
            elif top and instruction.opname in _BINDS:
                self.binds.add(instruction.argval)
                if instruction.opname.startswith("DELETE"):  # needs what it deletes
                    self.now.add(instruction.argval)
            elif instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                self.declares.add(instruction.argval)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self._scan(constant, self._reads_of(constant, reads))

    def _reads_of(self, code, around):
        """When nested code runs: of a function when called, of a comprehension now."""
        if around[0] is self.later:
            return around
        if code.co_name == "<lambda>":  # who knows
            return self.now, self.later
        is_function = code.co_flags & inspect.CO_OPTIMIZED and code.co_name[0] != "<"
        return (self.later,) if is_function else around


def _imported(node):
    """Names that a statement imports, and whether it imports all of a module."""
    imports = [n for n in ast.walk(node) if isinstance(n, _IMPORTS)]
    if isinstance(node, _DEFINITIONS):
        imports = []
    aliases = [alias for found in imports for alias in found.names]
    names = {a.asname or a.name.partition(".")[0] for a in aliases}
    return names - {"*"}, "*" in names


def _part_of(node):
    """The name ``a`` in ``b = a.c``, else ""."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute)):
        return ""
    value = node.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else ""


def _mutated(node):
    """Names whose objects a statement changes in place, itself and not in a call."""
    if isinstance(node, _DEFINITIONS):
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
