"""``course grade``: from a folder of files to results.

This process never imports TensorFlow and never runs or parses student code.
"""

import queue
import sys
import threading
import time
import traceback
from pathlib import Path

from course.exercises import LABS, load
from course.grading import report
from course.grading.grader import Grader
from course.grading.progress import Progress, duration
from course.grading.record import GRADED, UNGRADABLE, Record
from course.grading.reference import Reference, ReferenceFailed
from course.grading.sandbox.pool import Slot, ZygoteError, assert_held_back, level
from course.grading.store import Store, package_digest, secret_seed, work_key
from course.grading.submission import find


def grade(folder, lab, out, jobs=1, seed=None, unsafe=False, limits=None):
    """Grade a folder of submissions and write the reports.

    Args:
        folder: of the submissions (``course.grading.submission.find``).
        lab: number, a key of ``course.exercises.LABS``.
        out: results folder, made when it is missing.
        jobs: submissions graded at once, each with about 1 GB of memory.
        seed: int that replaces the folder's secret seed; None keeps it.
        unsafe: grade also where next to nothing holds the submissions back.
        limits: ``course.grading.sandbox.pool.Limits`` of each child.

    Returns:
        Exit code: 0 when every submission has a row, else 1.

    Raises:
        UnsafePlatform: it is not ``unsafe`` and would have to be; the message says
            what helps.
    """
    if not unsafe:
        assert_held_back()
    started = time.monotonic()
    submissions = find(folder, LABS[lab], skip=out)
    if not submissions:
        _complain(f"no notebooks (.ipynb) or scripts (.py) in {folder}")
        return 1
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    seed = secret_seed(out, seed)
    version = package_digest()
    keys = {
        s.student: work_key(s.digest + s.reason, lab, seed, version)
        for s in submissions
    }
    store = Store(out)
    try:
        store.keep_only(lab, keys)
        todo = [s for s in submissions if not _is_done(store, s, lab, keys)]
        _say_what(submissions, todo, lab)
        _grade_all(
            todo, lab, seed, jobs, limits, lambda r: store.put(r, keys[r.student])
        )
        records = store.records(lab)
    except (ZygoteError, ReferenceFailed) as error:
        _complain(str(error))
        return 1
    finally:
        store.close()
    report.write(out, lab, records, level())
    _summarize(out, records, time.monotonic() - started)
    return 0


def _is_done(store, submission, lab, keys):
    record = store.get(submission.student, lab, keys[submission.student])
    return record is not None and record.status != UNGRADABLE


def _say_what(submissions, todo, lab):
    known = len(submissions) - len(todo)
    text = f"Lab {lab}: {len(submissions)} submissions"
    if known:
        text += f", {known} unchanged since they were graded"
    print(f"{text}.\nIsolation: {level()}.", file=sys.stderr)


def _grade_all(todo, lab, seed, jobs, limits, keep):
    """Grade on ``jobs`` threads, a zygote each; ``keep`` gets every record here."""
    if not todo:
        return
    slots = [Slot() for _ in range(min(jobs, len(todo)))]
    reference = Reference(slots[0])
    grader = Grader(lab, load(LABS[lab]), seed, reference, limits=limits)
    waiting, done = queue.SimpleQueue(), queue.SimpleQueue()
    for submission in todo:
        waiting.put(submission)
    progress = Progress(len(todo))
    try:
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
            reason = f"the grader failed: {type(error).__name__}"
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
        return f"{record.student}: {record.status} ({record.reason})"
    points = f"{report.points(record.earned)} of {record.possible}"
    return f"{record.student}: {points} ({record.seconds:.1f} s)"


def _summarize(out, records, seconds):
    graded = sum(r.status == GRADED for r in records)
    print(
        f"{graded} of {len(records)} submissions graded in {duration(seconds)}; "
        "the others have a row with the reason.\n"
        f"  class report    {out / 'report.html'}\n"
        f"  student pages   {out / 'students'}\n"
        f"  grades          {out / 'grades.csv'}"
    )


def _complain(text):
    print(f"course grade: {text}", file=sys.stderr)
