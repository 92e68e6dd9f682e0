"""Records of students, as grading makes them."""

from fractions import Fraction

from course.checks.result import (
    ERROR,
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    Result,
    Verdict,
)
from course.exercises import load
from course.grading.record import (
    GRADED,
    UNREADABLE,
    Answer,
    Record,
)

EXERCISES = load("modern_cnn")
PLACE = {name: i for i, name in enumerate(EXERCISES)}
POSSIBLE = sum(e.points for e in EXERCISES.values())
SECRETS = {
    "called": "f(SECRETCALL)",
    "got": "SECRETGOT",
    "expected": "SECRETEXPECTED",
    "where": "SECRETWHERE",
}


def answer(exercise, status=PASSED, part=None, **more):
    part = Fraction(status == PASSED) if part is None else part
    verdicts = (
        Verdict("runs", PASSED, **SECRETS),
        Verdict("behaviour", status, **SECRETS),
        Verdict("behaviour", PASSED, **SECRETS),
    )
    kept = {k: more.pop(k) for k in ("mistakes", "hints", "flow") if k in more}
    result = Result(
        exercise.id, status, part * exercise.points, exercise.points, verdicts, **kept
    )
    return Answer(result, **more)


def record(student="김민서", **more):
    answers = [answer(e) for e in EXERCISES.values()]
    answers[PLACE["receptive_field"]] = answer(
        EXERCISES["receptive_field"],
        FAILED,
        Fraction(1, 3),
        mistakes=("ignores dilation",),
        hints=("Think of <holes>.",),
        flow=((("Conv2D", (None, 8, 4), 112), ((8, 8, 4), 144)), (None, ((4,), 8))),
    )
    answers[PLACE["vgg_block"]] = answer(
        EXERCISES["vgg_block"], ERROR, notes=("TypeError in code cell 3: <b>",)
    )
    answers[PLACE["resnet"]] = answer(
        EXERCISES["resnet"], helped_by=("bottleneck_block",)
    )
    answers[PLACE["gradient_norms"]] = answer(
        EXERCISES["gradient_norms"], NOT_ATTEMPTED
    )
    whole = {
        "path": "k.ipynb",
        "digest": "d",
        "lab": "05",
        "status": GRADED,
        "reason": "",
        "possible": POSSIBLE,
        "answers": tuple(answers),
        "problems": ((3, 1, "SyntaxError: <oh>", "x = <"),),
        "seconds": 2.5,
    }
    return Record(student, **{**whole, **more})


def bad(student, reason, **more):
    return record(student, status=UNREADABLE, reason=reason, answers=(), **more)
