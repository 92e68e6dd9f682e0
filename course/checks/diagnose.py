"""Name the mistake behind a wrong answer, or show where its structure departs.

The trusted side. The student's function is observed on the public probes, whose
observations with every mistake made are known beforehand; so it costs the same in a
notebook and in grading, whatever the seed of the points was.
"""

from dataclasses import replace

from course.checks.calls import call_text
from course.checks.flow import differing
from course.checks.judge import Stopped
from course.checks.result import NOT_ATTEMPTED, TIMED_OUT
from course.checks.schema import is_observation
from course.checks.sketch import match, sketch
from course.language import deferred

# A model that cuts tensors into pieces has other steps than one that does not, and
# may yet be right.
TAKES_APART = {"GetItem", "Split", "Unstack", "Slice", "Take"}
ONLY_SHOWN = deferred(
    "Your function is right on the inputs that the notebook shows, and wrong on "
    "others. What does it take for granted: even sizes, three channels, a default?"
)
STRUCTURE = deferred(
    "Follow the two flows from the top to the first line where they part. What "
    "should happen there?"
)
_BEFORE_WIRING = {"runs", "shape", "parameters"}
WIRING = deferred(
    "Every layer has the right size and the right number of parameters. Look at what "
    "stands between them: the activations, the order, and what each layer is fed."
)


def diagnose(result, exercise, public, observe):
    """The result with what is known about its cause.

    Args:
        result: a ``course.checks.result.Result``.
        exercise: a ``course.exercises.Exercise``.
        public: its ``course.exercises.public.Public``.
        observe: probe -> observation of the student's function; may raise Stopped.

    Returns:
        The result with mistakes, hints and flow filled in as far as they are known.
    """
    if not _is_wrong(result):
        return result
    seen = []
    for probe in public.calls:
        try:
            observation = observe(probe)
        except Stopped:
            return result
        if not is_observation(observation):
            return result
        seen.append(observation)
    own = [sketch(observation) for observation in seen]
    for names, sketches in public.known:
        if all(map(match, own, sketches)):
            hints = {mistake.name: mistake.hint for mistake in exercise.mistakes}
            told = tuple(dict.fromkeys(hints[name] for name in names))
            return replace(result, mistakes=tuple(names), hints=told)
    return _unknown(result, public, seen, own)


def _is_wrong(result):
    if result.status in (NOT_ATTEMPTED, TIMED_OUT):
        return False
    claims = {v.claim for v in result.verdicts if not v.passed}
    return bool(claims - {"errors", "defined"})


def _unknown(result, public, seen, own):
    """No known mistake: the first call whose steps are others than the reference's."""
    wrong = [
        (probe, public.observation(probe), observation)
        for probe, observation, numbers in zip(public.calls, seen, own, strict=True)
        if not match(sketch(public.observation(probe)), numbers)
    ]
    if not wrong:
        return replace(result, hints=(ONLY_SHOWN,))
    if not all("layers" in right and "layers" in got for _, right, got in wrong):
        return result
    if any(kind in TAKES_APART for _, _, got in wrong for _, kind, *_ in got["layers"]):
        return result
    for probe, right, got in wrong:
        flow = differing(right["layers"], got["layers"])
        if flow:
            call = call_text(result.exercise.split(".")[1], probe)
            return replace(result, hints=(STRUCTURE,), flow=flow, flow_of=call)
    if any(v.claim in _BEFORE_WIRING and not v.passed for v in result.verdicts):
        return result
    return replace(result, hints=(WIRING,))
