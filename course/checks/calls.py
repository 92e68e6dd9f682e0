"""A probe written as the call a student would type."""

import numpy as np

from course.checks.probe import Graph, Tensor

_SMALL = 8


def call_text(name, probe):
    """For example ``vgg_block(x, 8, 2), x of shape (None, 8, 8, 3)``."""
    shown, notes = [], []
    free = iter(("x", "y", "z"))
    for value in probe.args:
        if isinstance(value, Tensor):
            letter = next(free)
            sizes = ", ".join(map(str, (None, *value.shape)))
            notes.append(f"{letter} of shape ({sizes})")
            shown.append(letter)
        elif isinstance(value, Graph):
            notes.append(f"a model of {len(value.layers)} layers")
            shown.append("model")
        elif isinstance(value, np.ndarray) and value.size > _SMALL:
            letter = next(free)
            notes.append(f"{letter} {value.dtype} of shape {value.shape}")
            shown.append(letter)
        else:
            shown.append(value_source(value))
    shown += [f"{key}={value_source(value)}" for key, value in probe.kwargs.items()]
    call = f"{name}({', '.join(shown)})"
    notes += [probe.note] if probe.note else []
    return f"{call}  # {'; '.join(notes)}" if notes else call


def value_source(value):
    """An argument as Python source."""
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()})"
    return repr(value)
