"""An observation boiled down to a few numbers, to recognize it when it comes again.

The sketches of every mistake, and of every two together, are small enough to be
shipped as data; the observations are not. A sketch only serves to name a mistake:
points come from whole observations (``course.checks.compare``).
"""

import re
from functools import cache

import numpy as np

from course.checks.compare import count, is_probabilities

_SUMS = 6
# Of the largest value. Rounding moves a sum by 1e-5 of it, a mistake by far more.
_SLACK, _HALF_SLACK = 1e-4, 1e-2
_SMALLEST_PROBABILITY = 1e-12
_LARGEST = 1e30


def sketch(observation):
    """The sketch of an observation: plain data, some hundred bytes.

    Args:
        observation: as ``course.checks.observe`` makes it.
    """
    if "not_attempted" in observation:
        return {"not_attempted": True}
    if "raised" in observation:
        return {"raised": _error(observation["raised"])}
    if "value" in observation:
        return {"value": _tree(observation["value"]), "mutated": observation["mutated"]}
    parts = {"kind": observation["kind"]}
    if "shape" in observation:
        parts |= {"shape": observation["shape"], "parameters": count(observation)}
    elif "weights" in observation:
        parts["weights"] = _tree(observation["weights"])
    if "outputs" in observation:
        parts["outputs"] = _tree(observation["outputs"])
    return parts


def match(one, other):
    """Whether two sketches are of the same behaviour, up to rounding."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.shape != other.shape:
            return False
        slack = max(one[0], other[0])
        return bool(np.all(np.abs(one[1:] - other[1:]) <= slack))
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(match(one[k], other[k]) for k in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(match, one, other))
    return one == other


def _error(raised):
    """Its type and message; numbers, which count layers, do not matter."""
    kind = raised["types"][0] if raised["types"] else ""
    return [kind, re.sub(r"\d+", "#", raised["message"])]


def _tree(value):
    if isinstance(value, dict):
        return {key: _tree(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_tree(item) for item in value)
    return None if value is None else _leaf(np.asarray(value))


def _leaf(array):
    """What an array is, and [slack, sums] of its values with fixed random weights."""
    whole = array.dtype.kind in "iub"
    numbers = np.where(np.isfinite(array), array, 0).astype("float64")
    probable = not whole and array.size > 0 and is_probabilities(numbers)
    if probable:
        numbers = np.log(np.maximum(numbers, _SMALLEST_PROBABILITY))
    largest = np.abs(numbers).max(initial=0.0)
    numbers = np.where(np.isfinite(array), numbers, 3.0 * largest + 1.0).reshape(-1)
    relative = _HALF_SLACK if array.dtype == np.float16 else _SLACK
    if numbers.size > _SUMS:
        numbers = _weights(numbers.size) @ numbers / np.sqrt(numbers.size)
    slack = 1e-6 if whole else relative * (largest or 1.0)
    kind = "integers" if whole else "probabilities" if probable else "reals"
    # Counts may have ten digits, and wrong ones a hundred.
    dtype = "float64" if whole or largest > _LARGEST else "float32"
    return [kind, list(array.shape), np.array([slack, *numbers], dtype)]


@cache
def _weights(size):
    return np.random.default_rng(size).normal(0.0, 1.0, (_SUMS, size))
