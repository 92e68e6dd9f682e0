"""Which trees are observations: what a child sends is checked before it is read."""

import numpy as np

from course.checks.probe import MODES

# What an observation of each kind holds, and nothing else: who reads one asks for a
# single key, and one of two kinds would be taken for either.
FORMS = (
    {"not_attempted"},
    {"raised"},
    {"raised", "after"},
    {"value", "type", "mutated"},
    {"kind"},
    {"kind", "weights", "outputs"},
    {"kind", "shape", "weights", "layers", "outputs"},
)
_NUMBERS = "biuf"
_MOST_STEPS = 2000
_LONGEST_NAME = 80


def is_observation(tree):
    """Whether a decoded tree has the form that ``course.checks.observe`` gives it."""
    if not isinstance(tree, dict) or set(tree) not in FORMS:
        return False
    if "not_attempted" in tree:
        return isinstance(tree["not_attempted"], str)
    if "raised" in tree:
        return _is_error(tree["raised"])
    if "value" in tree:
        told = isinstance(tree["type"], str) and tree["type"] != ""
        return told and _are_places(tree["mutated"]) and _is_value(tree["value"])
    if not isinstance(tree["kind"], str) or tree["kind"] == "":
        return False
    return set(tree) == {"kind"} or _is_model(tree)


def _is_error(raised):
    if not isinstance(raised, dict):
        return False
    types = raised.get("types")
    texts = [raised.get("message"), raised.get("line")]
    named = isinstance(types, list) and all(isinstance(t, str) for t in types)
    return named and all(isinstance(text, str) for text in texts)


def _are_places(numbers):
    return isinstance(numbers, list) and all(type(n) is int for n in numbers)


def _is_value(value):
    if isinstance(value, dict):
        return all(_is_value(item) for item in value.values())
    if isinstance(value, tuple):
        return all(_is_value(item) for item in value)
    return value is None or _is_array(value)


def _is_array(value):
    return isinstance(value, np.ndarray) and value.dtype.kind in _NUMBERS


def _is_model(tree):
    outputs, weights = tree["outputs"], tree["weights"]
    if not isinstance(outputs, dict) or not set(outputs) <= set(MODES):
        return False
    if not all(_are_named(arrays) for arrays in outputs.values()):
        return False
    if "shape" not in tree:
        return _are_named(weights)
    return (
        isinstance(weights, dict)
        and set(weights) == {"bias", "other"}
        and all(_are_listed(arrays) for arrays in weights.values())
        and _are_shapes(tree["shape"])
        and _are_steps(tree["layers"])
    )


def _are_named(group):
    return isinstance(group, dict) and all(map(_is_array, group.values()))


def _are_listed(group):
    return isinstance(group, list) and all(map(_is_array, group))


def _are_shapes(shapes):
    return isinstance(shapes, dict) and all(
        isinstance(shape, list) and all(s is None or type(s) is int for s in shape)
        for shape in shapes.values()
    )


def _are_steps(rows):
    return (
        isinstance(rows, list)
        and len(rows) <= _MOST_STEPS
        and all(isinstance(row, list) and len(row) == 4 for row in rows)
        and all(_is_step(*row) for row in rows)
    )


def _is_step(level, kind, shape, parameters):
    counted = type(level) is int and type(parameters) is int
    named = isinstance(kind, str) and len(kind) <= _LONGEST_NAME
    return counted and named and _are_shapes({"": shape})
