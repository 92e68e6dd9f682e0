"""Every mistake is caught, named, and lies far from the reference.

With -s this prints the table of distances, in tolerances.
"""

import warnings
from functools import cache

import numpy as np
import pytest

from course.checks.compare import observation_distance
from course.checks.diagnose import diagnose
from course.checks.judge import judge
from course.checks.observe import observe
from course.checks.result import NOT_ATTEMPTED, PASSED
from course.exercises import LABS, PUBLIC_SEED, find, load, public
from course.exercises.source import SourceError, reference_source, stub_source

EXERCISES = [e for lecture in LABS.values() for e in load(lecture).values()]
MISTAKES = [
    pytest.param(e.id, i, id=f"{e.name}: {m.name}")
    for e in EXERCISES
    for i, m in enumerate(e.mistakes)
]
IDS = [e.id for e in EXERCISES]


@cache
def function(exercise_id, mistake=None):
    return public.reference(find(exercise_id), *([mistake] if mistake else []))


@cache
def observations(exercise_id, seed, mistake=None):
    exercise = find(exercise_id)
    answer = function(exercise_id, mistake)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a mistake may take a NaN root
        return [observe(answer, p, exercise.observer) for p in exercise.draw(seed)]


@cache
def unbiased(exercise_id, seed, index, mistake=None):
    exercise = find(exercise_id)
    probe = exercise.draw(seed)[index].with_options(zero_bias=True)
    return observe(function(exercise_id, mistake), probe, exercise.observer)


def judged(exercise_id, seed, mistake=None):
    """The result of an answer, each observation made once."""
    exercise = find(exercise_id)
    probes = exercise.draw(seed)

    def look(probe, which):
        plain = {k: v for k, v in probe.options.items() if k != "zero_bias"}
        index = next(i for i, p in enumerate(probes) if p.options == plain)
        if "zero_bias" in probe.options:
            return unbiased(exercise_id, seed, index, which)
        return observations(exercise_id, seed, which)[index]

    return judge(
        exercise,
        probes,
        observe=lambda probe: look(probe, mistake),
        expected=lambda probe: look(probe, None),
    )


@pytest.mark.parametrize("exercise_id", IDS)
def test_the_reference_passes(exercise_id):
    result = judged(exercise_id, PUBLIC_SEED)
    assert (result.status, result.earned) == (PASSED, result.possible)


@pytest.mark.parametrize("exercise_id", IDS)
def test_the_stub_is_not_attempted(exercise_id):
    exercise = find(exercise_id)
    namespace = {}
    exec(stub_source(exercise_id), namespace)
    probe = exercise.draw(PUBLIC_SEED)[0]
    assert "not_attempted" in observe(
        namespace[exercise.name], probe, exercise.observer
    )
    result = judge(
        exercise,
        [probe],
        lambda p: observe(namespace[exercise.name], p, exercise.observer),
        expected=None,
    )
    assert result.status == NOT_ATTEMPTED


@pytest.mark.parametrize(("exercise_id", "index"), MISTAKES)
def test_a_mistake_is_caught_and_named(exercise_id, index):
    mistake = find(exercise_id).mistakes[index]
    result = judged(exercise_id, PUBLIC_SEED, mistake)
    assert result.status != PASSED
    assert result.earned < result.possible
    seen = iter(observations(exercise_id, PUBLIC_SEED, mistake))
    known = public.of(exercise_id)
    result = diagnose(result, find(exercise_id), known, lambda probe: next(seen))
    assert (result.mistakes, result.hints) == ((mistake.name,), (mistake.hint,))


@pytest.mark.parametrize(("exercise_id", "index"), MISTAKES)
def test_a_mistake_lies_ten_tolerances_away(exercise_id, index):
    exercise = find(exercise_id)
    mistake = exercise.mistakes[index]
    distances = [
        observation_distance(right, wrong)
        for right, wrong in zip(
            observations(exercise_id, PUBLIC_SEED),
            observations(exercise_id, PUBLIC_SEED, mistake),
            strict=True,
        )
    ]
    print(f"{exercise.name:22} {mistake.name:55} {max(distances):10.3g}")
    assert max(distances) >= 10
    # No probe may leave it to luck: a mistake shows clearly or not at all.
    assert all(d >= 10 or d <= 0.1 for d in distances)


SECRET_SEEDS = (11, 2**40 + 3)


@pytest.mark.parametrize("seed", SECRET_SEEDS)
@pytest.mark.parametrize(
    "exercise_id", [e.id for e in EXERCISES if e.observer == "array"]
)
def test_a_mistake_is_caught_under_other_seeds(exercise_id, seed):
    for mistake in find(exercise_id).mistakes:
        assert judged(exercise_id, seed, mistake).status != PASSED, mistake.name


def test_drawing_again_gives_the_same_probes():
    from course.checks.wire import encode

    for exercise in EXERCISES:
        first, again = exercise.draw(7), exercise.draw(7)
        assert [encode(p) for p in first] == [encode(p) for p in again]
        seeds = [p.options["seed"] for p in first]
        assert len(set(seeds)) == len(seeds)


def test_every_exercise_has_mistakes_errors_and_points():
    for exercise in EXERCISES:
        probes = exercise.draw(1)
        assert len(exercise.mistakes) >= 6, exercise.id
        assert any(p.claim == "errors" for p in probes), exercise.id
        assert exercise.points > 0
        names = [m.name for m in exercise.mistakes]
        assert len(set(names)) == len(names), exercise.id


def test_a_patch_that_does_not_fit_is_refused():
    from course.exercises import Mistake

    for old in ("no such text", "x"):
        with pytest.raises(SourceError, match="does not occur|more than once"):
            reference_source("modern_cnn.vgg_block", Mistake("m", old, "", ""))


def test_probes_do_not_depend_on_the_public_seed_alone():
    draws = [find("modern_cnn.receptive_field").draw(s)[2].args for s in range(8)]
    assert len({repr(d) for d in draws}) > 1
    assert np.all([d is not None for d in draws])
