"""Plain data across a process border: a JSON header and the raw bytes of arrays.

Nothing here can run code: no pickle, no npz. ``decode`` trusts neither part.
"""

import json
import math

import numpy as np

from course.checks.probe import Graph, Probe, Tensor
from course.toolkit import types as signature_types

MAX_DEPTH = 32
_MAX_AXES = 8
_DTYPES = {
    np.dtype(code).str: np.dtype(code)
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
}
_RECORDS = {"Probe": Probe, "Tensor": Tensor, "Graph": Graph}


class WireError(ValueError):
    """The data is not what ``encode`` writes."""


def encode(tree):
    """Turn a tree of plain data into (header, body).

    Args:
        tree: None, bool, int, float, str, numpy array or scalar, Probe, Tensor,
            Graph, a named tuple of ``course.toolkit.types``, or a list, tuple or
            dict (with str keys) of these.

    Returns:
        header, a str of JSON, and body, the bytes of the arrays one after another.

    Raises:
        TypeError: for anything else.
    """
    arrays = []
    header = json.dumps(_pack(tree, arrays), allow_nan=False)
    return header, b"".join(arrays)


def _pack(value, arrays):
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.str not in _DTYPES:
            raise TypeError(f"an array of dtype {array.dtype} is not plain data")
        arrays.append(array.tobytes())
        return {"array": [array.dtype.str, list(array.shape)]}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("only str keys are plain data")
        return {"dict": [[key, _pack(item, arrays)] for key, item in value.items()]}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {type(value).__name__: [_pack(item, arrays) for item in value]}
    if isinstance(value, tuple):
        return {"tuple": [_pack(item, arrays) for item in value]}
    if isinstance(value, list):
        return [_pack(item, arrays) for item in value]
    if type(value).__name__ in _RECORDS:
        fields = type(value).__dataclass_fields__
        return {
            type(value).__name__: [_pack(getattr(value, f), arrays) for f in fields]
        }
    raise TypeError(f"{type(value).__name__} is not plain data")


def decode(header, body):
    """Read what ``encode`` wrote.

    Raises:
        WireError: when header and body are anything else; they may be hostile.
    """
    try:
        packed = json.loads(header, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {type(error).__name__}") from None
    reader = _Reader(body)
    tree = reader.unpack(packed, 0)
    if reader.offset != len(body):
        raise WireError(f"{len(body) - reader.offset} bytes too many")
    return tree


def _no_constant(token):
    raise ValueError(token)


class _Reader:
    def __init__(self, body):
        self.body = body
        self.offset = 0

    def unpack(self, value, depth):
        if depth > MAX_DEPTH:
            raise WireError("nested too deeply")
        if isinstance(value, float) and not math.isfinite(value):
            raise WireError("number out of range")  # json reads 1e999 as inf
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, list):
            return [self.unpack(item, depth + 1) for item in value]
        if len(value) != 1:
            raise WireError("an object has one key, its kind")
        ((kind, content),) = value.items()
        return self._object(kind, content, depth + 1)

    def _object(self, kind, content, depth):
        if kind == "float":
            if content not in ("nan", "inf", "-inf"):
                raise WireError("not a float")
            return float(content)
        if not isinstance(content, list):
            raise WireError(f"a {kind} holds a list")
        if kind == "array":
            return self._array(content)
        if kind == "dict":
            if not all(
                isinstance(row, list) and len(row) == 2 and isinstance(row[0], str)
                for row in content
            ):
                raise WireError("a dict holds (key, value) rows")
            return {key: self.unpack(item, depth) for key, item in content}
        items = [self.unpack(item, depth) for item in content]
        if kind == "tuple":
            return tuple(items)
        record = _RECORDS.get(kind) or getattr(signature_types, kind, None)
        fields = getattr(record, "__dataclass_fields__", None) or getattr(
            record, "_fields", ()
        )
        if not isinstance(record, type) or len(fields) != len(items) or not items:
            raise WireError("unknown kind of object")
        return record(*items)

    def _array(self, content):
        if len(content) != 2 or not isinstance(content[0], str):
            raise WireError("an array has a dtype and a shape")
        dtype, shape = _DTYPES.get(content[0]), content[1]
        if dtype is None:
            raise WireError("not a dtype of plain data")
        if not isinstance(shape, list) or len(shape) > _MAX_AXES:
            raise WireError("not a shape")
        if not all(type(size) is int and 0 <= size < 1 << 31 for size in shape):
            raise WireError("not a shape")
        size = math.prod(shape) * dtype.itemsize
        if size > len(self.body) - self.offset:
            raise WireError("an array is longer than the data")
        flat = np.frombuffer(self.body, dtype, math.prod(shape), self.offset)
        self.offset += size
        return flat.reshape(shape).copy()
