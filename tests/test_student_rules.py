"""The rules told to students have the numbers by which points are given."""

import re
import subprocess
import sys
from fractions import Fraction

import pytest

from course.checks import rules
from course.checks.judge import SHARES, earned_points, judge
from course.checks.result import FAILED, PASSED, Verdict
from course.exercises import LABS, PUBLIC_SEED, Exercise, load, public
from course.toolkit import grading_rules

EXERCISES = load("modern_cnn")
RUDE = "<b>\x1b[31m"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_parts_are_what_the_judge_gives(exercise):
    probes = exercise.draw(PUBLIC_SEED)
    given = rules.parts(exercise, PUBLIC_SEED)
    assert sum(given.values()) == exercise.points
    verdicts = [
        Verdict(claim, PASSED)
        for probe in probes
        for claim in given
        if (probe.claim == "errors") == (claim == "errors")
    ]
    for claim, part in given.items():
        if claim != "behaviour":  # without it, errors earn nothing either
            failed = [
                Verdict(v.claim, FAILED if v.claim == claim else PASSED)
                for v in verdicts
            ]
            lost = exercise.points - earned_points(exercise.points, probes, failed)
            assert lost == part


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_parts_are_those_that_a_right_answer_is_judged_by(exercise):
    known = public.load(exercise)
    refusal = {"raised": {"types": ["ValueError"], "message": "", "line": ""}}

    def observe(probe):
        return refusal if probe.claim == "errors" else known.observation(probe)

    result = judge(exercise, known.probes, observe, known.observation)
    assert result.earned == exercise.points
    claims = {v.claim for v in result.verdicts} & set(SHARES)
    assert claims == set(rules.parts(exercise, PUBLIC_SEED))


def test_every_share_has_a_heading_and_is_told():
    assert list(rules.HEADINGS) == list(SHARES)
    text = repr(grading_rules("modern_cnn"))
    told = [float(n) for n in re.findall(r"\(([\d.]+) %\)", text)]
    assert told == [100 * float(share) for share in SHARES.values()]


@pytest.mark.parametrize("lecture", LABS.values())
def test_the_panel_has_every_exercise_with_its_points(lecture):
    panel, exercises = grading_rules(lecture), load(lecture)
    text, html = repr(panel), panel._repr_html_()
    for name, exercise in exercises.items():
        assert re.search(rf"^{name} +{exercise.points}  ", text, re.M)
        assert f"<td><code>{name}</code></td>" in html
        for needed in exercise.needs:
            assert f"{name} calls your {needed}." in " ".join(text.split())
    total = sum(e.points for e in exercises.values())
    assert re.search(rf"^together +{total} ", text, re.M)
    assert max(map(len, text.splitlines())) <= 80


def test_markup_does_not_pass():
    def probes(rng):
        return []

    html = rules.html({RUDE: Exercise(f"toy.{RUDE}", 1, "array", probes)}, 0)
    assert "<b>\x1b" not in html and "&lt;b&gt;" in html


def test_an_unknown_lecture_is_named():
    with pytest.raises(LookupError, match="'vgg'; there is .*modern_cnn"):
        grading_rules("vgg")


def test_no_part_is_given_for_what_is_not_asked():
    given = rules.parts(EXERCISES["receptive_field"], PUBLIC_SEED)
    assert "behaviour in training" not in given
    assert given["behaviour"] == Fraction(4 * 5, 7)


def test_the_panel_loads_no_tensorflow():
    code = (
        "import sys; from course.toolkit import grading_rules;"
        "panel = grading_rules('modern_cnn'); repr(panel), panel._repr_html_();"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
