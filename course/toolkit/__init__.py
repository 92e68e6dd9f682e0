"""What labs import: types, data, plots, tables, ``check`` and ``answer``.

Importing this loads neither TensorFlow nor Keras nor matplotlib: each name brings
what it needs when it is first used.
"""

from importlib import import_module

_HOMES = {
    "InceptionWidths": "types",
    "accuracy": "training",
    "accuracy_by_parameters": "show",
    "answer": "answering",
    "check": "checking",
    "digits": "data",
    "grading_rules": "rules",
    "gradients_by_depth": "show",
    "learning_curves": "show",
    "lines": "show",
    "load_keras": "quiet",
    "pictures": "show",
    "standing": "progress",
    "summary": "model_table",
    "train": "training",
    "use_language": "checking",
}
__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"course.toolkit.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'course.toolkit' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
