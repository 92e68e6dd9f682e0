"""The panel says what happened, and nothing from a student reaches the page raw."""

from fractions import Fraction

import pytest
from keras import layers

from course.checks import feedback
from course.checks.result import FAILED, PASSED, Result, Verdict
from course.toolkit.checking import check


def result(*verdicts, status=FAILED, **more):
    return Result("toy.f", status, Fraction(0), 1, verdicts, **more)


def test_passing_everything_is_not_called_done():
    both = [Verdict("runs", PASSED), Verdict("behaviour", PASSED)]
    text = feedback.text(result(*both, status=PASSED))
    assert "2 of 2 public checks pass; grading uses other inputs" in text
    assert "all tests" not in text.lower()


def test_only_the_first_failure_is_told_in_full():
    text = feedback.text(
        result(
            Verdict("runs", PASSED),
            Verdict("shape", FAILED, "f(x)", "(2,)", "(3,)", "shape"),
            Verdict("behaviour", FAILED, "f(y)", "1", "2"),
        )
    )
    assert "came back (2,)" in text and "f(y)" not in text


def test_markup_and_control_characters_do_not_pass():
    rude = "<img src=x onerror=alert(1)>\x1b[31m\r\u202e"
    flow = ((("Conv" + rude, (None, 4), 3), ((None, 4), 12)), (None, ((2,), 0)))
    panel = feedback.html(
        result(
            Verdict("runs", FAILED, rude, rude, rude, rude), hints=(rude,), flow=flow
        )
    )
    assert "<img" not in panel
    verdict = Verdict("runs", FAILED, rude, rude, rude, rude)
    text = feedback.text(result(verdict, flow=flow, flow_of=rude))
    assert not any(c in text for c in "\x1b\r\u202e")


def test_names_in_a_hint_are_set_as_code():
    verdict = Verdict("runs", FAILED)
    panel = feedback.html(result(verdict, hints=("Is `x < 1` & `y`?",)))
    assert "Is <code>x &lt; 1</code> &amp; <code>y</code>?" in panel


def test_a_long_value_is_cut():
    text = feedback.text(result(Verdict("runs", FAILED, got="x" * 10_000)))
    assert len(text) < 1_000


def test_check_shows_a_panel_for_a_wrong_answer():
    def vgg_block(x, filters, num_convs, *, name=None):
        for _ in range(num_convs):
            x = layers.Conv2D(filters, 3, padding="same")(x)
        return layers.MaxPooling2D(2, padding="same")(x)

    panel = check("modern_cnn.vgg_block", vgg_block)
    text = repr(panel)
    assert panel.result.mistakes == ("forgets the ReLU",)
    words = ("called", "came back", "expected", "differs", "Hint:")
    for part in (*words, "(holds in 0 of 3 calls)"):
        assert part in text
    assert "course-check" in panel._repr_html_()


def test_check_refuses_what_is_no_exercise_or_no_function():
    with pytest.raises(LookupError, match="vgg_block"):
        check("modern_cnn.vgg_blok", len)
    with pytest.raises(LookupError, match="modern_cnn"):
        check("vgg_block", len)
    with pytest.raises(TypeError, match="not its result"):
        check("modern_cnn.receptive_field", 5)
