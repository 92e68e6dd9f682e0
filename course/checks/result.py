"""What a check finds: verdicts on claims, and exact points."""

from dataclasses import dataclass
from fractions import Fraction

PASSED = "passed"
FAILED = "failed"
ERROR = "error"
TIMED_OUT = "timed out"
NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True)
class Verdict:
    """Whether one claim about the student's function holds.

    Attributes:
        claim: "defined", "runs", "shape", "parameters", "behaviour",
            "behaviour in training" or "errors".
        status: PASSED, FAILED, ERROR, TIMED_OUT or NOT_ATTEMPTED.
        called: the call, as the student would write it.
        got, expected: what came back, and what should have.
        where: the first place where they differ.
    """

    claim: str
    status: str
    called: str = ""
    got: str = ""
    expected: str = ""
    where: str = ""

    @property
    def passed(self):
        """Whether the claim holds."""
        return self.status == PASSED


@dataclass(frozen=True)
class Result:
    """The verdicts on one exercise, and what they earn.

    Attributes:
        exercise: id, such as "modern_cnn.vgg_block".
        status: PASSED when every verdict is; else the worst reason.
        earned, possible: points; 0 <= earned <= possible.
        verdicts: in the order that teaches; one per claim and probe.
        mistakes: names of the recognized mistakes, one or two.
        hints: what the student is told, in English.
        flow: the student's steps beside the expected ones, where these differ and no
            mistake was recognized (``course.checks.flow.differing``).
        flow_of: the call whose steps these are.
        seconds: that the student's side took.
    """

    exercise: str
    status: str
    earned: Fraction
    possible: int
    verdicts: tuple
    mistakes: tuple = ()
    hints: tuple = ()
    flow: tuple = ()
    flow_of: str = ""
    seconds: float = 0.0

    def __post_init__(self):
        if not 0 <= self.earned <= self.possible:
            raise ValueError(
                f"{self.exercise}: {self.earned} points of {self.possible} earned"
            )


def points(value):
    """Points for people: 7, 7.5 or 4.57."""
    return f"{float(Fraction(value)):.2f}".rstrip("0").rstrip(".")
