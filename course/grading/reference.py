"""The reference worker: what right answers give.

A child like a submission's, but its cells are the reference's source and no student
code ever runs in it. Every observation is computed once a run, for the whole class.
"""

import threading

from course.checks import wire
from course.checks.judge import Stopped
from course.exercises.source import reference_source
from course.grading.sandbox.pool import Limits, ZygoteError

_LIMITS = Limits(cpu=120.0, wall=300.0, total_cpu=3600, data=4 << 30)
_ATTEMPTS = 3


class ReferenceFailed(RuntimeError):
    """A reference gave no observation: a fault of the course, not of a student."""


class Reference:
    """Answers for the references; threads may share it.

    Args:
        slot: a ``course.grading.sandbox.pool.Slot`` whose zygote it forks.
    """

    def __init__(self, slot):
        self._slot = slot
        self._lock = threading.Lock()
        self._child = None
        self._zygote = None  # that the child comes from
        self._loaded = set()
        self._known = {}

    def expected(self, exercise, probe):
        """The reference's observation.

        Raises:
            ReferenceFailed: there is none.
        """
        key = (exercise.id, *wire.encode(probe))
        with self._lock:
            if key not in self._known:
                self._known[key] = self._persist(exercise, probe)
            return self._known[key]

    def close(self):
        """End the child."""
        with self._lock:
            self._drop()

    def _persist(self, exercise, probe):
        """Compute, and once more in a new child when something broke."""
        reason = ""
        for _ in range(_ATTEMPTS):
            zygote = self._slot.get()
            if zygote is not self._zygote:  # the former one broke, and its child too
                self._drop()
                self._zygote = zygote
            try:
                return self._compute(zygote, exercise, probe)
            except Stopped as stop:
                reason = stop.reason
            except ZygoteError as error:
                reason = str(error)
                self._slot.restart(zygote)
            self._drop()
        raise ReferenceFailed(
            f"the reference of {exercise.id} gave no answer: {reason}"
        )

    def _compute(self, zygote, exercise, probe):
        slot = exercise.id
        if self._child is None:
            self._child = zygote.fork(_LIMITS)
        if slot not in self._loaded:
            source = reference_source(exercise.id)
            report = self._child.ask(
                "load", slot=slot, cells=[source], names=[exercise.name]
            )
            if exercise.name not in report["defined"]:
                raise ReferenceFailed(f"{slot}: {report}")
            self._loaded.add(slot)
        answer = self._child.ask(
            "observe",
            slot=slot,
            name=exercise.name,
            probe=probe,
            observer=exercise.observer,
        )
        return answer["observation"]

    def _drop(self):
        self._loaded.clear()
        child, self._child = self._child, None
        if child is not None:
            try:
                child.close()
            except ZygoteError:
                pass  # it died with its zygote
