"""A probe written as the call a student would type."""

import numpy as np

from course.checks.probe import Graph, Tensor
from course.language import gettext

_SMALL = 8
_NOTES = "  # "


def call_text(name, probe):
    """For example ``vgg_block(x, 8, 2), x of shape (None, 8, 8, 3)``."""
    shown, notes = [], []
    free = iter(("x", "y", "z"))
    for value in probe.args:
        if isinstance(value, Tensor):
            letter = next(free)
            sizes = ", ".join(map(str, (None, *value.shape)))
            said = gettext("{name} of shape ({sizes})")
            notes.append(said.format(name=letter, sizes=sizes))
            shown.append(letter)
        elif isinstance(value, Graph):
            said = gettext("a model of {number} layers")
            notes.append(said.format(number=len(value.layers)))
            shown.append("model")
        elif isinstance(value, np.ndarray) and value.size > _SMALL:
            letter = next(free)
            said = gettext("{name} {dtype} of shape {shape}")
            notes.append(said.format(name=letter, dtype=value.dtype, shape=value.shape))
            shown.append(letter)
        else:
            shown.append(value_source(value))
    shown += [f"{key}={value_source(value)}" for key, value in probe.kwargs.items()]
    call = f"{name}({', '.join(shown)})"
    notes += [gettext(probe.note)] if probe.note else []
    return call + _NOTES + "; ".join(notes) if notes else call


def then(call, step):
    """The text of a call with what is done to its result: before the notes."""
    code, mark, notes = call.partition(_NOTES)
    return f"{code}, {step}{mark}{notes}"


def value_source(value):
    """An argument as Python source."""
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()})"
    return repr(value)
