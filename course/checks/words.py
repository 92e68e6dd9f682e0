"""What a check says about values, in words a student reads."""

import numpy as np

from course.checks.reasons import told
from course.language import deferred, gettext

_KINDS = {
    "tensor": deferred("a tensor"),
    "dict of tensors": deferred("a dict of tensors"),
}
_ORDINALS = (
    deferred("first"),
    deferred("second"),
    deferred("third"),
    deferred("fourth"),
    deferred("fifth"),
    deferred("sixth"),
)
_SHOWN = 6


def describe(observation, start=0):
    """What a call gave, in one line; of an array the values from ``start`` on."""
    if "raised" in observation:
        return describe_raised(observation)
    if "not_attempted" in observation:
        return "NotImplementedError"
    if "value" in observation:
        if observation["value"] is None and "type" in observation:
            said = gettext("{a_type}, not numbers")
            return said.format(a_type=_article(observation["type"]))
        return value_text(observation["value"], start)
    if "outputs" in observation and observation["outputs"] is not None:
        outputs = observation["outputs"]
        if "inference" in outputs:
            outputs = outputs["inference"]
        if list(outputs) == ["output"]:
            outputs = outputs["output"]
        return value_text(outputs, start)
    if "kind" in observation:
        return kind_text(observation["kind"])
    return gettext("nothing")


def ordinal(index):
    """An index, from 0, as the word for its place."""
    return gettext(_ORDINALS[index]) if index < len(_ORDINALS) else str(index + 1)


def kind_text(kind):
    """What sort of thing a Keras function returned, with its article."""
    if kind in _KINDS:
        return gettext(_KINDS[kind])
    return gettext("a {type}").format(type=kind)


def describe_raised(observation):
    """The exception, and the student's line that raised it."""
    raised = observation["raised"]
    text = raised["types"][0] if raised["types"] else gettext("an exception")
    if raised["message"]:
        text += f": {told(raised['message'])}"
    return f"{text}  [{told(raised['line'])}]" if raised["line"] else text


def value_text(value, start=0):
    """A number as it is; an array by shape and some values from ``start`` on."""
    if isinstance(value, dict):
        start = start if len(value) == 1 else 0
        rows = [f"{key}: {value_text(item, start)}" for key, item in value.items()]
        end = "}" if len(rows) <= _SHOWN else ", ...}"
        return "{" + ", ".join(rows[:_SHOWN]) + end
    if isinstance(value, tuple):
        return "(" + ", ".join(value_text(item) for item in value) + ")"
    if value is None:
        return gettext("nothing")
    array = np.asarray(value)
    if array.ndim == 0:
        return _scalar(array)
    shape = ", ".join(map(str, array.shape)) + ("," if array.ndim == 1 else "")
    shown = ", ".join(_number(v) for v in array.reshape(-1)[start : start + _SHOWN])
    more = ", ..." if array.size > start + _SHOWN else ""
    said = gettext("{dtype} array of shape ({sizes}): ")
    before = "..., " if start else ""
    return said.format(dtype=array.dtype, sizes=shape) + before + shown + more


def _scalar(value):
    """A single number; a whole one that is no integer shows that: 4.0."""
    if value.dtype.kind in "iub":
        return str(value.item())
    text = f"{value.item():.6g}"
    return text if set(text) - set("-0123456789") else f"{text}.0"


def _number(value):
    return str(value.item()) if value.dtype.kind in "iub" else f"{value.item():.5g}"


def _article(name):
    vowel = name[0].lower() in "aeiou"
    return (gettext("an {type}") if vowel else gettext("a {type}")).format(type=name)


def arrays_differ(expected, got):
    """Where two values first differ, and how many do; "" where that tells nothing."""
    numbers = isinstance(expected, np.ndarray) and isinstance(got, np.ndarray)
    if numbers and expected.ndim == got.ndim == 0 and expected.dtype == got.dtype:
        return ""
    return _differ(expected, got)


def _differ(expected, got):
    if isinstance(expected, dict) and isinstance(got, dict):
        if list(expected) != list(got):
            said = gettext("keys {got}, expected {expected}")
            return said.format(got=list(got)[:_SHOWN], expected=list(expected)[:_SHOWN])
        return _first(expected, got, expected)
    if isinstance(expected, tuple) and isinstance(got, tuple):
        if len(expected) != len(got):
            said = gettext("{got} values, expected {expected}")
            return said.format(got=len(got), expected=len(expected))
        return _first(expected, got, range(len(expected)))
    if got is None:
        return ""  # no numbers at all, as "came back" says
    kinds = (dict, tuple)
    if isinstance(expected, kinds) or isinstance(got, kinds):
        said = gettext("a {got}, expected a {expected}")
        return said.format(got=type(got).__name__, expected=type(expected).__name__)
    return _first_index(np.asarray(expected), np.asarray(got))


def first_pair(expected, got):
    """Of two dicts of arrays, the entries that first differ; else the two values.

    A line holds one array, and not a dozen.
    """
    if not (isinstance(expected, dict) and isinstance(got, dict)):
        return expected, got
    if list(expected) != list(got) or not all(np.ndim(v) for v in expected.values()):
        return expected, got
    keys = [key for key in expected if _differ(expected[key], got[key])]
    return ({k: side[k] for k in keys[:1]} for side in (expected, got))


def differs_from(expected, got):
    """Flat index of the first value in which two arrays differ; 0 for other things."""
    if isinstance(expected, dict) and isinstance(got, dict):
        if len(expected) == 1 and list(expected) == list(got):
            ((expected, got),) = zip(expected.values(), got.values(), strict=True)
    plain = isinstance(expected, np.ndarray) and isinstance(got, np.ndarray)
    if not plain or expected.shape != got.shape:
        return 0
    off = _off(expected, got).reshape(-1)
    return int(off.argmax()) if off.any() else 0


def _off(expected, got):
    """Where two arrays of one shape differ, integers exactly."""
    if expected.dtype.kind in "iu":
        return expected != got
    scale = float(np.abs(expected).max()) if expected.size else 0.0
    return np.abs(expected.astype("float64") - got.astype("float64")) > 5e-4 * scale


def _first(expected, got, keys):
    for key in keys:
        found = _differ(expected[key], got[key])
        if found:
            return found if key == "output" else f"{key}: {found}"
    return ""


def _first_index(expected, got):
    if expected.shape != got.shape:
        said = gettext("shape {got}, expected {expected}")
        return said.format(got=got.shape, expected=expected.shape)
    if expected.dtype.kind in "iu" and got.dtype.kind not in "iu":
        if not got.shape:  # a single one is a Python float, or as good as that
            return gettext("a float, expected an integer")
        return gettext("{dtype} numbers, expected integers").format(dtype=got.dtype)
    if not np.isfinite(got).all():
        said = gettext("{number} values are not finite")
        return said.format(number=int((~np.isfinite(got)).sum()))
    off = _off(expected, got)
    if not off.any():
        return ""
    index = tuple(int(i) for i in np.argwhere(off)[0]) if expected.ndim else ()
    pair = gettext("{got} instead of {expected}").format(
        got=_number(got[index]), expected=_number(expected[index])
    )
    if not index:
        return pair
    said = gettext("first at {index}: {pair}; {number} of {size} differ")
    return said.format(
        index=list(index), pair=pair, number=int(off.sum()), size=off.size
    )
