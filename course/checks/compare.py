"""Compare an observation with the expected one: numpy only, never by repr.

Distances are in tolerances: at most 1 is equal. Tests keep every alternative right
answer below a tenth and every mistake above ten.
"""

from dataclasses import replace

import numpy as np

from course.checks.calls import then
from course.checks.result import ERROR, FAILED, PASSED, Verdict
from course.checks.words import (
    arrays_differ,
    describe,
    describe_raised,
    differs_from,
    first_pair,
    kind_text,
    ordinal,
)
from course.language import gettext

# Of the spread of the expected values. Two orders of summation differ by 1e-6 in
# float32, and by 1e-3 in float16.
TOLERANCE = 5e-4
_HALF_TOLERANCE = 1e-2
_SMALLEST_PROBABILITY = 1e-12
_BEHAVIOUR, _TRAINING = "behaviour", "behaviour in training"
_ARGUMENT = {
    "plain": "",
    "inference": ", training=False",
    "training": ", training=True",
}


def distance(expected, got):
    """How far ``got`` lies from ``expected``, in tolerances; inf when incomparable.

    Integers must be integers and equal. Probabilities are compared as logarithms.
    """
    expected, got = np.asarray(expected), np.asarray(got)
    if expected.shape != got.shape or got.dtype.kind not in "iuf":
        return np.inf
    if expected.dtype.kind in "iu":
        exact = got.dtype.kind in "iu" and np.array_equal(expected, got)
        return 0.0 if exact else np.inf
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(got)):
        return np.inf
    half = got.dtype == np.float16
    if not finite.all():  # only a mistake's observation has such values
        expected, got = expected[finite], got[finite]
    if expected.size == 0:
        return 0.0
    expected, got = expected.astype("float64"), got.astype("float64")
    scale = np.abs(expected).max()
    if is_probabilities(expected):
        if got.min() < 0:
            return np.inf
        expected, got = (
            np.log(np.maximum(p, _SMALLEST_PROBABILITY)) for p in (expected, got)
        )
        scale = np.abs(expected - expected.mean()).max()
    tolerance = (_HALF_TOLERANCE if half else TOLERANCE) * (scale or 1.0)
    return float(np.abs(expected - got).max() / tolerance)


def is_probabilities(values):
    """Whether the rows of a matrix are distributions."""
    if values.ndim != 2 or values.shape[-1] < 2:
        return False
    return values.min() >= 0 and np.allclose(values.sum(axis=-1), 1.0, atol=1e-4)


def observation_distance(expected, got):
    """Distance of two observations of one probe; inf when they differ in kind.

    Tests print it as the table of distances, and diagnosis asks whether it is
    at most 1.
    """
    if "raised" in expected or "raised" in got:
        same = "raised" in expected and "raised" in got
        equal = same and _is_value_error(expected) == _is_value_error(got)
        return 0.0 if equal else np.inf
    if "value" in expected:
        if "value" not in got or got["mutated"] != expected["mutated"]:
            return np.inf
        return _tree_distance(expected["value"], got["value"])
    if "weights" not in got or ("shape" in expected) != ("shape" in got):
        return np.inf
    outputs = _tree_distance(expected["outputs"], got["outputs"])
    if "shape" not in expected:
        return max(outputs, _tree_distance(expected["weights"], got["weights"]))
    same = expected["kind"] == got["kind"] and count(expected) == count(got)
    return outputs if same and _fits(expected["shape"], got["shape"]) else np.inf


def _fits(expected, got):
    """Whether shapes agree; a size that the student's model leaves open may be any."""
    return list(expected) == list(got) and all(
        len(a) == len(b) and all(y in (None, x) for x, y in zip(a, b, strict=True))
        for a, b in zip(expected.values(), got.values(), strict=True)
    )


def _tree_distance(expected, got):
    if isinstance(expected, dict):
        if not isinstance(got, dict) or list(expected) != list(got):
            return np.inf
        pairs = [(expected[key], got[key]) for key in expected]
    elif isinstance(expected, tuple):
        if not isinstance(got, tuple) or len(expected) != len(got):
            return np.inf
        pairs = list(zip(expected, got, strict=True))
    elif expected is None or got is None:
        return 0.0 if expected is got else np.inf
    else:
        return distance(expected, got)
    return max((_tree_distance(a, b) for a, b in pairs), default=0.0)


def count(observation, *, bias=True):
    """Trainable parameters, counted from the weights that were sent back."""
    kinds = ("bias", "other") if bias else ("other",)
    return sum(w.size for kind in kinds for w in observation["weights"][kind])


def is_bias_slip(expected, got):
    """Whether the parameters differ, and only by biases of convolutions."""
    if "shape" not in expected or "shape" not in got:
        return False
    same = count(expected, bias=False) == count(got, bias=False)
    return same and count(expected) != count(got)


def equal_in_training(expected, got):
    """Whether two observations of models agree in training mode."""
    outputs = (seen["outputs"].get("training") for seen in (expected, got))
    return _tree_distance(*outputs) <= 1


def compare(expected, got, call, claim=_BEHAVIOUR, *, unbiased=None):
    """Verdicts on one probe, in the order that teaches.

    Args:
        expected: observation of the reference.
        got: observation of the student's function.
        call: the call as text.
        claim: of the probe, "behaviour" or "errors".
        unbiased: for a bias slip, the two observations with biases at zero; then
            behaviour in training is judged on them, so that one slip costs once.

    Returns:
        A list of ``Verdict``.
    """
    if claim == "errors":
        return [_compare_error(got, call)]
    if "not_attempted" in got:  # of this call; others were answered
        return [Verdict("runs", ERROR, call, describe(got), describe(expected))]
    if "raised" in got:
        wanted = describe(expected)
        status = FAILED if _is_value_error(got) else ERROR
        return [Verdict("runs", status, call, describe_raised(got), wanted)]
    if "value" in expected:
        return _compare_values(expected, got, call)
    if "shape" in expected:
        return _compare_models(expected, got, call, unbiased)
    return _compare_weights(expected, got, call)


def _is_value_error(observation):
    return "raised" in observation and "ValueError" in observation["raised"]["types"]


def _compare_error(got, call):
    if _is_value_error(got) and not got.get("after"):
        return Verdict("errors", PASSED, call)
    if "raised" in got:
        return Verdict("errors", FAILED, call, describe_raised(got), _value_error())
    return Verdict("errors", FAILED, call, describe(got), _value_error())


def _value_error():
    return gettext("a ValueError")


def _compare_values(expected, got, call):
    if "value" not in got:
        wanted = describe(expected)
        return [Verdict("runs", FAILED, call, describe(got), wanted)]
    runs = Verdict("runs", PASSED, call)
    if got["mutated"]:
        said = gettext("the call changed its {which} argument")
        said = said.format(which=", ".join(map(ordinal, got["mutated"])))
        wanted = gettext("arguments left as they were")
        return [runs, Verdict(_BEHAVIOUR, FAILED, call, said, wanted)]
    if _tree_distance(expected["value"], got["value"]) <= 1:
        return [runs, Verdict(_BEHAVIOUR, PASSED, call)]
    start = differs_from(expected["value"], got["value"])
    told = (describe(got, start), describe(expected, start))
    where = arrays_differ(expected["value"], got["value"])
    claim = "shape" if _shapes(expected["value"]) != _shapes(got["value"]) else None
    verdicts = [Verdict(claim, FAILED, call, *told, where)] if claim else []
    return [runs, *verdicts, Verdict(_BEHAVIOUR, FAILED, call, *told, where)]


def _shapes(value):
    if isinstance(value, dict):
        return {key: _shapes(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_shapes(item) for item in value)
    return None if value is None else np.shape(value)


def _compare_models(expected, got, call, unbiased):
    if got.get("kind") != expected["kind"] or "shape" not in got:
        told = (kind_text(got.get("kind")), kind_text(expected["kind"]))
        return [Verdict("runs", FAILED, call, *told)]
    verdicts = [
        Verdict("runs", PASSED, call),
        *_compare_structure(expected, got, call, unbiased),
    ]
    gate = next((v for v in verdicts if not v.passed), None)
    modes = ("plain", "inference")
    verdicts.append(_gated(gate, _BEHAVIOUR, expected, got, modes, call))
    if unbiased is None:
        found = _gated(gate, _TRAINING, expected, got, ("training",), call)
    else:
        found = _compare_outputs(_TRAINING, *unbiased, ("training",), call)
    return [*verdicts, found]


def _compare_structure(expected, got, call, unbiased):
    shapes = (expected["shape"], got["shape"])
    yield _equal("shape", _fits(*shapes), *shapes, call, _shape_text)
    counts = (count(expected), count(got))
    same = counts[0] == counts[1]
    verdict = _equal("parameters", same, *counts, call, _count_text)
    if unbiased is not None:
        said = gettext(
            "only by biases; training mode is compared without them, so that one slip "
            "costs points once"
        )
        verdict = replace(verdict, where=said)
    yield verdict


def _gated(gate, claim, expected, got, modes, call):
    """Equal outputs do not count where the verdict ``gate`` says what is wrong."""
    found = _compare_outputs(claim, expected, got, modes, call)
    if gate is None or not found.passed:
        return found
    said = {
        "shape": gettext("equal outputs, but the shape differs: {got}"),
        "parameters": gettext("equal outputs, but the parameters differ: {got}"),
    }
    text = said[gate.claim].format(got=gate.got)
    return Verdict(claim, FAILED, call, text, gate.expected)


def _equal(claim, same, expected, got, call, text):
    if same:
        return Verdict(claim, PASSED, call)
    return Verdict(claim, FAILED, call, text(got), text(expected))


def _count_text(number):
    return gettext("{number} trainable").format(number=f"{number:,}")


def _shape_text(shapes):
    rows = {key: f"({', '.join(map(str, s))})" for key, s in shapes.items()}
    if list(rows) == ["output"]:
        return rows["output"]
    return ", ".join(f"{key}: {row}" for key, row in rows.items())


def _compare_outputs(claim, expected, got, modes, call):
    for mode in modes:
        wanted, found = expected["outputs"][mode], got["outputs"].get(mode)
        if found is None or _tree_distance(wanted, found) > 1:
            where = arrays_differ(wanted, found)
            wanted, found = first_pair(wanted, found)
            start = differs_from(wanted, found)
            step = gettext("then model(inputs{mode})").format(mode=_ARGUMENT[mode])
            return Verdict(
                claim,
                FAILED,
                then(call, step),
                describe({"outputs": found}, start),
                describe({"outputs": wanted}, start),
                where,
            )
    return Verdict(claim, PASSED, call)


def _compare_weights(expected, got, call):
    if "weights" not in got:
        return [Verdict("runs", FAILED, call, describe(got), describe(expected))]
    verdicts = [Verdict("runs", PASSED, call)]
    for name, wanted in expected["weights"].items():
        found = got["weights"].get(name)
        if found is None or distance(wanted, found) > 1:
            text = gettext("the call changed the weight {name}").format(name=name)
            wanted = gettext("this weight left as it was")
            verdicts.append(Verdict(_BEHAVIOUR, FAILED, call, text, wanted))
            return verdicts
    verdicts.append(
        _compare_outputs(_BEHAVIOUR, expected, got, ("plain", "inference"), call)
    )
    verdicts.append(_compare_outputs(_TRAINING, expected, got, ("training",), call))
    return verdicts
