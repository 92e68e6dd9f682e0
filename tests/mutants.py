"""Automatic mutants of a reference: one small change each, in the code of the answer.

Messages of errors, docstrings and layer names are left alone: nothing depends on them.
"""

import ast
import copy
from dataclasses import dataclass

from course.exercises.source import reference_source

_COMPARED = {
    ast.NotEq: ast.Eq,
    ast.Eq: ast.NotEq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_CALCULATED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
_WORDS = {"same": "valid", "valid": "same", "softmax": "sigmoid", "relu": "tanh"}
_NAMES_ONLY = ("_join",)


@dataclass(frozen=True)
class Mutant:
    """One changed reference.

    Attributes:
        label: "function: old -> new", which names it in the list of equivalents.
        source: the module's text.
    """

    label: str
    source: str


def mutants(exercise_id, needs=()):
    """Yield every mutant of a reference and of the private helpers that it calls.

    Args:
        exercise_id: such as "modern_cnn.vgg_block".
        needs: other exercises in the source, which are left as they are.
    """
    tree = ast.parse(reference_source(exercise_id))
    reached = _reached(tree, exercise_id.split(".")[1], {*needs, *_NAMES_ONLY})
    for index, statement in enumerate(tree.body):
        if not isinstance(statement, ast.FunctionDef) or statement.name not in reached:
            continue
        for old, new, changed in _changes(statement):
            module = copy.copy(tree)
            module.body = [*tree.body[:index], changed, *tree.body[index + 1 :]]
            label = f"{statement.name}: {old} -> {new}"
            yield Mutant(label, ast.unparse(ast.fix_missing_locations(module)))


def _reached(tree, name, left_alone):
    """Names of a function and the helpers it calls, but for some and their helpers."""
    functions = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}
    reached, pending = set(), [name]
    while pending:
        current = pending.pop()
        if current not in functions or current in left_alone | reached:
            continue
        reached.add(current)
        inside = ast.walk(functions[current])
        pending += [node.id for node in inside if isinstance(node, ast.Name)]
    return reached


def _changes(function):
    """(old text, new text, changed function) for every place and change."""
    paths = list(_paths(function, ()))
    for path in paths:
        node = _at(function, path)
        for new in _variants(node):
            changed = copy.deepcopy(function)
            _replace(changed, path, new)
            yield _line(function, path), _told(new), changed


def _paths(node, path):
    """Where the nodes that matter are, as (field, index) steps."""
    yield path
    for field, value in ast.iter_fields(node):
        if field in ("decorator_list", "returns", "annotation", "kw_defaults"):
            continue
        children = value if isinstance(value, list) else [value]
        for i, child in enumerate(children):
            if isinstance(child, ast.AST) and not _untouched(child):
                yield from _paths(child, (*path, (field, i)))


def _untouched(node):
    if isinstance(node, (ast.Raise, ast.ImportFrom, ast.Import, ast.JoinedStr)):
        return True
    if isinstance(node, ast.keyword):
        return node.arg == "name"
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in _NAMES_ONLY


def _at(root, path):
    for field, i in path:
        value = getattr(root, field)
        root = value[i] if isinstance(value, list) else value
    return root


def _replace(root, path, new):
    parent, (field, i) = _at(root, path[:-1]), path[-1]
    value = getattr(parent, field)
    if isinstance(value, list) and new is None:
        del value[i]
    elif isinstance(value, list):
        value[i] = new
    else:
        setattr(parent, field, new)


def _line(function, path):
    """The innermost statement around a node, and the node in it."""
    node, statement = function, function
    for step in path:
        node = _at(node, (step,))
        if isinstance(node, ast.stmt):
            statement = node
    whole = ast.unparse(statement).splitlines()[0]
    return whole if node is statement else f"{whole} [{_told(node)}]"


def _told(node):
    if node is None:
        return "(dropped)"
    return type(node).__name__ if _is_operator(node) else ast.unparse(node)


def _is_operator(node):
    return isinstance(node, (ast.operator, ast.cmpop, ast.unaryop, ast.boolop))


def _variants(node):
    """Small changes of one node; None drops it."""
    if isinstance(node, ast.Constant):
        yield from (ast.Constant(value) for value in _constants(node.value))
    elif type(node) in _COMPARED:
        yield _COMPARED[type(node)]()
    elif type(node) in _CALCULATED:
        yield _CALCULATED[type(node)]()
    elif isinstance(node, (ast.And, ast.Or)):
        yield ast.Or() if isinstance(node, ast.And) else ast.And()
    elif isinstance(node, ast.keyword):
        yield None
    elif isinstance(node, (ast.Assign, ast.AugAssign)) and _passes_on(node):
        yield ast.Pass()
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield ast.Pass()
    elif isinstance(node, ast.If) and not _only_raises(node):
        yield ast.If(ast.Constant(True), node.body, node.orelse)
        yield ast.If(ast.Constant(False), node.body, node.orelse)
    elif isinstance(node, ast.If):
        yield ast.Pass()
    elif isinstance(node, ast.Call) and len(node.args) > 1 and not _symmetric(node):
        swapped = [node.args[1], node.args[0], *node.args[2:]]
        yield ast.Call(node.func, swapped, node.keywords)
    elif isinstance(node, ast.List) and len(node.elts) > 1:
        yield ast.List(node.elts[1:] + node.elts[:1], node.ctx)
        yield ast.List(node.elts[1:], node.ctx)


def _symmetric(call):
    """Whether the order of the arguments makes no difference."""
    return isinstance(call.func, ast.Name) and call.func.id in ("min", "max")


def _constants(value):
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [2 * value]
    return [_WORDS[value]] if value in _WORDS else []


def _passes_on(statement):
    """Whether an assignment reads its own target, so that it can be dropped."""
    if isinstance(statement, ast.AugAssign):
        return True
    target = statement.targets[0]
    names = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
    return isinstance(target, ast.Name) and target.id in names


def _only_raises(statement):
    return all(isinstance(s, ast.Raise) for s in statement.body)
