"""Judge one exercise: run its probes, compare, share the points.

The trusted side: it sees observations only, and numpy is all it needs. A notebook's
panel and the grader both end here; they differ in where observations come from.
"""

import time
from fractions import Fraction

from course.checks.calls import call_text
from course.checks.compare import compare, equal_in_training, is_bias_slip
from course.checks.result import (
    ERROR,
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    TIMED_OUT,
    Result,
    Verdict,
)
from course.checks.schema import is_observation
from course.language import gettext

# Shape and parameter claims explain and gate, but earn nothing: a submission can
# report them without having a model.
SHARES = {
    "behaviour": Fraction(5, 10),
    "behaviour in training": Fraction(3, 10),
    "errors": Fraction(2, 10),
}
_ORDER = ("defined", "runs", "shape", "parameters", *SHARES)
_WORST_FIRST = (TIMED_OUT, ERROR, FAILED)


class Stopped(Exception):
    """The student's side ended without an observation.

    Attributes:
        status: TIMED_OUT, or ERROR for a crash.
        reason: what happened, in the student's words.
    """

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status
        self.reason = reason


def judge(exercise, probes, observe, expected):
    """Check one answer.

    Args:
        exercise: a ``course.exercises.Exercise``.
        probes: as ``exercise.draw(seed)`` made them.
        observe: probe -> observation of the student's function; may raise Stopped.
        expected: probe -> observation of the reference.

    Returns:
        A ``Result``.
    """
    started = time.monotonic()
    verdicts = []
    for probe in probes:
        call = call_text(exercise.name, probe)
        try:
            observation = _observed(probe, observe)
        except Stopped as stop:
            claim = "errors" if probe.claim == "errors" else "runs"
            verdicts.append(Verdict(claim, stop.status, call, stop.reason))
            if stop.status == TIMED_OUT:  # the other probes would wait as long
                break
            continue
        if "not_attempted" in observation and not verdicts:
            return not_attempted(exercise)
        verdicts += _compare_one(probe, observation, observe, expected, call)
    verdicts = sorted(verdicts, key=lambda verdict: _ORDER.index(verdict.claim))
    return Result(
        exercise.id,
        _status(verdicts),
        earned_points(exercise.points, probes, verdicts),
        exercise.points,
        tuple(verdicts),
        seconds=time.monotonic() - started,
    )


def _observed(probe, observe):
    observation = observe(probe)
    if not is_observation(observation):
        raise Stopped(ERROR, gettext("what came back is not an observation"))
    return observation


def _compare_one(probe, observation, observe, expected, call):
    wanted = None if probe.claim == "errors" else expected(probe)
    unbiased = None
    if wanted is not None and is_bias_slip(wanted, observation):
        unbiased = wanted, observation
        if not equal_in_training(wanted, observation):
            unbiased = _without_biases(probe, observe, expected)
    return compare(wanted, observation, call, probe.claim, unbiased=unbiased)


def _without_biases(probe, observe, expected):
    """What the reference and the student's function give with every bias at zero.

    Biases before a batch normalization do not show in training mode: there a second
    look, which takes as long as the first, is not needed.
    """
    zero = probe.with_options(zero_bias=True)
    try:
        seen = observe(zero)
    except Stopped:
        return None
    if is_observation(seen) and "outputs" in seen:
        return expected(zero), seen
    return None


def _status(verdicts):
    statuses = {v.status for v in verdicts}
    return next((s for s in _WORST_FIRST if s in statuses), PASSED)


def asked(probes, trained):
    """How many calls bear out each claim of SHARES.

    Args:
        probes: of one run.
        trained: whether the calls are also judged in training mode.
    """
    normal = sum(p.claim != "errors" for p in probes)
    numbers = {"behaviour": normal, "errors": len(probes) - normal}
    if trained:
        numbers["behaviour in training"] = normal
    return numbers


def shares(numbers):
    """The part of the points that each claim has; together they are 1.

    Args:
        numbers: as ``asked`` gives them; a claim without a call has no part.
    """
    whole = sum(SHARES[claim] for claim, number in numbers.items() if number)
    return {c: SHARES[c] / whole for c, number in numbers.items() if number}


def earned_points(points, probes, verdicts):
    """Exact points: each claim has its share, split evenly over its probes.

    Refusing bad arguments earns only where some call is right, so that a function
    that always raises earns nothing.
    """
    trained = any(v.claim == "behaviour in training" for v in verdicts)
    numbers = asked(probes, trained)
    passed = {
        claim: sum(v.claim == claim and v.passed for v in verdicts) for claim in numbers
    }
    if not passed["behaviour"]:
        passed["errors"] = 0
    return sum(
        (
            points * share * Fraction(passed[claim], numbers[claim])
            for claim, share in shares(numbers).items()
        ),
        Fraction(0),
    )


def not_attempted(exercise):
    """The result of a stub that was left as it was."""
    verdict = Verdict(
        "runs", NOT_ATTEMPTED, exercise.name, gettext("the stub, unchanged")
    )
    return Result(exercise.id, NOT_ATTEMPTED, Fraction(0), exercise.points, (verdict,))


def undefined(exercise, reason=""):
    """The result when nothing of the exercise's name is defined.

    Args:
        exercise: an Exercise.
        reason: why, such as the statement that failed.
    """
    got = reason or gettext("nothing is named {name}").format(name=exercise.name)
    wanted = f"def {exercise.name}(...)"
    verdict = Verdict("defined", ERROR if reason else FAILED, "", got, wanted)
    status = ERROR if reason else NOT_ATTEMPTED
    return Result(exercise.id, status, Fraction(0), exercise.points, (verdict,))
