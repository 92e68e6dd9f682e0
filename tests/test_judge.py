"""Points are exact, bounded, and earned by behaviour."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from course.checks import schema
from course.checks.compare import compare, count, distance, is_bias_slip
from course.checks.judge import (
    SHARES,
    Stopped,
    earned_points,
    judge,
    not_attempted,
    undefined,
)
from course.checks.observe import observe
from course.checks.probe import Probe
from course.checks.result import (
    ERROR,
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    TIMED_OUT,
    Result,
    Verdict,
)
from course.exercises.exercise import Exercise


def square(n):
    if n < 0:
        raise ValueError("n is negative")
    return n * n


def _probes(rng):
    yield Probe((2,))
    yield Probe((int(rng.integers(3, 9)),))
    yield Probe((-1,), claim="errors")


EXERCISE = Exercise("toy.square", 4, "array", _probes)


def judged(answer):
    return judge(
        EXERCISE,
        EXERCISE.draw(0),
        observe=lambda p: observe(answer, p, "array"),
        expected=lambda p: observe(square, p, "array"),
    )


def test_the_reference_earns_everything():
    result = judged(square)
    assert (result.status, result.earned) == (PASSED, 4)


def test_numpy_integers_are_integers_and_floats_are_not():
    assert judged(lambda n: np.int32(square(n))).status == PASSED
    result = judged(lambda n: float(square(n)))
    assert result.status == FAILED
    assert "an integer" in result.verdicts[-2].where


def test_a_function_that_always_raises_earns_nothing():
    def answer(n):
        raise ValueError("no")

    assert judged(answer).earned == 0


def test_a_constant_earns_only_the_calls_it_gets_right():
    result = judged(lambda n: 4)
    assert result.status == FAILED
    assert result.earned == 4 * Fraction(5, 7) / 2


def test_the_stub_is_not_attempted():
    def answer(n):
        raise NotImplementedError("toy.square")

    result = judged(answer)
    assert (result.status, result.earned) == (NOT_ATTEMPTED, 0)


def test_an_exception_tells_the_students_line():
    def answer(n):
        return n * missing  # noqa: F821

    result = judged(answer)
    assert result.status == ERROR
    assert "NameError" in result.verdicts[0].got
    assert "return n * missing" in result.verdicts[0].got


def test_exiting_is_an_error_of_the_answer():
    def answer(n):
        raise SystemExit(0)

    assert judged(answer).status == ERROR


def test_a_timeout_ends_the_exercise_and_keeps_what_was_earned():
    calls = []

    def observed(probe):
        calls.append(probe)
        if len(calls) == 2:
            raise Stopped(TIMED_OUT, "no answer within 10 s")
        return observe(square, probe, "array")

    result = judge(
        EXERCISE,
        EXERCISE.draw(0),
        observed,
        lambda p: observe(square, p, "array"),
    )
    assert result.status == TIMED_OUT
    assert len(calls) == 2
    assert 0 < result.earned < 4


def test_a_crash_costs_only_its_call():
    def observed(probe):
        if probe.args == (2,):
            raise Stopped(ERROR, "killed by SIGFPE")
        return observe(square, probe, "array")

    result = judge(
        EXERCISE,
        EXERCISE.draw(0),
        observed,
        lambda p: observe(square, p, "array"),
    )
    assert result.status == ERROR
    assert result.earned == 4 * (Fraction(5, 7) / 2 + Fraction(2, 7))


def test_results_without_an_answer():
    assert not_attempted(EXERCISE).earned == 0
    assert undefined(EXERCISE).status == NOT_ATTEMPTED
    assert undefined(EXERCISE, "cell 3 failed").status == ERROR


def test_a_result_cannot_hold_more_points_than_there_are():
    with pytest.raises(ValueError):
        Result("toy.square", PASSED, Fraction(5), 4, ())


@given(
    points=st.integers(0, 50),
    claims=st.lists(st.sampled_from(["behaviour", "errors"]), min_size=1),
    data=st.data(),
)
def test_points_stay_within_their_bounds(points, claims, data):
    probes = [Probe(claim=c) for c in claims]
    verdicts = []
    for probe in probes:
        scored = ["errors"] if probe.claim == "errors" else list(SHARES)[:2]
        for claim in scored:
            status = data.draw(st.sampled_from([PASSED, FAILED, ERROR]))
            verdicts.append(Verdict(claim, status))
    earned = earned_points(points, probes, verdicts)
    assert 0 <= earned <= points
    if all(v.passed for v in verdicts) and "behaviour" in claims:
        assert earned == points


def test_an_observation_is_compared_by_value_never_by_text():
    assert distance(np.float32(1.0), 1) == 0
    assert distance(np.arange(3.0), np.arange(3.0) + 1e-5) < 0.1
    assert distance(np.arange(3.0), np.arange(4.0)) == np.inf
    assert distance(np.zeros((0, 4)), np.zeros((0, 4))) == 0
    assert distance(np.zeros((0, 4)), np.zeros((0, 3))) == np.inf
    assert distance(np.ones((2, 2)), np.ones(2)) == np.inf
    assert distance(np.ones(2), np.array([1, np.nan])) == np.inf
    assert distance(np.ones(2), np.array(["1", "1"])) == np.inf
    assert distance(np.array([1, 2]), np.array([True, True])) == np.inf


def test_probabilities_are_compared_as_logarithms():
    expected = np.array([[0.98, 0.01, 0.01]])
    got = np.array([[0.98, 0.0101, 0.0099]])
    assert distance(expected, got) > 1
    assert np.abs(expected - got).max() < 1e-3


def model(weights, outputs, bias=()):
    arrays = [np.zeros(n) for n in weights]
    return {
        "kind": "tensor",
        "shape": {"output": [None, 2]},
        "weights": {"bias": [np.zeros(n) for n in bias], "other": arrays},
        "outputs": {
            mode: {"output": np.full((3, 2), value)}
            for mode, value in zip(
                ("plain", "inference", "training"), outputs, strict=True
            )
        },
    }


def statuses(verdicts):
    return {v.claim: v.status for v in verdicts}


def test_equal_outputs_from_shared_layers_earn_nothing():
    expected, got = model((8, 8), (1, 1, 2)), model((8,), (1, 1, 2))
    found = statuses(compare(expected, got, "f(x)"))
    assert found["parameters"] == FAILED
    assert found["behaviour"] == found["behaviour in training"] == FAILED
    assert not is_bias_slip(expected, got)


def test_a_bias_too_many_costs_one_claim():
    expected, got = model((8,), (1, 1, 2)), model((8,), (3, 3, 2), bias=(2,))
    assert is_bias_slip(expected, got)
    zero = model((8,), (1, 1, 2))
    found = statuses(compare(expected, got, "f(x)", unbiased=(zero, zero)))
    assert found["behaviour"] == FAILED
    assert found["behaviour in training"] == PASSED


def test_a_forced_training_flag_shows_in_inference_only():
    expected, got = model((8,), (1, 1, 2)), model((8,), (2, 2, 2))
    found = statuses(compare(expected, got, "f(x)"))
    assert found["behaviour"] == FAILED
    assert found["behaviour in training"] == PASSED


def test_parameters_are_counted_from_the_weights():
    assert count(model((8, 3), (1, 1, 1), bias=(4,))) == 15


def test_a_branch_left_as_a_stub_costs_only_its_calls():
    def answer(n):
        if n == 2:
            return square(n)
        raise NotImplementedError

    result = judged(answer)
    assert result.status == ERROR
    assert result.earned == 4 * Fraction(5, 7) / 2


arrays = st.sampled_from(
    [np.zeros(3), np.ones((2, 2)), np.array(np.nan), np.array([1 << 40]), np.zeros(0)]
)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
named = st.dictionaries(st.sampled_from(["output", "a"]), arrays | trees, max_size=2)
FIELDS = {
    "not_attempted": trees,
    "raised": trees
    | st.fixed_dictionaries({"types": trees, "message": st.text(), "line": st.text()}),
    "after": trees | st.just(True),
    "value": trees,
    "type": st.text(),
    "mutated": trees | st.just([]),
    "kind": st.text() | st.just("tensor"),
    "shape": trees | st.just({"output": [None, 2]}),
    "weights": trees | st.just({"bias": [], "other": [np.zeros(8)]}) | named,
    "layers": trees | st.just([]) | st.just([[0, "Conv2D", [None, 2], 8]]),
    "outputs": trees
    | st.fixed_dictionaries({"plain": named, "inference": named, "training": named}),
}
# Those with the right keys, and those with any.
observations = st.sampled_from(schema.FORMS).flatmap(
    lambda form: st.fixed_dictionaries({key: FIELDS[key] for key in sorted(form)})
) | st.fixed_dictionaries({}, optional=FIELDS)
EXPECTED = (
    observe(square, Probe((3,)), "array"),
    model((8,), (1, 1, 2)),
    {k: v for k, v in model((8,), (1, 1, 2)).items() if k != "shape"}
    | {"weights": {"conv/kernel": np.zeros(8)}},
)


RAISED = {"types": [], "message": "", "line": ""}


@example({"raised": RAISED, "shape": None, "outputs": None}, EXPECTED[1])
@example({"kind": "tensor"}, EXPECTED[1])
@example({"raised": RAISED, "value": None, "type": "int"}, EXPECTED[0])
@given(st.one_of(trees, observations), st.sampled_from(EXPECTED))
def test_no_hostile_observation_stops_the_judge_or_passes(tree, expected):
    result = judge(
        EXERCISE,
        EXERCISE.draw(0),
        lambda p: tree,
        lambda p: expected,
    )
    assert result.status != PASSED
    assert 0 <= result.earned <= 4
