"""Grade one submission: a child for its code, a verdict for each exercise.

Trusted side: neither TensorFlow nor a line of the student's Python runs here.
"""

import time
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

from course.checks import reasons
from course.checks.diagnose import diagnose
from course.checks.judge import Stopped, judge, undefined
from course.checks.result import ERROR, TIMED_OUT, Result, Verdict
from course.exercises import public
from course.exercises.source import reference_source
from course.grading import quote
from course.grading.record import (
    GRADED,
    UNGRADABLE,
    UNREADABLE,
    WRONG_LAB,
    Answer,
    Record,
    short,
)
from course.grading.reference import ReferenceFailed
from course.grading.sandbox.pool import Limits, ZygoteError

SUBMISSION_SECONDS = 300.0
_SLOT = "submission"


class Grader:
    """Grades submissions of one lab; threads may share it.

    Args:
        lab: number of the lab.
        exercises: dict function name -> Exercise, in lab order.
        seed: int, that of the probes.
        reference: a ``course.grading.reference.Reference``.
        limits: of each child.
        seconds: that a whole submission may take.
        watch: is called with each exercise before it is judged.
    """

    def __init__(
        self,
        lab,
        exercises,
        seed,
        reference,
        *,
        limits=None,
        seconds=None,
        watch=None,
    ):
        self.lab = lab
        self.exercises = exercises
        self.reference = reference
        self.limits = limits or Limits()
        self.seconds = seconds or SUBMISSION_SECONDS
        self.watch = watch or (lambda exercise: None)
        self.probes = {name: e.draw(seed) for name, e in exercises.items()}
        self.public = {name: public.load(e) for name, e in exercises.items()}
        self.possible = sum(e.points for e in exercises.values())

    def grade(self, slot, submission):
        """Grade one submission; whatever it does, a record comes back.

        Args:
            slot: a ``course.grading.sandbox.pool.Slot``.
            submission: a ``course.grading.submission.Submission``.

        Returns:
            A ``Record``.

        Raises:
            ReferenceFailed: the course itself is broken.
        """
        started = time.monotonic()
        record = self._record(submission, UNREADABLE, submission.reason)
        if not submission.reason:
            record = self._twice(slot, submission)
        return replace(record, seconds=time.monotonic() - started)

    def _record(self, submission, status, reason="", answers=(), problems=()):
        return Record(
            submission.student,
            str(submission.path),
            submission.digest,
            self.lab,
            status,
            reason,
            self.possible,
            tuple(answers),
            problems,
        )

    def _twice(self, slot, submission):
        """Grade, and once more with a new zygote when the first one broke."""
        reason = ""
        for _ in range(2):
            zygote = slot.get()
            try:
                return self._grade(zygote, submission)
            except ZygoteError as error:
                reason = " ".join(str(error).split())[:300]
                slot.restart(zygote)
        return self._record(submission, UNGRADABLE, reason)

    def _grade(self, zygote, submission):
        work = Work(zygote, submission.cells, list(self.exercises), self)
        try:
            outline = work.outline()
            if isinstance(outline, Stopped):
                return self._record(submission, UNREADABLE, outline.reason)
            if not outline["defines"]:
                total = len(self.exercises)
                reason = reasons.OTHER_LAB.format(number=total, lab=self.lab)
                return self._record(submission, WRONG_LAB, reason)
            answers = {n: self._answer(work, e) for n, e in self.exercises.items()}
            self._help(work, answers)
            return self._record(submission, GRADED, "", answers.values(), work.problems)
        finally:
            work.close()

    def _answer(self, work, exercise, helped_by=()):
        work.notes, work.spent = [], 0.0
        self.watch(exercise)
        try:
            cause = work.prepare(exercise, helped_by)
            if cause is not None:
                work.notes += [cause] if cause else []
                result = undefined(exercise, cause)
            else:
                result = self._judged(work, exercise, helped_by)
        except Stopped as stop:
            result = _stopped(exercise, stop)
        except (ZygoteError, ReferenceFailed):
            raise
        except Exception as error:  # an answer so odd that comparing it failed
            text = reasons.NOT_COMPARED.format(error=type(error).__name__)
            result = _stopped(exercise, Stopped(ERROR, text))
        result = replace(short(result), seconds=work.spent)
        return Answer(result, tuple(helped_by), tuple(dict.fromkeys(work.notes)))

    def _judged(self, work, exercise, helped_by):
        def observe(probe):
            return work.observe(exercise, probe, helped_by)

        result = judge(
            exercise,
            self.probes[exercise.name],
            observe,
            expected=lambda probe: self.reference.expected(exercise, probe),
        )
        known = self.public[exercise.name]
        return diagnose(result, exercise, known, observe) if known else result

    def _help(self, work, answers):
        """One slip costs once: put references in the place of failed needs."""
        failed = {n for n, a in answers.items() if a.result.earned < a.result.possible}
        for name, exercise in self.exercises.items():
            needs = [n for n in exercise.needs if n in failed]
            result = answers[name].result
            if name not in failed or not needs:
                continue
            # "Not attempted" too: the stub of a needed one may have said so.
            work.restart()
            helped = self._answer(work, exercise, needs)
            work.restart()
            if helped.result.earned > result.earned:
                answers[name] = helped


def _stopped(exercise, stop):
    verdict = Verdict("runs", stop.status, exercise.name, stop.reason)
    return Result(exercise.id, stop.status, Fraction(0), exercise.points, (verdict,))


class Work:
    """A submission's code in a child, put into a new child whenever one is gone.

    Attributes:
        problems: rows (cell, line, message, text) of code that failed to load.
        notes: what went wrong since they were last emptied.
        spent: seconds that the child worked since it was last set to 0.
    """

    def __init__(self, zygote, cells, names, grader):
        self._zygote = zygote
        self._cells = list(cells)
        self._names = names
        self._limits = grader.limits
        self._latest = time.monotonic() + grader.seconds
        self._child = None
        self._believed = True  # as long as the child has seen no probe
        self._loaded = {}  # function name -> why it is missing, or None
        self._replaced = {}  # function name -> note that something took its place
        self._apart = False
        self._bare = set()  # names of functions that load with bindings alone
        self.problems = ()
        self.notes = []
        self.spent = 0.0

    def outline(self):
        """The worker's outline of the cells, or how parsing them ended."""
        try:
            outline = self._ask("outline", cells=self._cells, names=self._names)
            with _understood():
                self._note_problems(outline)
                return {"defines": set(outline["defines"])}
        except Stopped as stop:
            return stop

    def prepare(self, exercise, helped_by=()):
        """Load what the exercise needs.

        Returns:
            None when its function is defined, else the reason, which may be "".

        Raises:
            Stopped: loading it ended the child.
        """
        name = exercise.name
        if self._child is None or name not in self._loaded:
            if not self._apart:
                # Some answer's statements may end the process: then each by itself.
                self._apart = self._try_load(self._names) is not None
            if self._apart:
                self._load_alone(name)
            for other in helped_by:
                source = reference_source(f"{exercise.lecture}.{other}")
                self._ask("replace", source=source, name=other)
        if name in self._replaced:
            self.notes.append(self._replaced[name])
        return self._loaded.get(name, "")

    def observe(self, exercise, probe, helped_by=()):
        """One observation of the student's function.

        Raises:
            Stopped: there is none.
        """
        if self._child is None:
            self.prepare(exercise, helped_by)
        self._believed = False
        answer = self._ask(
            "observe", name=exercise.name, probe=probe, observer=exercise.observer
        )
        with _understood():
            observation = dict(answer["observation"])
            if "raised" in observation and probe.claim != "errors":
                self.notes += quote.call_notes(observation["raised"], self._cells)
            return observation

    def restart(self):
        """Leave the child: the next request goes to a fresh one."""
        self.close()

    def close(self):
        """End the child, if there is one."""
        child = self._child
        self._forget()
        if child is not None:
            child.close()

    def _forget(self):
        self._child, self._loaded, self._believed = None, {}, True

    def _load_alone(self, name):
        """Load one function; when that takes too long, from bindings alone.

        A statement that only changes an object may be training, seen wrongly as needed.
        """
        if name not in self._bare:
            stop = self._try_load([name])
            if stop is None:
                return
            if stop.status != TIMED_OUT:
                self.notes.append(stop.reason)
                raise stop
            self._bare.add(name)
        self._load([name], bindings_only=True)

    def _try_load(self, names):
        """Load functions; returns how that ended the child, noting nothing, or None."""
        known = len(self.notes)
        try:
            self._load(names)
        except Stopped as stop:
            del self.notes[known:]
            return stop
        return None

    def _load(self, names, **how):
        arguments = {"cells": self._cells, "names": names, "answers": self._names}
        report = self._ask("load", **arguments, **how)
        with _understood():
            defined = set(report["defined"])
            for name in names:
                row = report["causes"].get(name)
                cause = quote.cause(name, row, self._cells, self._believed)
                self._loaded[name] = None if name in defined else cause
            for name, row in report["replaced"].items():
                self._replaced[name] = quote.replaced(name, row, self._believed)
            self._note_problems(report)

    def _note_problems(self, report):
        rows = [
            quote.problem(row, self._cells, self._believed)
            for row in report["problems"]
        ]
        self.problems = tuple(sorted({*self.problems, *rows}))[:50]

    def _ask(self, do, **arguments):
        started = time.monotonic()
        if started >= self._latest:
            raise Stopped(TIMED_OUT, reasons.TIME_USED_UP)
        if self._child is None:
            self._child = self._zygote.fork(self._limits)
            waited, started = time.monotonic() - started, time.monotonic()
            self._latest += waited  # the start of a process is not the student's
        try:
            return self._child.ask(do, self._latest, slot=_SLOT, **arguments)
        except Stopped as stop:
            self._forget()
            self.notes.append(stop.reason)
            raise
        finally:
            self.spent += time.monotonic() - started


@contextmanager
def _understood():
    """What a child sent is read in here: it may be anything."""
    try:
        yield
    except Stopped:
        raise
    except Exception:
        raise Stopped(ERROR, reasons.NOT_UNDERSTOOD) from None
