"""``course check``: the public checks of a lab on one notebook or script.

This process never imports TensorFlow and never runs or parses student code.
"""

import sys
from pathlib import Path

from course.checks import feedback
from course.checks.columns import printable
from course.checks.reasons import told
from course.exercises import LABS, PUBLIC_SEED, load
from course.grading.grader import Grader
from course.grading.record import GRADED
from course.grading.reference import Reference, ReferenceFailed
from course.grading.sandbox.pool import Slot, ZygoteError
from course.grading.submission import read
from course.language import gettext


class NotChecked(Exception):
    """The checks did not run; the message says why."""


def public_record(path, lab=None, watch=None):
    """Run a lab's public checks on a notebook or script.

    The notebook is loaded as ``course grade`` does it, so an endless loop in it ends.

    Args:
        path: of the notebook or script.
        lab: number; None finds it by the functions that the notebook defines.
        watch: is called with each ``Exercise`` before it is checked.

    Returns:
        A ``course.grading.record.Record``; its status is GRADED.

    Raises:
        NotChecked: the file cannot be read, is another lab's, or the checks broke.
    """
    submission = read(Path(path))
    if submission.reason:
        raise NotChecked(f"{path}: {told(submission.reason)}")
    slot = Slot()
    reference = Reference(slot)
    try:
        records = [
            Grader(
                number, load(LABS[number]), PUBLIC_SEED, reference, watch=watch
            ).grade(slot, submission)
            for number in ([lab] if lab else LABS)
        ]
    except (ZygoteError, ReferenceFailed) as error:
        raise NotChecked(told(str(error))) from error
    finally:
        slot.close()
    record = max(records, key=lambda r: r.status == GRADED)
    if record.status != GRADED:
        raise NotChecked(f"{path}: {told(record.reason)}")
    return record


def check_notebook(path, lab=None):
    """Run a lab's public checks on a notebook or script and print the result.

    Args:
        path: of the notebook or script.
        lab: number; None finds it by the functions that the notebook defines.

    Returns:
        Exit code: 0 when every check passes, else 1.
    """
    try:
        record = public_record(path, lab)
    except NotChecked as error:
        print(f"course check: {printable(str(error))}", file=sys.stderr)
        return 1
    _print_checks(record)
    return 0 if record.earned == record.possible else 1


def _print_checks(record):
    for cell, line, message, text in record.problems:
        where = gettext("code cell {cell}, line {line}: ").format(cell=cell, line=line)
        print(printable(where + told(message)))
        if text:
            print("    " + printable(text))
    for answer in record.answers:
        print(feedback.text(answer.result))
        if answer.helped_by:
            names = ", ".join(answer.helped_by)
            said = gettext("  (with the reference in the place of your {names})")
            print(said.format(names=names))
    passed = sum(a.result.earned == a.result.possible for a in record.answers)
    said = gettext(
        "{passed} of {total} exercises pass all their public checks; "
        "grading uses other inputs."
    )
    print("\n" + said.format(passed=passed, total=len(record.answers)))
