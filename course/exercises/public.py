"""What references and mistakes give on the public probes, shipped as data.

``course build`` computes it, so that a check in a notebook computes the student's
side only. Each lecture has one file; an exercise's entry carries the digest of what
it was computed from, and is not used when that has changed.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np

from course.checks import wire
from course.checks.calls import call_text
from course.checks.sketch import match, sketch
from course.exercises import PUBLIC_SEED
from course.exercises.source import SourceError, reference_source

_HERE = Path(__file__).parent


class Unfit(ValueError):
    """The reference or a mistake is not fit for an exercise; the message says why."""


@dataclass(frozen=True)
class Public:
    """The public run of one exercise.

    Attributes:
        probes: all of them, those that must raise included.
        expected: seed of a probe -> observation of the reference.
        unbiased: likewise with biases at zero; only of Keras functions.
        known: rows (names of one or two mistakes, a sketch for each call).
    """

    probes: tuple
    expected: dict
    unbiased: dict
    known: tuple

    @property
    def calls(self):
        """The probes that must not raise."""
        return [probe for probe in self.probes if probe.claim != "errors"]

    def observation(self, probe):
        """The reference's observation of one of ``probes``, also with zero biases."""
        known = self.unbiased if probe.options.get("zero_bias") else self.expected
        return known[str(probe.options["seed"])]


def path(lecture):
    """The file of a lecture."""
    return _HERE / lecture / "observed.npz"


def load(exercise):
    """The stored public run of an exercise, or None where it is missing or stale."""
    entry = stored(exercise.lecture).get(exercise.id)
    if entry is None or entry["digest"] != digest(exercise):
        return None
    known = tuple((tuple(names), sketches) for names, sketches in entry["known"])
    probes = tuple(exercise.draw(PUBLIC_SEED))
    return Public(probes, entry["expected"], entry["unbiased"], known)


@cache
def of(exercise_id):
    """The public run of an exercise, computed here and now where none is stored.

    Then pairs of mistakes are left out, which would take a minute.
    """
    from course.exercises import find

    exercise = find(exercise_id)
    return load(exercise) or compute(exercise, pairs=False)


def digest(exercise):
    """SHA-256 of all that the public run of an exercise follows from."""
    parts = [reference_source(exercise.id), exercise.observer]
    parts += [text for m in exercise.mistakes for text in (m.name, m.old, m.new)]
    hashed = hashlib.sha256("\0".join(parts).encode())
    for probe in exercise.draw(PUBLIC_SEED):
        header, body = wire.encode(probe)
        hashed.update(header.encode() + body)
    return hashed.hexdigest()


@cache
def stored(lecture):
    """The entries of a lecture's file: exercise id -> what ``observed`` made."""
    if not path(lecture).exists():
        return {}
    with np.load(path(lecture), allow_pickle=False) as file:
        return wire.decode(file["header"].tobytes().decode(), file["body"].tobytes())


def save(lecture, entries):
    """Write the file of a lecture.

    Args:
        lecture: its name.
        entries: dict exercise id -> what ``observed`` made.
    """
    header, body = wire.encode(entries)
    np.savez_compressed(
        path(lecture),
        header=np.frombuffer(header.encode(), np.uint8),
        body=np.frombuffer(body, np.uint8),
    )
    stored.cache_clear()
    of.cache_clear()


def observed(exercise):
    """The public run of an exercise as plain data, with the digest it goes by.

    Raises:
        Unfit: the reference raises where it must not, or does not where it must; a
            mistake changes nothing, or cannot be told from another one.
    """
    _assert_right(exercise)
    run = compute(exercise)
    _assert_told_apart(exercise, run)
    return {
        "digest": digest(exercise),
        "expected": run.expected,
        "unbiased": run.unbiased,
        "known": [[list(names), list(sketches)] for names, sketches in run.known],
    }


def _assert_right(exercise):
    probes = exercise.draw(PUBLIC_SEED)
    for probe, seen in zip(probes, _observations(exercise, probes), strict=True):
        call = call_text(exercise.name, probe)
        if "not_attempted" in seen:
            raise Unfit(f"{exercise.id}: the reference is not written yet")
        if ("raised" in seen) != (probe.claim == "errors"):
            raise Unfit(f"{exercise.id}: the reference, called as {call}: {seen}")


def _assert_told_apart(exercise, run):
    seen = {"the reference": [sketch(o) for o in run.expected.values()]}
    for names, sketches in run.known[: len(exercise.mistakes)]:
        for other, its in seen.items():
            if all(map(match, sketches, its)):
                raise Unfit(
                    f"{exercise.id}: no probe tells the mistake {names[0]!r} from "
                    f"{other!r}: add one, or change the mistake; those with "
                    'claim="errors" do not count, as they earn points of their own'
                )
        seen[names[0]] = sketches


def compute(exercise, pairs=True):
    """Observe the reference, and the reference with each mistake made.

    Args:
        exercise: an ``Exercise``.
        pairs: also with each two mistakes made, where that can be told from all else.

    Returns:
        A ``Public``.
    """
    probes = tuple(exercise.draw(PUBLIC_SEED))
    calls = [probe for probe in probes if probe.claim != "errors"]
    expected = _by_seed(calls, _observations(exercise, calls))
    unbiased = {}
    if exercise.observer == "model":
        zero = [probe.with_options(zero_bias=True) for probe in calls]
        unbiased = _by_seed(zero, _observations(exercise, zero))
    known = [([m.name], _sketches(exercise, calls, m)) for m in exercise.mistakes]
    right = [sketch(observation) for observation in expected.values()]
    for two in combinations(exercise.mistakes, 2) if pairs else ():
        sketches = _sketches_of_two(exercise, calls, two)
        others = [right, *(seen for _, seen in known)]
        if sketches and not any(all(map(match, sketches, o)) for o in others):
            known.append(([mistake.name for mistake in two], sketches))
    return Public(probes, expected, unbiased, tuple(known))


def _by_seed(probes, observations):
    rows = zip(probes, observations, strict=True)
    return {str(p.options["seed"]): _slim(o) for p, o in rows}


def _slim(observation):
    """Without the values of the weights, of which only the number counts."""
    if "shape" not in observation:
        return observation
    weights = {
        kind: [np.zeros(array.shape, np.int8) for array in arrays]
        for kind, arrays in observation["weights"].items()
    }
    return {**observation, "weights": weights}


def _sketches(exercise, calls, *mistakes):
    return [sketch(seen) for seen in _observations(exercise, calls, *mistakes)]


def _sketches_of_two(exercise, calls, two):
    """None when they cannot be made together, or when a call then fails."""
    for order in (two, two[::-1]):
        try:
            reference_source(exercise.id, *order)
        except SourceError:
            continue
        sketches = _sketches(exercise, calls, *order)
        return None if any("raised" in seen for seen in sketches) else sketches
    return None


def _observations(exercise, probes, *mistakes):
    from course.checks.observe import observe

    function = reference(exercise, *mistakes)
    with np.errstate(all="ignore"):  # a mistake may take the root of a negative number
        return [observe(function, probe, exercise.observer) for probe in probes]


def reference(exercise, *mistakes):
    """The reference as a function, with mistakes made in it."""
    namespace = {"__name__": f"reference of {exercise.id}"}
    source = reference_source(exercise.id, *mistakes)
    exec(compile(source, f"<{exercise.id}>", "exec"), namespace)
    return namespace[exercise.name]
