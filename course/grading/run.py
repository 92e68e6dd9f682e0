"""``course grade``: from a folder of files to results.

This process never imports TensorFlow and never runs or parses student code.
"""

import queue
import sys
import threading
import time
import traceback
from contextlib import closing
from pathlib import Path

from course import interrupt
from course.checks import reasons
from course.checks.columns import padded
from course.exercises import LABS, load
from course.grading import report
from course.grading.grader import Grader
from course.grading.progress import Progress, duration
from course.grading.record import GRADED, UNGRADABLE, Record
from course.grading.reference import Reference, ReferenceFailed
from course.grading.sandbox.pool import Slot, ZygoteError, assert_held_back, level
from course.grading.store import (
    Store,
    assert_ours,
    package_digest,
    secret_seed,
    work_key,
)
from course.grading.submission import find
from course.language import gettext


def grade(folder, lab, out, jobs=1, seed=None, unsafe=False, limits=None):
    """Grade a folder of submissions and write the reports.

    Args:
        folder: of the submissions (``course.grading.submission.find``).
        lab: number, a key of ``course.exercises.LABS``.
        out: results folder, made when it is missing; it holds nothing else.
        jobs: submissions graded at once, each with about 1 GB of memory.
        seed: int that replaces the folder's secret seed; None keeps it.
        unsafe: grade also where next to nothing holds the submissions back.
        limits: ``course.grading.sandbox.pool.Limits`` of each child.

    Returns:
        Exit code: 0 when every submission has a row, else 1.

    Raises:
        UnsafePlatform: it is not ``unsafe`` and would have to be; the message says
            what helps.
        UnfitFolder: ``out`` is ``folder``, holds something else, or is damaged.
    """
    if not unsafe:
        assert_held_back()
    out = Path(out)
    assert_ours(out, folder)
    started = time.monotonic()
    submissions = find(folder, LABS[lab], skip=out)
    if not submissions:
        said = gettext("no notebooks (.ipynb) or scripts (.py) in {folder}")
        _complain(said.format(folder=folder))
        return 1
    out.mkdir(parents=True, exist_ok=True)
    with closing(Store(out)) as store:
        seed = secret_seed(out, seed)
        try:
            _bring_up_to_date(store, submissions, lab, seed, jobs, limits)
        except (ZygoteError, ReferenceFailed) as error:
            _complain(reasons.told(str(error)))
            return 1
        records = store.records(lab)
        report.write(store, lab, records, level())
    _summarize(out, records, time.monotonic() - started)
    return 0


def _bring_up_to_date(store, submissions, lab, seed, jobs, limits):
    """Grade what the store does not know yet, and forget what is no longer there."""
    version = package_digest()
    keys = {
        s.student: work_key(s.digest + s.reason, lab, seed, version)
        for s in submissions
    }
    store.keep_only(lab, keys)
    todo = [s for s in submissions if not _is_done(store, s, lab, keys)]
    _say_what(submissions, todo, lab)
    _grade_all(todo, lab, seed, jobs, limits, lambda r: store.put(r, keys[r.student]))


def _is_done(store, submission, lab, keys):
    record = store.get(submission.student, lab, keys[submission.student])
    return record is not None and record.status != UNGRADABLE


def _say_what(submissions, todo, lab):
    known = len(submissions) - len(todo)
    said = gettext("Lab {lab}: {number} submissions.")
    if known:
        said = gettext(
            "Lab {lab}: {number} submissions, {known} unchanged since they were graded."
        )
    print(said.format(lab=lab, number=len(submissions), known=known), file=sys.stderr)
    said = gettext("Isolation: {level}.")
    print(said.format(level=reasons.told(level())), file=sys.stderr)


def _grade_all(todo, lab, seed, jobs, limits, keep):
    """Grade on ``jobs`` threads, a zygote each; ``keep`` gets every record here."""
    if not todo:
        return
    slots = [Slot() for _ in range(min(jobs, len(todo)))]
    try:
        reference = Reference(slots[0])
        grader = Grader(lab, load(LABS[lab]), seed, reference, limits=limits)
        waiting, done = queue.SimpleQueue(), queue.SimpleQueue()
        for submission in todo:
            waiting.put(submission)
        progress = Progress(len(todo))
        for slot in slots:
            thread = threading.Thread(
                target=_work, args=(grader, slot, waiting, done), daemon=True
            )
            thread.start()
        for _ in todo:
            record = _next(done)
            if isinstance(record, Exception):
                raise record
            keep(record)
            progress.advance(_one_line(record))
    finally:
        for slot in slots:
            slot.close()


def _next(done):
    """What comes next, awaited in steps: Windows interrupts no wait that has no end."""
    while True:
        interrupt.check()
        try:
            return done.get(timeout=0.5)
        except queue.Empty:
            continue


def _work(grader, slot, waiting, done):
    while True:
        try:
            submission = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            done.put(grader.grade(slot, submission))
        except (ReferenceFailed, ZygoteError) as error:
            done.put(error)
            return
        except Exception as error:  # a fault of the grader: this row, not the run
            traceback.print_exc()
            reason = reasons.GRADER_FAILED.format(error=type(error).__name__)
            done.put(
                Record(
                    submission.student,
                    str(submission.path),
                    submission.digest,
                    grader.lab,
                    UNGRADABLE,
                    reason,
                    grader.possible,
                )
            )


def _one_line(record):
    if record.status != GRADED:
        why = reasons.told(record.reason)
        return f"{record.student}: {gettext(record.status)} ({why})"
    said = gettext("{student}: {points} of {possible} ({seconds} s)")
    return said.format(
        student=record.student,
        points=report.points(record.earned),
        possible=record.possible,
        seconds=f"{record.seconds:.1f}",
    )


def _summarize(out, records, seconds):
    graded = sum(r.status == GRADED for r in records)
    said = gettext(
        "{graded} of {total} submissions graded in {time}; the others have a row with "
        "the reason."
    )
    print(said.format(graded=graded, total=len(records), time=duration(seconds)))
    for name, path in (
        (gettext("class report"), out / "report.html"),
        (gettext("student pages"), out / "students"),
        (gettext("grades"), out / "grades.csv"),
    ):
        print(f"  {padded(name, 14)}  {path}")


def _complain(text):
    print(f"course grade: {text}", file=sys.stderr)
