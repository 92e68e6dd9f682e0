"""``course progress``: which exercises are done, and which to do next.

The checks run as in ``course check``. Nothing is kept.
"""

import shlex
import sys
from pathlib import Path

from course.checks import reasons, rules
from course.checks.columns import printable
from course.checks.feedback import titled_hints
from course.checks.result import ERROR, TIMED_OUT
from course.checks.states import (
    BROKEN,
    DONE,
    MISSING,
    PARTLY,
    STUB,
    WRONG,
    row,
    state,
    summed_up,
    tally,
)
from course.exercises import LABS, PUBLIC_SEED, load
from course.grading.checking import NotChecked, public_record
from course.grading.submission import read
from course.language import ENGLISH, LANGUAGES, current, gettext
from course.student.handin import why_missing
from course.student.lab import file_name
from course.student.outline import Outline

_LONGEST = 90


def main(path=None, lab=None):
    """Run the public checks and print a line an exercise, and what comes next.

    Args:
        path: of a notebook or script; None for the lab's file in ``labs/`` or in the
            current folder.
        lab: number; None finds it from the file.

    Returns:
        Exit code: 0 when every check passes, else 1.
    """
    try:
        if path is None:
            path = default_file(lab)
            print(gettext("No file was given: taking {path}.").format(path=path))
        record = _watched(path, lab)
    except NotChecked as error:
        print(f"course progress: {printable(str(error))}", file=sys.stderr)
        return 1
    exercises = load(LABS[record.lab])
    outline = Outline(read(path).cells, exercises)
    _print_table(record, outline)
    following = next_up(record.answers, exercises)
    if following is None:
        said = gettext(
            "All public checks pass. Before you hand in: course handin {path}"
        )
        print(printable(said.format(path=_as_argument(path))))
        return 0
    _print_next(following, outline, path)
    return 1


def print_rules(lab=None):
    """Print what of a lab is graded and how points are shared.

    Args:
        lab: number; None for the first one.
    """
    print(rules.text(load(LABS[lab or min(LABS)]), PUBLIC_SEED))


def default_file(lab=None):
    """The student's file of a lab: in ``labs/``, or else in the current folder.

    Args:
        lab: number; None takes the only lab of which there is a file.

    Raises:
        NotChecked: there is none, or there are several.
    """
    names = [file_name(number) for number in ([lab] if lab else LABS)]
    found = list(filter(None, map(_find, names)))
    if not found:
        said = gettext(
            "there is no {names} in labs/ nor here ({folder}); give a notebook, or "
            "write the lab with: course lab"
        )
        names = ", ".join(names)
        raise NotChecked(said.format(names=names, folder=Path.cwd()))
    if len(found) > 1:
        said = gettext("there are several labs ({names}); give one, or --lab NN")
        raise NotChecked(said.format(names=", ".join(map(str, found))))
    return found[0]


def _find(name):
    languages = dict.fromkeys([current(), *LANGUAGES])
    folders = ["" if language == ENGLISH else language for language in languages]
    paths = [*(Path("labs", folder, name) for folder in folders), Path(name)]
    return next((path for path in paths if path.is_file()), None)


def _watched(path, lab):
    """The record of the public checks; a terminal sees how far they are."""
    if not sys.stderr.isatty():
        return public_record(path, lab)

    def tell(text):
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def watch(exercise):
        names = list(load(exercise.lecture))
        tell(f"[{names.index(exercise.name) + 1}/{len(names)}] {exercise.name}")

    tell(gettext("starting TensorFlow"))
    try:
        return public_record(path, lab, watch)
    finally:
        tell("")


def next_up(answers, exercises):
    """The answer to work on next, or None when all are done.

    It is one whose needed exercises are done; one that is partly right comes before
    those that are not.

    Args:
        answers: of ``course.grading.record.Answer``, in lab order.
        exercises: dict function name -> Exercise.
    """
    done = {_name(a) for a in answers if state(a.result) == DONE}
    ready = [
        answer
        for answer in answers
        if _name(answer) not in done and done >= set(exercises[_name(answer)].needs)
    ]
    partly = [answer for answer in ready if state(answer.result) == PARTLY]
    return next(iter([*partly, *ready]), None)


def _name(answer):
    return answer.result.exercise.partition(".")[2]


def _print_table(record, outline):
    longest = max(len(_name(answer)) for answer in record.answers)
    for answer in record.answers:
        result = answer.result
        word, numbers = state(result), (result.earned, result.possible)
        line = row(word, _name(answer), *numbers, longest)
        print(printable(f"  {line}  {_told(answer, outline)}").rstrip())
    done = sum(state(a.result) == DONE for a in record.answers)
    total = len(record.answers)
    print("\n" + summed_up(done, total, record.earned, record.possible))


def _told(answer, outline):
    """What a line of the table says besides state and points."""
    result, now = answer.result, state(answer.result)
    if now == STUB:
        return gettext("never tried")
    if now in (BROKEN, MISSING):
        said = reasons.told(answer.notes[0]) if answer.notes else ""
        cause = said or why_missing(_name(answer), outline)
        return cause[:_LONGEST]
    told = []
    if now != DONE:
        passed, total = tally(result)
        said = gettext("{passed} of {total} public checks")
        told.append(said.format(passed=passed, total=total))
    if result.status in (ERROR, TIMED_OUT) and answer.notes:
        told.append(reasons.told(answer.notes[0])[:_LONGEST])
    if answer.helped_by:
        said = gettext("with the reference in the place of your {names}")
        told.append(said.format(names=", ".join(answer.helped_by)))
    return "; ".join(told)


def _as_argument(path):
    """A path as one types it behind a command, where a dash would begin an option."""
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)


def _print_next(answer, outline, path):
    name, now = _name(answer), state(answer.result)
    place = outline.last(name) or outline.broken_by(name)
    said = gettext("Next: {name}")
    if place is not None:
        said = gettext("Next: {name}, code cell {cell} (counting code cells only)")
    print(said.format(name=name, cell=place and place.cell))
    for title, hint in titled_hints(answer.result):
        print(printable(f"  {title} {hint}"))
    file = _as_argument(path)
    if now == MISSING and place is None:
        said = gettext("  Its stub comes back with: course reset {path} {name}")
        print(printable(said.format(path=file, name=name)))
    elif now in (PARTLY, WRONG):
        said = gettext("  What came back and what was expected: course check {path}")
        print(printable(said.format(path=file)))
