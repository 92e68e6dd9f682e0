"""Course companion: builders, checks and grading for four deep-learning lectures.

Importing this package loads neither TensorFlow nor Keras: the lectures do, when
they are first used.
"""

from importlib import import_module

__version__ = "0.1.0"

_MODULES = (
    "modern_cnn",
    "toolkit",
    "published",
    "exercises",
    "questions",
    "checks",
    "grading",
)
__all__ = ["__version__", *_MODULES]


def __getattr__(name):
    if name in _MODULES:
        return import_module(f"course.{name}")
    raise AttributeError(f"module 'course' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
