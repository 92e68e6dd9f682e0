"""Plain data survives the trip; hostile data is refused, and quickly."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course.checks.probe import Graph, Probe, Tensor
from course.checks.wire import WireError, decode, encode
from course.toolkit.types import InceptionWidths

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | hnp.arrays(
        st.sampled_from(["f4", "f8", "i8", "u1", "?"]), hnp.array_shapes(min_dims=0)
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


def same(a, b):
    if isinstance(a, np.ndarray):
        equal = np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and equal
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        pairs = zip(a, b, strict=True)
        return type(a) is type(b) and len(a) == len(b) and all(same(*p) for p in pairs)
    return type(a) is type(b) and (a == b or a != a)


@given(plain)
def test_what_is_encoded_comes_back(tree):
    assert same(tree, decode(*encode(tree)))


def test_probes_and_their_stand_ins_come_back():
    graph = Graph((8, 8, 1), (("conv", "Conv2D", {"filters": 2}, ("image",)),))
    widths = InceptionWidths(1, 2, 3, 4, 5, 6)
    probe = Probe((Tensor((8, None, 3)), widths, graph), {"stride": 2}, note="odd")
    assert decode(*encode(probe)) == probe


def test_only_plain_data_is_encoded():
    for value in (object(), {1: "a"}, np.array([None]), len, {"set"}):
        with pytest.raises(TypeError):
            encode(value)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("{", b""),
        ("[" * 100_000, b""),
        ("NaN", b""),
        ("1e999", b""),
        ('{"float": "1e999"}', b""),
        ('{"array": ["|O", [1]]}', b"12345678"),
        ('{"array": ["<f4", [1099511627776]]}', b""),
        ('{"array": ["<f4", [2147483647, 2147483647]]}', b"1234"),
        ('{"array": ["<f4", [-1]]}', b"1234"),
        ('{"array": ["<f4", [1.0]]}', b"1234"),
        ('{"array": ["<f4", [1]]}', b"123"),
        ('{"array": ["<f4", [1]]}', b"12345"),
        ('{"array": "<f4"}', b""),
        ('{"array": [["<f4"], [1]]}', b"1234"),
        ('{"dict": [["a"]]}', b""),
        ('{"dict": [[1, 2]]}', b""),
        ('{"a": [], "b": []}', b""),
        ('{"Probe": []}', b""),
        ('{"Popen": ["true"]}', b""),
        ('{"__class__": []}', b""),
        ('{"NamedTuple": []}', b""),
        ('{"InceptionWidths": [1]}', b""),
        (json.dumps([[[[[]]]]]).replace("[]", "[" * 40 + "]" * 40), b""),
    ],
)
def test_anything_else_is_refused(header, body):
    with pytest.raises(WireError):
        decode(header, body)
