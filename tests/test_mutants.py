"""Automatic mutants of every reference are caught, or listed as equivalent and why."""

import re
import signal
import warnings
from contextlib import contextmanager

import pytest
from mutants import mutants

from course.checks.compare import observation_distance
from course.checks.observe import observe
from course.exercises import PUBLIC_SEED, load
from course.exercises.source import reference_source

LONGEST_PROBE = 20  # seconds; a probe takes half a second on an idle processor
EXERCISES = list(load("modern_cnn").values())

# (pattern of the label, why the mutant is no wrong answer)
EQUIVALENT = [
    (
        r"_check_feature_map|if x\.ndim != 3: -> pass",
        "Keras, or numpy's padding, raises a ValueError of its own for another rank",
    ),
    (
        r"^(?!vgg|stacked|receptive|inception_p|bottleneck_w|densenet)"
        r"\w+: .*_check_sizes\(.*(pass|dropped\))$"
        r"|vgg_block: _check_sizes.*\[filters=filters\]"
        r"|^_check_sizes: if np\.min\(size\) < 1: (-> pass|\[1\] -> 0)$",
        "Keras raises a ValueError of its own for a size, stride or width below 1",
    ),
    (
        r"two_tower_conv: if x\.shape\[-1\] % 2 or filters % 2:",
        "Keras raises a ValueError of its own where groups do not divide",
    ),
    (
        r"resnet: if len\(depths\) == 0:",
        "no stage has no smallest depth: a ValueError already",
    ),
    (
        r"^(resnet: )?_check_input_shape",
        "Keras refuses another number of sizes, and no probe asks for one below 1",
    ),
    (
        r"densenet_channels: if len\(depths\) == 0 .* \[0\] -> -1$",
        "depths without an entry have no smallest one: a ValueError already",
    ),
    (
        r"densenet_channels: channels = int\(channels\) -> pass",
        "guards against numpy's small integers, which no probe has",
    ),
    (
        r"_(conv|conv_relu): .*\[strides=stride\] -> \(dropped\)",
        "only where no caller of the helper strides",
    ),
    (
        r"_conv: .*(\[padding='same'\] -> \(dropped\)|\['same'\] -> 'valid')",
        "only where the convolution is 1x1 and its stride is 1",
    ),
    (r"layers\.Add.*\[\[shortcut, x\]\] -> \[x, shortcut\]", "a sum has no order"),
    (
        r"local_response_norm: squares = .*(\[FloorDiv\] -> Mult|\[2\] -> 1)",
        "more zeros behind the last channel are never read",
    ),
    (
        r"local_response_norm: if size < 1 or .*\[1\] -> 0",
        "size 0 is even, which is refused as well",
    ),
    (
        r"transition_block: if not 0 < compression",
        "a compression of 0 or below leaves no channel, which is refused as well; "
        "one of 2 lies above what a probe asks",
    ),
    (
        r"gradient_norms: (tape\.watch\(kernels\) -> pass)",
        "a tape watches trainable weights by itself",
    ),
    (
        r"gradient_norms: .*\[(dtype='float32'|training=False)\] -> \(dropped\)",
        "Keras casts, and a plain call is not in training",
    ),
    (r"\[strict=True\] -> \(dropped\)|\[True\] -> False$", "the lengths agree"),
    (
        r"_residual_branch: if len\(add\.input\) != 2: -> pass",
        "unpacking another number of inputs is a ValueError already",
    ),
    (
        r"_residual_branch: return max\(.*-> max\(second, first",
        "the two lengths differ, so the order does not matter",
    ),
    (
        r"_path_back: if id\(tensor\) not in producer: -> pass",
        "guards against nested models, which no probe has",
    ),
]


def reason(label):
    """Why a mutant that was not caught is equivalent, or None."""
    for pattern, why in EQUIVALENT:
        if re.search(pattern, label):
            return why
    return None


class EndlessLoop(BaseException):
    """A mutant that does not end is caught; not an Exception, so nothing keeps it."""


@contextmanager
def limited(seconds):
    def stop(signum, frame):
        raise EndlessLoop

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def survives(exercise, probes, expected, source):
    """Whether no probe tells the mutant from the reference."""
    namespace = {}
    try:
        exec(compile(source, "<mutant>", "exec"), namespace)
    except Exception:
        return False
    for probe, wanted in zip(probes, expected, strict=True):
        try:
            with limited(LONGEST_PROBE):
                got = observe(namespace[exercise.name], probe, exercise.observer)
        except EndlessLoop:
            return False
        if observation_distance(wanted, got) > 1:
            return False
    return True


@pytest.mark.parametrize("exercise", EXERCISES, ids=[e.name for e in EXERCISES])
def test_mutants_are_caught(exercise):
    probes = exercise.draw(PUBLIC_SEED)
    namespace = {}
    exec(reference_source(exercise.id), namespace)
    expected = [observe(namespace[exercise.name], p, exercise.observer) for p in probes]
    made = list(mutants(exercise.id, exercise.needs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        left = [m.label for m in made if survives(exercise, probes, expected, m.source)]
    unexplained = [label for label in left if reason(label) is None]
    caught, explained = len(made) - len(left), len(left) - len(unexplained)
    print(f"{exercise.name}: {caught} of {len(made)} caught, {explained} equivalent")
    assert len(made) >= 10
    assert not unexplained, (
        "no probe notices these changes of the reference; add one, or list the change "
        "with its reason in tests/test_mutants.py:\n" + "\n".join(unexplained)
    )
