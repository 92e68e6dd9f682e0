"""How far an exercise is, in a word, and how far a lab is, in a sentence."""

from course.checks.columns import padded, width
from course.checks.feedback import by_claim
from course.checks.result import ERROR, NOT_ATTEMPTED, points
from course.language import deferred, gettext

DONE = deferred("done")
PARTLY = deferred("partly")
WRONG = deferred("wrong")
STUB = deferred("stub")
BROKEN = deferred("broken")
MISSING = deferred("missing")
STATES = (DONE, PARTLY, WRONG, STUB, BROKEN, MISSING)


def state(result):
    """One of STATES: how far an exercise is."""
    if result.earned == result.possible:
        return DONE
    if any(v.claim == "defined" for v in result.verdicts):
        return BROKEN if result.status == ERROR else MISSING
    if result.status == NOT_ATTEMPTED:
        return STUB
    passed, _ = tally(result)
    return PARTLY if passed else WRONG


def tally(result):
    """How many of an exercise's public checks pass, and how many there are."""
    rows = by_claim(result)
    return sum(held == number for _, held, number, _ in rows), len(rows)


def row(word, name, earned, possible, longest):
    """A line of the table of a lab: name, points and state of an exercise.

    The state comes last: in a notebook, Hangul is not as wide as two Latin letters.

    Args:
        word: one of STATES.
        name: of the function.
        earned: points.
        possible: points.
        longest: characters of the longest name in the table.
    """
    words = max(width(gettext(word)) for word in STATES)
    told = f"{points(earned):>5} / {possible:<2}"
    return f"{name:{longest}}  {told}  {padded(gettext(word), words)}"


def summed_up(done, total, earned, possible):
    """How far a whole lab is: exercises done of all, and points."""
    said = gettext(
        "{done} of {total} exercises done; {earned} of {possible} points on the public "
        "checks. Grading uses other inputs."
    )
    earned = points(earned)
    return said.format(done=done, total=total, earned=earned, possible=possible)
