"""What a check says about values, in words a student reads."""

import numpy as np

_SHOWN = 6


def describe(observation):
    """What a call gave, in one line."""
    if "raised" in observation:
        return describe_raised(observation)
    if "not_attempted" in observation:
        return "NotImplementedError"
    if "value" in observation:
        if observation["value"] is None and "type" in observation:
            return f"{_article(observation['type'])}, not numbers"
        return value_text(observation["value"])
    if "outputs" in observation and observation["outputs"] is not None:
        outputs = observation["outputs"]
        if "inference" in outputs:
            outputs = outputs["inference"]
        if list(outputs) == ["output"]:
            return value_text(outputs["output"])
        return value_text(outputs)
    return f"a {observation['kind']}" if "kind" in observation else "nothing"


def describe_raised(observation):
    """The exception, and the student's line that raised it."""
    raised = observation["raised"]
    text = raised["types"][0] if raised["types"] else "an exception"
    if raised["message"]:
        text += f": {raised['message']}"
    return f"{text}  [{raised['line']}]" if raised["line"] else text


def value_text(value):
    """A number as it is; an array by shape and first values."""
    if isinstance(value, dict):
        rows = [f"{key}: {value_text(item)}" for key, item in value.items()]
        return "{" + ", ".join(rows[:_SHOWN]) + ("}" if len(rows) <= _SHOWN else ", ...}")
    if isinstance(value, tuple):
        return "(" + ", ".join(value_text(item) for item in value) + ")"
    if value is None:
        return "nothing"
    array = np.asarray(value)
    if array.ndim == 0:
        kind = "" if array.dtype.kind in "iu" else f" ({array.dtype})"
        return f"{array.item():.6g}{kind}" if kind else str(array.item())
    shape = ", ".join(map(str, array.shape)) + ("," if array.ndim == 1 else "")
    first = ", ".join(_number(v) for v in array.reshape(-1)[:_SHOWN])
    more = ", ..." if array.size > _SHOWN else ""
    return f"{array.dtype} array of shape ({shape}): {first}{more}"


def _number(value):
    return str(value.item()) if value.dtype.kind in "iub" else f"{value.item():.5g}"


def _article(name):
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def arrays_differ(expected, got):
    """Where two values first differ, and how many of them do."""
    if isinstance(expected, dict) and isinstance(got, dict):
        if list(expected) != list(got):
            keys = f"keys {list(got)[:_SHOWN]}, expected {list(expected)[:_SHOWN]}"
            return keys
        return _first(expected, got, expected)
    if isinstance(expected, tuple) and isinstance(got, tuple):
        if len(expected) != len(got):
            return f"{len(got)} values, expected {len(expected)}"
        return _first(expected, got, range(len(expected)))
    if isinstance(expected, (dict, tuple)) or isinstance(got, (dict, tuple, type(None))):
        return f"a {type(got).__name__}, expected a {type(expected).__name__}"
    return _first_index(np.asarray(expected), np.asarray(got))


def _first(expected, got, keys):
    for key in keys:
        found = arrays_differ(expected[key], got[key])
        if found:
            return found if key == "output" else f"{key}: {found}"
    return ""


def _first_index(expected, got):
    if expected.shape != got.shape:
        return f"shape {got.shape}, expected {expected.shape}"
    if expected.dtype.kind in "iu" and got.dtype.kind not in "iu":
        return f"{got.dtype} numbers, expected integers"
    if not np.isfinite(got).all():
        return f"{int((~np.isfinite(got)).sum())} values are not finite"
    scale = float(np.abs(expected).max()) if expected.size else 0.0
    off = np.abs(expected.astype("float64") - got.astype("float64")) > 5e-4 * scale
    if not off.any():
        return ""
    index = tuple(int(i) for i in np.argwhere(off)[0]) if expected.ndim else ()
    pair = f"{_number(got[index])} instead of {_number(expected[index])}"
    if not index:
        return pair
    return f"first at {list(index)}: {pair}; {int(off.sum())} of {off.size} differ"
