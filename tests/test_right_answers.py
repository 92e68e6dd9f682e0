"""Right answers pass however they are written; wrong ones do not.

The answers lie in ``tests/answers/<lecture>/<exercise>.py``. Run with ``-s`` to see
the table of distances.
"""

from functools import cache
from pathlib import Path

import keras
import pytest
from keras import layers
from loading import answers_in

from course.checks.compare import compare, observation_distance
from course.checks.judge import judge
from course.checks.observe import observe
from course.checks.result import PASSED
from course.exercises import PUBLIC_SEED, find, load, public
from course.toolkit import check

LECTURE = "modern_cnn"
FOLDER = Path(__file__).parent / "answers" / LECTURE
NAMES = tuple(n for n in load(LECTURE) if (FOLDER / f"{n}.py").exists())
# Functions so quick that further seeds cost nothing.
CHEAP = (
    "receptive_field",
    "stacked_conv_params",
    "local_response_norm",
    "inception_parameters",
    "bottleneck_weights",
    "densenet_channels",
    "transition_block",
)
FURTHER_SEEDS = (7, 2**31 - 1)
LARGEST_DISTANCE = 0.1

# Library code warns of what students may well do.
pytestmark = pytest.mark.filterwarnings("default")


def answers(name):
    return answers_in(FOLDER / f"{name}.py")


def _named(module, functions):
    """The functions by the names they have in their file, partials included."""
    names = {id(value): key for key, value in vars(module).items()}
    return {names[id(function)]: function for function in functions}


@cache
def right(name):
    return _named(answers(name), answers(name).RIGHT)


@cache
def wrong(name):
    return _named(answers(name), answers(name).WRONG)


@cache
def reference(name):
    return public.reference(find(f"{LECTURE}.{name}"))


@cache
def expected(name, seed):
    exercise = find(f"{LECTURE}.{name}")
    seen = []
    for probe in exercise.draw(seed):
        seen.append(observe(reference(name), probe, exercise.observer))
        # Two errors have the distance 0, so a reference that fails would hide all.
        assert ("raised" in seen[-1]) == (probe.claim == "errors"), seen[-1]
    return tuple(seen)


@cache
def judged(name, function, seed=PUBLIC_SEED):
    """The result of an answer and its distance, from one observation of each probe."""
    exercise, wanted = find(f"{LECTURE}.{name}"), expected(name, seed)
    probes = exercise.draw(seed)  # afresh: an answer may have changed an array
    index = {id(probe): i for i, probe in enumerate(probes)}
    seen = [observe(function, probe, exercise.observer) for probe in probes]

    def at(observations, function):
        def look(probe):
            if id(probe) in index:
                return observations[index[id(probe)]]
            return observe(function, probe, exercise.observer)  # without biases

        return look

    result = judge(
        exercise,
        probes,
        observe=at(seen, function),
        expected=at(wanted, reference(name)),
    )
    distances = [
        observation_distance(a, b)
        for probe, a, b in zip(probes, wanted, seen, strict=True)
        if probe.claim != "errors"
    ]
    return result, max(distances)


def caught(name, function):
    """Whether some probe shows an answer to be wrong; the first such one ends it."""
    exercise, wanted = find(f"{LECTURE}.{name}"), expected(name, PUBLIC_SEED)
    for probe, observation in zip(exercise.draw(PUBLIC_SEED), wanted, strict=True):
        got = observe(function, probe, exercise.observer)
        verdicts = compare(observation, got, "", probe.claim)
        if not all(verdict.passed for verdict in verdicts):
            return True
    return False


def _cases(group):
    for name in NAMES:
        for label in group(name):
            yield pytest.param(name, label, id=f"{name}:{label}")


@pytest.mark.parametrize(("name", "label"), _cases(right))
def test_right_answer_passes_with_all_points(name, label):
    result, distance = judged(name, right(name)[label])
    print(f"{distance:10.2g}  {name}: {label}")
    failed = [verdict for verdict in result.verdicts if not verdict.passed]
    assert result.status == PASSED, failed
    assert result.earned == result.possible
    assert distance <= LARGEST_DISTANCE


@pytest.mark.parametrize("seed", FURTHER_SEEDS)
@pytest.mark.parametrize("name", CHEAP)
def test_right_answers_pass_on_other_probes(name, seed):
    for label, function in right(name).items():
        result, distance = judged(name, function, seed)
        assert (label, result.status) == (label, PASSED)
        assert (label, distance <= LARGEST_DISTANCE) == (label, True)


@pytest.mark.parametrize(("name", "label"), _cases(wrong))
def test_wrong_answer_does_not_pass(name, label):
    assert caught(name, wrong(name)[label])


SETTINGS = {
    "mixed_float16": lambda: keras.mixed_precision.set_global_policy("mixed_float16"),
    "mixed_bfloat16": lambda: keras.config.set_dtype_policy("mixed_bfloat16"),
    "float64": lambda: keras.config.set_floatx("float64"),
    "channels_first": lambda: keras.config.set_image_data_format("channels_first"),
}


@pytest.fixture
def notebook():
    """Settings as a notebook may leave them; what the session had comes back."""
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    data_format = keras.config.image_data_format()
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
    keras.config.set_image_data_format(data_format)


def _settings():
    return (
        keras.config.dtype_policy().name,
        keras.config.floatx(),
        keras.config.image_data_format(),
    )


@pytest.mark.usefixtures("notebook")
@pytest.mark.parametrize(
    ("setting", "name"),
    [("mixed_float16", name) for name in NAMES if name not in CHEAP[:-1]]
    + [(s, "residual_block") for s in SETTINGS if s != "mixed_float16"],
)
def test_check_does_not_depend_on_what_the_notebook_set(setting, name):
    SETTINGS[setting]()
    before = _settings()
    function = next(iter(right(name).values()))
    # A seed of its own, so that nothing comes from an earlier observation.
    result, distance = judged(name, function, seed=5)
    assert (result.status, distance <= LARGEST_DISTANCE) == (PASSED, True)
    assert _settings() == before


@pytest.mark.usefixtures("notebook")
def test_layers_made_beforehand_in_mixed_precision_pass():
    keras.mixed_precision.set_global_policy("mixed_float16")
    relu, pool = layers.ReLU(), layers.MaxPooling2D(2, padding="same")

    def vgg_block(x, filters, num_convs):
        if len(x.shape) != 4 or min(filters, num_convs) < 1:
            raise ValueError
        for _ in range(num_convs):
            x = relu(layers.Conv2D(filters, 3, padding="same")(x))
        return pool(x)

    result = check(f"{LECTURE}.vgg_block", vgg_block).result
    assert (result.status, result.earned) == (PASSED, result.possible)


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_three_right_answers_and_some_wrong_ones(name):
    assert len(right(name)) >= 3
    assert wrong(name)
