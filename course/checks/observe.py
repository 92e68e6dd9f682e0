"""Observe a function beside the answer: call it, send back plain data.

This runs in the process that holds the student's code (a notebook's kernel, or a
grader's child). It asserts nothing and knows no expected value.

An observation is a dict with one of these keys:

    not_attempted   the function raised the NotImplementedError of a stub
    raised          {"types", "message", "line"}: the exception, most special type
                    first, and the last line of the student's own code; with
                    "after" when the call went well and using its result did not
    value           what an array function returned
    outputs         what a Keras function computes (``course.checks.keras_observer``)
"""

import copy
import linecache
import re
import sysconfig
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from course.checks.plain import plain_python
from course.checks.reasons import TOO_MANY_VALUES

MESSAGE_LIMIT = 400
_MOST_VALUES = 2**23  # of a result; what an exercise asks for has some thousand
_EXERCISE_ID = re.compile(r"\w+\.\w+")
_LIBRARIES = tuple(
    sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")
)
_COURSE = str(Path(__file__).resolve().parent.parent)


class AfterCall(Exception):
    """What a call returned cannot be used; the cause says why."""


def observe(function, probe, observer):
    """Call ``function`` as ``probe`` says and describe what happened.

    Args:
        function: the student's, or a reference.
        probe: a ``course.checks.probe.Probe``.
        observer: "array" for functions of arrays and numbers, "model" for functions
            of symbolic tensors and builders, "weights" for functions that change
            the weights of the model they are given.

    Returns:
        An observation, which ``course.checks.wire`` can encode.
    """
    try:
        if observer == "array" and not _has_graph(probe):
            return _observe_array(function, probe, plain_python)
        from course.checks import keras_observer

        with keras_observer.pinned():
            if observer == "array":
                return _observe_array(function, keras_observer.materialized(probe))
            return keras_observer.OBSERVERS[observer](function, probe)
    except KeyboardInterrupt:
        raise
    except AfterCall as error:
        return {"raised": describe_error(error.__cause__), "after": True}
    except BaseException as error:  # sys.exit() too ends the call alone
        if _is_stub(error):
            return {"not_attempted": _printable(error)}
        return {"raised": describe_error(error)}


@contextmanager
def after_call():
    """Mark what is raised in here as raised by using the result, not by the call.

    Else a function that returns something unusable would seem to refuse its arguments.
    """
    try:
        yield
    except Exception as error:
        if _is_stub(error):
            raise
        raise AfterCall from error


def _is_stub(error):
    """Whether a stub raised it, and not Keras, which raises such errors for slips."""
    if not isinstance(error, NotImplementedError):
        return False
    text = _printable(error)
    return bool(_EXERCISE_ID.fullmatch(text)) or (not text and _raised_by_own(error))


def _raised_by_own(error):
    """Whether the very line that raised it is the student's."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return _is_own(trace.tb_frame.f_code.co_filename)


def _is_own(name):
    """Whether a file of code is a student's: of no library, nor of the course."""
    library = name.startswith((_COURSE, *_LIBRARIES)) or "site-packages" in name
    return not library and not name.startswith("<frozen")


def describe_error(error):
    """The exception as plain data: its types, message and the student's line."""
    types = [c.__name__ for c in type(error).__mro__ if c not in (object,)]
    return {
        "types": types[: types.index("BaseException")],
        "message": _printable(error),
        "line": _own_line(error),
    }


def _printable(error):
    try:
        return str(error)[:MESSAGE_LIMIT].encode("utf-8", "replace").decode("utf-8")
    except Exception:  # a student's __str__ may do anything
        return ""


def _own_line(error):
    """The last frame in the student's own code: "line 3: x = layers.Conv2D(...)"."""
    found = ""
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if _is_own(name):
            text = linecache.getline(name, trace.tb_lineno).strip()
            found = f"line {trace.tb_lineno}: {text}"[:MESSAGE_LIMIT].rstrip(": ")
        trace = trace.tb_next
    return found


def _has_graph(probe):
    from course.checks.probe import Graph

    values = [*probe.args, *probe.kwargs.values()]
    return any(isinstance(value, Graph) for value in values)


def _observe_array(function, probe, surroundings=nullcontext):
    args = [copy.deepcopy(a) if _is_data(a) else a for a in probe.args]
    before = [_content(a) for a in args]
    with surroundings(function):
        value = function(*args, **probe.kwargs)
    pairs = enumerate(zip(before, map(_content, args), strict=True))
    mutated = [i for i, (a, b) in pairs if not _equal(a, b)]
    with after_call():
        plain = _plain(value)
    return {"value": plain, "type": _type_name(value), "mutated": mutated}


def _is_data(argument):
    return isinstance(argument, (np.ndarray, list))


def _content(argument):
    """What a call must leave as it was: an array, a list, a model's weights."""
    if hasattr(argument, "get_weights"):
        return [*argument.get_weights(), [w.trainable for w in argument.weights]]
    return copy.deepcopy(argument) if _is_data(argument) else None


def _equal(a, b):
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b)
    return a is b or a == b


def _type_name(value):
    module = type(value).__module__.partition(".")[0]
    name = type(value).__name__
    return name if module in ("builtins", "numpy") else f"{module}.{name}"


def _huge(number):
    """An int of more than 64 bits, which counts nothing that there is."""
    try:
        return np.array(float(number))
    except OverflowError:
        return np.array(np.inf)


def _plain(value):
    """A result as plain data; None stands for what is not data."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    try:
        array = np.asarray(value)
        if isinstance(value, int) and array.dtype == object:
            array = _huge(value)
    except Exception:
        return None
    if array.size > _MOST_VALUES:
        raise ValueError(TOO_MANY_VALUES.format(number=array.size))
    return array if array.dtype.kind in "biuf" else None
