"""What a wrong answer is told: its mistake, its two mistakes, or where it departs."""

import ast
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers
from test_judge import observations, trees

from course.checks import feedback
from course.checks.compare import observation_distance
from course.checks.diagnose import ONLY_SHOWN, STRUCTURE, WIRING, diagnose
from course.checks.flow import differing, is_equal
from course.checks.judge import judge
from course.checks.observe import observe
from course.checks.result import PASSED
from course.checks.sketch import match, sketch
from course.exercises import LABS, PUBLIC_SEED, find, load, public
from course.exercises.source import SourceError, reference_source, solution_source
from course.toolkit import check

EXERCISES = [e for lecture in LABS.values() for e in load(lecture).values()]
IDS = [e.id for e in EXERCISES]
PAIRS_TRIED = 4


def two(exercise, names):
    """The reference with two mistakes made, in the order in which they fit."""
    mistakes = {m.name: m for m in exercise.mistakes}
    for order in (names, names[::-1]):
        try:
            return public.reference(exercise, *(mistakes[name] for name in order))
        except SourceError:
            continue
    raise AssertionError(f"{names} do not fit together")


@pytest.mark.parametrize("exercise_id", IDS)
def test_the_stored_observations_are_up_to_date(exercise_id):
    """When only the checks changed: delete the file and run course build."""
    exercise = find(exercise_id)
    stored = public.load(exercise)
    assert stored is not None, "run: course build"
    reference = public.reference(exercise)
    for probe in stored.calls:
        seen = observe(reference, probe, exercise.observer)
        assert observation_distance(stored.observation(probe), seen) <= 0.1
        assert seen.get("layers") == stored.observation(probe).get("layers")
    for mistake, (names, sketches) in zip(
        exercise.mistakes[:2], stored.known, strict=False
    ):
        assert names == (mistake.name,)
        patched = public.reference(exercise, mistake)
        with np.errstate(all="ignore"):
            seen = [observe(patched, p, exercise.observer) for p in stored.calls]
        assert all(match(sketch(o), s) for o, s in zip(seen, sketches, strict=True))


@pytest.mark.parametrize("exercise_id", IDS)
def test_no_two_known_wrong_answers_look_the_same(exercise_id):
    known = public.of(exercise_id).known
    right = [sketch(o) for o in public.of(exercise_id).expected.values()]
    for i, (names, sketches) in enumerate(known):
        assert not all(map(match, sketches, right)), names
        for others, seen in known[:i]:
            assert not all(map(match, sketches, seen)), (names, others)


@pytest.mark.parametrize("exercise_id", IDS)
def test_two_mistakes_at_once_are_both_named(exercise_id):
    exercise = find(exercise_id)
    hints = {m.name: m.hint for m in exercise.mistakes}
    pairs = [names for names, _ in public.of(exercise_id).known if len(names) == 2]
    assert pairs
    for names in random.Random(exercise_id).sample(pairs, min(PAIRS_TRIED, len(pairs))):
        with np.errstate(all="ignore"):
            result = check(exercise_id, two(exercise, names)).result
        assert result.mistakes == names
        assert result.hints == tuple(dict.fromkeys(hints[name] for name in names))
        assert result.flow == ()


def inception_without_the_pool_branch(x, widths):
    def conv(x, filters, kernel):
        return layers.Conv2D(filters, kernel, padding="same", activation="relu")(x)

    three = conv(conv(x, widths.reduce3x3, 1), widths.conv3x3, 3)
    five = conv(conv(x, widths.reduce5x5, 1), widths.conv5x5, 5)
    return layers.Concatenate()([conv(x, widths.conv1x1, 1), three, five])


def test_an_unknown_structure_is_drawn_beside_the_expected_flow():
    panel = check("modern_cnn.inception_block", inception_without_the_pool_branch)
    result = panel.result
    assert result.mistakes == () and result.hints == (STRUCTURE,)
    departing = [pair for pair in result.flow if not is_equal(*pair)]
    own, wanted = departing[0]
    assert own is None and wanted[1] > 0  # the projection behind the pool
    assert result.flow_of.startswith("inception_block(x, ")
    text, html = repr(panel), panel._repr_html_()
    assert "your steps" in text and "\n  > " in text
    assert html.count("course-flow") > 1 and "Conv2D" in html


def vgg_with_another_activation(x, filters, num_convs):
    for _ in range(num_convs):
        x = layers.Conv2D(filters, 3, padding="same", activation="gelu")(x)
    return layers.MaxPooling2D(2, padding="same")(x)


def test_equal_steps_send_the_student_to_the_wiring():
    result = check("modern_cnn.vgg_block", vgg_with_another_activation).result
    assert (result.mistakes, result.hints, result.flow) == ((), (WIRING,), ())


def test_what_is_no_tensor_does_not_send_the_student_to_the_wiring():
    block = public.reference(find("modern_cnn.vgg_block"))
    panel = check("modern_cnn.vgg_block", lambda *args: [block(*args)])
    assert panel.result.hints == ()
    assert "came back a list of tensors" in repr(panel)


def test_the_drawing_shows_no_class_of_the_reference():
    flow = differing([[1, "Conv2D", [8, 8, 4], 112]], [[1, "Dense", [8, 8, 4], 16]])
    assert flow == ((("Dense", (8, 8, 4), 16), ((8, 8, 4), 112)),)
    drawn = "\n".join(feedback.flow_text(flow, "f(x)")) + feedback.flow_html(
        flow, "f(x)"
    )
    assert "Dense" in drawn and "Conv2D" not in drawn


def test_only_the_steps_around_the_first_difference_are_drawn():
    steps = [[i, "Conv2D", [8, 8, i], 9 * i] for i in range(1, 40)]
    other = [row[:] for row in steps]
    other[20][3] += 1
    lines = feedback.flow_text(differing(steps, other), "f(x)")
    assert len(lines) < 14
    assert any("equal steps above: 18" in line for line in lines)
    assert any("further steps: 13" in line for line in lines)


def test_an_answer_that_is_right_where_it_was_shown_is_told_so():
    exercise = find("modern_cnn.stacked_conv_params")
    reference = public.reference(exercise)
    shown = [p.args for p in exercise.draw(PUBLIC_SEED)]

    def answer(*args):
        return reference(*args) if args in shown else 0

    probes = exercise.draw(5)
    result = judge(
        exercise,
        probes,
        lambda probe: observe(answer, probe, "array"),
        lambda probe: observe(reference, probe, "array"),
    )
    known = public.of(exercise.id)
    told = diagnose(result, exercise, known, lambda p: observe(answer, p, "array"))
    assert told.hints == (ONLY_SHOWN,)


def test_a_right_answer_and_a_stub_are_not_diagnosed():
    exercise = find("modern_cnn.vgg_block")
    assert check(exercise.id, public.reference(exercise)).result.hints == ()

    def vgg_block(x, filters, num_convs):
        raise NotImplementedError

    assert check(exercise.id, vgg_block).result.hints == ()


def test_an_exercise_without_stored_observations_is_computed_in_place(monkeypatch):
    exercise = find("modern_cnn.stacked_conv_params")
    monkeypatch.setattr(public, "stored", lambda lecture: {})
    public.of.cache_clear()
    try:
        wrong = public.reference(exercise, exercise.mistakes[0])
        assert check(exercise.id, wrong).result.mistakes == (exercise.mistakes[0].name,)
    finally:
        public.of.cache_clear()


def test_a_changed_exercise_does_not_use_what_was_observed_before():
    exercise = find("modern_cnn.stacked_conv_params")
    assert public.load(exercise) is not None
    first = replace(exercise.mistakes[0], new="int(depth) + 1 - 1")
    changed = replace(exercise, mistakes=(first, *exercise.mistakes[1:]))
    assert public.load(changed) is None


@pytest.mark.parametrize("exercise_id", IDS)
def test_no_hint_contains_a_line_of_the_answer(exercise_id):
    """Whole statements, and calls with arguments, are the answer; names are not."""
    tree = ast.parse(solution_source(exercise_id))
    code = {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.Return))
        or (isinstance(node, ast.Call) and len(node.args) + len(node.keywords) > 1)
    }
    plain = {"".join(text.split()) for text in code}
    for mistake in find(exercise_id).mistakes:
        hint = "".join(mistake.hint.split()).replace("`", "")
        assert not any(text in hint for text in plain if len(text) > 8), mistake.hint


def test_sketches_of_rounded_arrays_match_and_others_do_not():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 9, 7, 8)).astype("float32")

    def made(array):
        return sketch({"value": array, "type": "ndarray", "mutated": []})

    assert match(made(values), made(values * (1 + 1e-6)))
    assert match(made(values), made(values.astype("float16")))
    one = values.copy()
    one[3, 8, 6, 7] += 0.1
    for other in (one, -values, values[::-1], values[:, :8], values.astype("int64")):
        assert not match(made(values), made(other))
    assert match(made(np.arange(3)), made(np.arange(3)))
    assert not match(made(np.arange(30)), made(np.arange(30) + (np.arange(30) == 7)))
    assert not match(made(np.array([1, np.nan])), made(np.array([1.0, 2.0])))


def test_a_reference_takes_several_mistakes_in_turn():
    exercise = find("modern_cnn.stacked_conv_params")
    source = reference_source(exercise.id, *exercise.mistakes[:2])
    assert all(m.new in source for m in exercise.mistakes[1:2])


@settings(deadline=None)
@given(
    observations | trees,
    st.sampled_from(["vgg_block", "receptive_field", "zero_init_residual"]),
)
def test_no_hostile_observation_stops_the_diagnosis(tree, name):
    exercise = find(f"modern_cnn.{name}")
    known = public.of(exercise.id)
    probes = exercise.draw(PUBLIC_SEED)
    result = judge(exercise, probes, lambda probe: tree, known.observation)
    told = diagnose(result, exercise, known, lambda probe: tree)
    assert told.status != PASSED and not told.mistakes
    assert feedback.text(told) and feedback.html(told)


@pytest.mark.parametrize(
    ("name", "mistake", "looks"),
    [
        ("bottleneck_block", "has biases before the batch normalizations", 1),
        ("preact_block", "has biases", 2),  # its last convolution has no BN behind it
    ],
)
def test_a_bias_that_shows_in_training_is_looked_at_twice(name, mistake, looks):
    exercise = find(f"modern_cnn.{name}")
    (slip,) = (m for m in exercise.mistakes if m.name == mistake)
    function, known = public.reference(exercise, slip), public.of(exercise.id)
    calls = [p for p in exercise.draw(PUBLIC_SEED) if p.claim != "errors"]
    seen = []

    def look(probe):
        seen.append(probe)
        return observe(function, probe, exercise.observer)

    result = judge(exercise, calls, look, known.observation)
    assert len(seen) == looks * len(calls)
    failed = {v.claim for v in result.verdicts if not v.passed}
    assert "parameters" in failed and "behaviour in training" not in failed
