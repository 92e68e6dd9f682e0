"""Automatic mutants of every reference are caught, or listed as equivalent and why."""

import ast
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
        r"^(resnet: )?_check_input_shape",
        "Keras refuses another number of sizes, and no probe asks for one below 1",
    ),
    (
        r"densenet_channels: channels = int\(channels\) -> pass",
        "guards against numpy's small integers, which no probe has",
    ),
    (
        r"_conv: .*(\[padding='same'\] -> \(dropped\)|\['same'\] -> 'valid')",
        "only where the convolution is 1x1 and its stride is 1",
    ),
    (
        r"layers\.(Add|Multiply|Average|Maximum|Minimum)\b.*"
        r"\[\[(\w+), (\w+)\]\] -> \[\3, \2\]$",
        "a sum or a product has no order",
    ),
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
    (r"strict=True.*\[(strict=)?True\] -> (\(dropped\)|False)$", "the lengths agree"),
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


# Helpers that take a stride, in the code of a function that gives them none.
_STRIDED_HELPER = re.compile(r"^_\w+: .*\[strides?=stride\] -> \(dropped\)$")


def reason(label, exercise):
    """Why a mutant that was not caught is equivalent, or None."""
    for pattern, why in EQUIVALENT:
        if re.search(pattern, label):
            return why
    if _STRIDED_HELPER.match(label) and not gives_a_stride(exercise):
        return "the function calls its helpers without a stride"
    return None


def gives_a_stride(exercise):
    """Whether the reference itself calls a helper that builds layers with a stride."""
    module = ast.parse(reference_source(exercise.id))
    (own,) = (n for n in module.body if getattr(n, "name", "") == exercise.name)
    return any(
        isinstance(node, ast.Call)
        and re.match(r"_(?!check)", ast.unparse(node.func))
        and any(keyword.arg == "stride" for keyword in node.keywords)
        for node in ast.walk(own)
    )


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


CAUGHT, REWORDED, UNNOTICED = "caught", "reworded", "unnoticed"


def fate(exercise, probes, expected, source):
    """What the probes say of a mutant.

    REWORDED is one that refuses what the reference refuses, in other words: a check is
    gone that a probe has asked for, and Keras or numpy raises the same kind of error.
    """
    namespace = {}
    try:
        exec(compile(source, "<mutant>", "exec"), namespace)
    except Exception:
        return CAUGHT
    found = UNNOTICED
    for probe, wanted in zip(probes, expected, strict=True):
        try:
            with limited(LONGEST_PROBE):
                got = observe(namespace[exercise.name], probe, exercise.observer)
        except EndlessLoop:
            return CAUGHT
        if observation_distance(wanted, got) > 1:
            return CAUGHT
        if words(wanted) != words(got):
            found = REWORDED
    return found


def words(seen):
    """What an error says."""
    return seen.get("raised", {}).get("message")


@pytest.mark.parametrize("exercise", EXERCISES, ids=[e.name for e in EXERCISES])
def test_mutants_are_caught(exercise):
    probes = exercise.draw(PUBLIC_SEED)
    namespace = {}
    exec(reference_source(exercise.id), namespace)
    expected = [observe(namespace[exercise.name], p, exercise.observer) for p in probes]
    made = list(mutants(exercise.id, exercise.needs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fates = [(m.label, fate(exercise, probes, expected, m.source)) for m in made]
    left = [label for label, found in fates if found == UNNOTICED]
    unexplained = [label for label in left if reason(label, exercise) is None]
    caught = sum(found == CAUGHT for _, found in fates)
    equivalent = len(made) - caught - len(unexplained)
    print(f"{exercise.name}: {caught} of {len(made)} caught, {equivalent} equivalent")
    assert len(made) >= 10
    assert not unexplained, (
        "no probe notices these changes of the reference: add one (right on the bound, "
        "where a bound has moved), take out what is needless, or list the change with "
        "its reason in EQUIVALENT of tests/test_mutants.py:\n" + "\n".join(unexplained)
    )
