"""The source of a reference function, read as text: no lecture is imported.

From one function come the specification (docstring), the stub of the lab, the
solution cell and the module that a reference worker runs.
"""

import ast
import textwrap
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


class SourceError(LookupError):
    """The lecture has no such function, or a patch does not fit."""


class _Module:
    """The top-level statements of one file of a lecture."""

    def __init__(self, path):
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text, str(path))
        self.lines = self.text.splitlines(keepends=True)
        self.imports = [s for s in self.tree.body if _is_import(s)]
        self.definitions = {}
        for statement in self.tree.body:
            for name in _bound_names(statement):
                self.definitions[name] = statement

    def source(self, statement):
        first = min(
            [statement.lineno]
            + [d.lineno for d in getattr(statement, "decorator_list", [])]
        )
        return "".join(self.lines[first - 1 : statement.end_lineno]).rstrip("\n")


def _is_import(statement):
    return isinstance(statement, (ast.Import, ast.ImportFrom))


def _bound_names(statement):
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = getattr(statement, "targets", None) or [statement.target]
        return [
            node.id
            for target in targets
            for node in ast.walk(target)
            if isinstance(node, ast.Name)
        ]
    return []


@cache
def _lecture(lecture):
    """All definitions of a lecture: name -> (module, statement)."""
    folder = _PACKAGE / lecture
    found = {}
    for path in sorted(folder.glob("*.py")):
        if path.name == "__init__.py":
            continue
        module = _Module(path)
        for name, statement in module.definitions.items():
            if name in found and name != "__all__":
                raise SourceError(f"{lecture} defines {name} in two files")
            found[name] = (module, statement)
    found.pop("__all__", None)
    return found


def _locate(exercise_id):
    lecture, _, name = exercise_id.partition(".")
    found = _lecture(lecture)
    if name not in found:
        raise SourceError(f"course/{lecture} defines no function {name!r}")
    return found, name


def _needed(found, name, skip=()):
    """Names of the lecture that ``name`` needs, itself included, in call order."""
    order, seen = [], set(skip)

    def visit(current):
        if current in seen:
            return
        seen.add(current)
        _, statement = found[current]
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id in found:
                visit(node.id)
        order.append(current)

    visit(name)
    return order


def reference_source(exercise_id, *mistakes):
    """Source of a module that defines the reference and all it needs.

    Args:
        exercise_id: such as "modern_cnn.vgg_block".
        *mistakes: each a Mistake to make in it, one after the other. Its ``old``
            must occur exactly once in the function itself; where it does not occur
            there, every occurrence in the helpers is changed.

    Returns:
        Module text that imports only libraries and ``course.toolkit``.

    Raises:
        SourceError: no such function, or a mistake does not fit exactly once.
    """
    found, name = _locate(exercise_id)
    names = _needed(found, name)
    imports = {ast.unparse(s): None for n in names for s in found[n][0].imports}
    outside = [line for line in imports if not _inside_lectures(line)]
    own = {n: found[n][0].source(found[n][1]) for n in names}
    for mistake in mistakes:
        own = _patched(exercise_id, own, mistake)
    return "\n".join(outside) + "\n\n\n" + "\n\n\n".join(own.values()) + "\n"


def _inside_lectures(line):
    return "course" in line and "course.toolkit" not in line


def _patched(exercise_id, own, patch):
    # The reference itself first: a helper's text may repeat a line of it.
    name = exercise_id.split(".")[1]
    private = [n for n in own if n.startswith("_") or n.isupper()]
    for candidates in ([name], private):
        codes = {n: _without_docstring(own[n]) for n in candidates}
        hits = [n for n, (head, _, tail) in codes.items() if patch.old in head + tail]
        if not hits:
            continue
        if hits == [name] and (codes[name][0] + codes[name][2]).count(patch.old) > 1:
            raise SourceError(
                f"{exercise_id}: the text of mistake {patch.name!r} occurs more "
                f"than once in {name}: {patch.old!r}"
            )
        changed = {}
        for hit in hits:
            head, text, tail = codes[hit]
            head, tail = (part.replace(patch.old, patch.new) for part in (head, tail))
            changed[hit] = head + text + tail
            _assert_python(exercise_id, patch, changed[hit])
        return own | changed
    raise SourceError(
        f"{exercise_id}: the text of mistake {patch.name!r} does not occur: "
        f"{patch.old!r}"
    )


def _assert_python(exercise_id, patch, source):
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise SourceError(
            f"{exercise_id}: with the mistake {patch.name!r} made, Python does not "
            f"read the function: {error.msg} in {error.text}"
        ) from None


def _without_docstring(source):
    """A definition in three parts: before its docstring, the docstring, the rest."""
    definition = ast.parse(source).body[0]
    if not isinstance(definition, ast.FunctionDef) or not ast.get_docstring(definition):
        return source, "", ""
    told = definition.body[0]
    lines = source.splitlines(keepends=True)
    first, last = told.lineno - 1, told.end_lineno
    return "".join(lines[:first]), "".join(lines[first:last]), "".join(lines[last:])


def solution_source(exercise_id):
    """The answer as a notebook cell: the function and the private helpers it calls.

    Other public functions of the lecture are left out: the student has them from
    earlier cells.
    """
    found, name = _locate(exercise_id)
    public = {n for n in found if n != name and not n.startswith("_")}
    public = {n for n in public if not n.isupper()}
    own = _needed(found, name, skip=public)
    return "\n\n\n".join(found[n][0].source(found[n][1]) for n in own) + "\n"


def docstring(exercise_id):
    """The specification of an exercise, without its indent."""
    found, name = _locate(exercise_id)
    return ast.get_docstring(found[name][1])


def stub_source(exercise_id):
    """What the student starts from: signature and docstring, no body."""
    found, name = _locate(exercise_id)
    module, function = found[name]
    text = function.body[0]
    head = "".join(module.lines[function.lineno - 1 : text.end_lineno])
    body = f'raise NotImplementedError("{exercise_id}")'
    return head.rstrip("\n") + "\n" + textwrap.indent(body, "    ") + "\n"
