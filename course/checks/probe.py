"""Probes: the calls a check makes, described as plain data.

A probe crosses process borders, so it holds numbers, strings, containers, numpy
arrays, and the two stand-ins below for things that are not data.
"""

from dataclasses import dataclass, field, replace

# How a Keras model is called: as a student would, and with either flag.
MODES = {"plain": {}, "inference": {"training": False}, "training": {"training": True}}


@dataclass(frozen=True)
class Tensor:
    """Stands for a symbolic Keras input of this shape, without the batch axis."""

    shape: tuple
    dtype: str = "float32"


@dataclass(frozen=True)
class Graph:
    """Stands for a flat functional Keras model.

    Attributes:
        shape: of the input, without the batch axis; the input is named "image".
        layers: rows (name, class in keras.layers, its arguments, input names), in
            the order they are built; the last one is the output. A further input
            has the class "Input" and no input names.
    """

    shape: tuple
    layers: tuple


@dataclass(frozen=True)
class Probe:
    """One call of the student's function, and the claim that it tests.

    Attributes:
        args, kwargs: of the call.
        claim: "behaviour", or "errors" when the call must raise.
        note: what is special about the call, in the student's words.
        options: for the observer. ``batch`` inputs (4) are drawn with the standard
            deviation ``scale`` (1.0); an unknown height or width is ``size`` (8). A
            model that is not built gets the ``input_shape`` of the call, or this
            one. Of the layers named in ``free``, trainable weights may change.
    """

    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    claim: str = "behaviour"
    note: str = ""
    options: dict = field(default_factory=dict)

    def with_options(self, **options):
        """The probe with some options changed."""
        return replace(self, options={**self.options, **options})


def bad_calls(*args, **kwargs):
    """Probes of calls that must raise, each this call with one argument made bad.

    An int becomes 0 and then -2; a ``Tensor`` (H, W, C) loses an axis and then gets one
    too many. All else stays: what is special to a function is asked for by itself.
    """
    call = Probe(args, kwargs, claim="errors")
    for i, value in enumerate(args):
        for bad, note in _made_bad(value):
            yield replace(call, args=(*args[:i], bad, *args[i + 1 :]), note=note)
    for name, value in kwargs.items():
        for bad, note in _made_bad(value):
            yield replace(call, kwargs={**kwargs, name: bad}, note=note)


def _made_bad(value):
    if isinstance(value, Tensor):
        height, width, channels = value.shape
        yield replace(value, shape=(height, channels)), "three axes"
        yield replace(value, shape=(height, width, 5, channels)), "five axes"
    elif type(value) is int:  # not a bool, of which both values are good
        yield from ((0, ""), (-2, ""))
