"""What grading found about one submission, as data that a database can hold."""

from dataclasses import asdict, dataclass, replace
from fractions import Fraction

from course.checks.result import Result, Verdict
from course.language import deferred

GRADED = deferred("graded")
UNREADABLE = deferred("unreadable")
WRONG_LAB = deferred("wrong lab")
UNGRADABLE = deferred("ungradable")
_TEXT_LIMIT = 1000


@dataclass(frozen=True)
class Answer:
    """One exercise of one student.

    Attributes:
        result: a ``course.checks.result.Result``.
        helped_by: names of failed exercises whose reference stood in for them when
            this result was reached, so that one slip costs once.
        notes: what went wrong, in words that tell nothing about the probes: type of
            an exception and the student's own line.
    """

    result: Result
    helped_by: tuple = ()
    notes: tuple = ()


@dataclass(frozen=True)
class Record:
    """One student's submission.

    Attributes:
        student, path, digest: as in ``course.grading.submission.Submission``.
        lab: its number, such as "05".
        status: GRADED, UNREADABLE, WRONG_LAB or UNGRADABLE.
        reason: why it is not GRADED, or "".
        possible: points of the lab.
        answers: of ``Answer``, in lab order.
        problems: rows (cell, line, message, text): code that failed to load.
        seconds: that grading took.
    """

    student: str
    path: str
    digest: str
    lab: str
    status: str
    reason: str
    possible: int
    answers: tuple = ()
    problems: tuple = ()
    seconds: float = 0.0

    @property
    def earned(self):
        """Points, a Fraction; 0 when nothing was graded."""
        return sum((a.result.earned for a in self.answers), Fraction(0))


def short(result):
    """The result with texts cut to a length that a report can hold."""
    fields = ("called", "got", "expected", "where")
    verdicts = [
        replace(v, **{f: str(getattr(v, f))[:_TEXT_LIMIT] for f in fields})
        for v in result.verdicts
    ]
    return replace(result, verdicts=tuple(verdicts))


def to_data(record):
    """A dict that JSON can hold; fractions become strings."""
    data = asdict(record)
    for answer in data["answers"]:
        answer["result"]["earned"] = str(answer["result"]["earned"])
    return data


def from_data(data):
    """The record that ``to_data`` was given."""
    answers = [
        Answer(
            _result(answer["result"]),
            tuple(answer["helped_by"]),
            tuple(answer["notes"]),
        )
        for answer in data["answers"]
    ]
    problems = tuple(tuple(row) for row in data["problems"])
    return Record(**{**data, "answers": tuple(answers), "problems": problems})


def _result(data):
    verdicts = tuple(Verdict(**verdict) for verdict in data["verdicts"])
    restored = {"earned": Fraction(data["earned"]), "verdicts": verdicts}
    restored |= {name: _tuples(data[name]) for name in ("mistakes", "hints", "flow")}
    return Result(**{**data, **restored})


def _tuples(rows):
    """Tuples for the lists that JSON made of them."""
    return tuple(map(_tuples, rows)) if isinstance(rows, list) else rows
