"""Run no more of a notebook than its answers need, and call each where it was checked.

An answer is the last function that its name was bound to, whoever calls it. Every
other name that it reads has the value which it had behind the answer's cell, where the
answer's check stands: what a notebook run from top to bottom showed its student. A
later cell that binds the name again, for an experiment, changes nothing; "the last
binding wins" let the lab's own cells take helpers away from right answers. Only a name
that nothing had bound by then is looked for further down.

So the namespace can be what it was at any point: what each statement changed in it is
kept. A statement runs at most once, in notebook order as far as it is known what is
needed; one that is found late runs in the namespace of its place. An object that later
cells change in place is not restored. Experiments (training, plots, calls of
``check``) do not run. A statement that fails is recorded and spoils only what reads
its names.

This runs in the child beside the student's code. Standard library only.
"""

import asyncio
import builtins
import inspect
import linecache
import re
import signal
import sys
import threading
import time
import types
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from course.grading.cells import CELL
from course.grading.needs import PYTHONS_OWN, Needs, closure
from course.grading.statements import MESSAGE_LIMIT, one_line, read_statements

__all__ = ["Notebook", "closure", "locate"]
FALLBACK_SECONDS = 5.0
_GONE = object()  # the value of a name that was deleted
_DYNAMIC = re.compile(r"\b(globals|locals|vars|exec|setattr)\s*\(|\bbuiltins\b")


@dataclass(frozen=True)
class Failure:
    """A statement that raised.

    Attributes:
        cell, line, text: the last line of the student's own code that was reached.
        error: type and message.
        names: that the statement should have bound.
    """

    cell: int
    line: int
    text: str
    error: str
    names: tuple


class Notebook:
    """The code of one submission, loaded as far as its answers need it.

    Args:
        sources: of the code cells.
        answers: names of the exercises.
        title: of a cell, as in ``course.grading.cells.filename``.

    Attributes:
        module: stands for ``__main__``.
        namespace: its names, at the point of the notebook that was visited last.
        broken: code that is not Python (``course.grading.cells.Broken``).
        failures: statements that raised.
    """

    def __init__(self, sources, answers=(), title=CELL):
        self.failures = []
        self.statements, self.broken = read_statements(sources, title)
        self._answers = frozenset(answers)
        self._stand_ins = {}
        self._words = frozenset().union(*(re.findall(r"\w+", s) for s in sources))
        self._mentions_dynamic = any(_DYNAMIC.search(text) for text in sources)
        self._patience = FALLBACK_SECONDS
        self._failed = set()
        self._needs = Needs(self.statements, self._failed)
        # A module of its own: dataclasses and pickle look a class's module up.
        self.module = types.ModuleType("__main__")
        self.namespace = self.module.__dict__
        self.namespace |= {"display": _display, "__builtins__": builtins}
        # Index of a statement that ran -> what it changed; -1: what was there before.
        self._changes = {-1: dict(self.namespace)}
        self._newest = self._place = -1
        self._visited = None

    @property
    def binds(self):
        """Every name that some statement binds, whether it runs or not."""
        return frozenset().union(*(s.binds for s in self.statements))

    def may_define(self, names):
        """Those of ``names`` that it defines, or tries to, or may define by a call."""
        declared = (s.declares for s in self.statements)
        broken = (b.names for b in self.broken)
        called = self._words if self._mentions_dynamic else ()
        return self.binds.union(called, *declared, *broken) & frozenset(names)

    def load(self, names, bindings_only=False):
        """Run what functions of these names need and did not run yet.

        Args:
            names: of answers, or of anything else.
            bindings_only: leave out statements that only change objects.
        """
        sys.modules["__main__"] = self.module
        self._needs = Needs(self.statements, self._failed, bindings_only)
        self._run_needed(names)
        for name in self._words.intersection(names):
            if not self._needs.binders(name) and self.supply(name):
                self._run_needed([name])
        for name in names:
            self.visit(name)

    def visit(self, name):
        """The function that answers ``name``, with its namespace; None without one.

        The namespace is that behind the answer's cell. As long as the same answer is
        visited it stays as its calls left it.
        """
        home = self._home(name)
        if home not in self._changes:
            return None
        if self._visited != name:
            self._travel(self._needs.end_of_cell(home) - 1)
            self.namespace |= self._functions() | self._stand_ins
            self._visited = name
        return self._changes[home][name]

    def put(self, name, function):
        """Let a function stand in for an answer, for whoever calls it."""
        self._stand_ins[name] = function
        self._visited = None

    def replaced(self, name):
        """Where something else than a function took the place of an answer.

        Returns:
            (cell, type of the last such thing, cell of the function), or None.
        """
        home = self._home(name)
        later = [i for i in self._changed(name) if home in self._changes and i > home]
        if not later:
            return None
        kind = type(self._changes[later[-1]][name]).__name__
        return self.statements[later[-1]].cell, kind, self.statements[home].cell

    def supply(self, name):
        """Run the cells that were left out, since a name turned out to be missing.

        Some names are bound by calls: ``global`` in a function, ``globals()``,
        ``exec``. Nothing happens when no cell does such a thing, or when the time for
        this is used up.

        Returns:
            whether ``name`` is defined now.
        """
        hidden = {n for s in self.statements for n in s.declares}
        if self._patience <= 0 or not (name in hidden or self._mentions_dynamic):
            return name in self.namespace
        known, started = len(self.failures), time.monotonic()
        try:
            with _time_limit(self._patience):
                self._run_until(name)
        except _OutOfTime:
            pass
        self._patience -= time.monotonic() - started
        del self.failures[known:]  # experiments may fail; they are not graded
        return name in self.namespace

    def cause(self, name):
        """Why ``name`` is no function.

        Returns:
            (kind, cell, line, detail), or None when nothing is known. The kind is
            "failed" (the detail is the error), "broken" (the message), "deleted",
            "none" or "other" (the type of its value).
        """
        for failure in reversed(self.failures):
            if name in failure.names:
                return "failed", failure.cell, failure.line, failure.error
        for broken in reversed(self.broken):
            if name in broken.names:
                return "broken", broken.cell, broken.line, broken.message
        for index in self._changed(name)[-1:]:
            statement, value = self.statements[index], self._changes[index][name]
            kind = "none" if value is None else "other"
            kind = "deleted" if value is _GONE else kind
            return kind, statement.cell, statement.line, type(value).__name__
        return None

    def _changed(self, name):
        """Indices of the statements that gave a name its values, in notebook order."""
        return sorted(i for i, row in self._changes.items() if i >= 0 and name in row)

    def _home(self, name):
        """Index of the statement that defines an answer; it may not have run yet."""
        for index in sorted({*self._needs.binders(name), *self._changed(name)})[::-1]:
            if index not in self._changes:
                return index
            value = self._changes[index].get(name)
            if value is _GONE:
                return None
            if _is_function(value):
                return index
        return None

    def _functions(self):
        homes = {name: self._home(name) for name in self._answers}
        found = {n: home for n, home in homes.items() if home in self._changes}
        return {name: self._changes[home][name] for name, home in found.items()}

    def _run_needed(self, names):
        """Run what is needed; what that is shows only as statements run."""
        while todo := sorted(self._needed(names) - self._changes.keys()):
            for index in todo:
                self._run(index)

    def _needed(self, names):
        needed, waiting, known = set(), list(names), set()
        while waiting:
            name = waiting.pop()
            home = self._home(name)
            if name in known or home is None:
                continue
            known.add(name)
            needed |= self._needs.of_statement(home)
            if home in self._changes:  # and so is a function
                chosen, read = self._needs.of_answer(home)
                needed |= chosen
                waiting += read & self._answers
        return needed

    def _run_until(self, name):
        for index in range(len(self.statements)):
            if index not in self._changes:
                self._run(index)
            if name in self.namespace:
                return

    def _run(self, index):
        if index < self._newest or self._place != self._newest:
            self._travel(index)
        statement, before = self.statements[index], dict(self.namespace)
        self._visited = None
        try:
            self._execute(statement.code)
        except _OutOfTime:
            raise
        except BaseException as error:  # sys.exit() in a cell ends that cell only
            self._failed.add(index)
            self.failures.append(_failure(statement, error))
        finally:
            self._changes[index] = _difference(before, self.namespace)
            self._newest = max(self._newest, index)
            self._place = index

    def _execute(self, code):
        result = eval(code, self.namespace)
        if code.co_flags & inspect.CO_COROUTINE:  # it awaits, as it may in Jupyter
            asyncio.run(result)

    def _travel(self, place):
        """Make the namespace what it was behind a statement that may have run.

        A name that nothing had bound by then has its value behind the first cell that
        binds it.
        """
        found, cells = {}, {}
        for index in sorted(self._changes):
            for name, value in self._changes[index].items():
                if index <= place:
                    found[name] = value
                elif name not in PYTHONS_OWN:
                    cell = self.statements[index].cell
                    if found.get(name, _GONE) is _GONE or cells.get(name) == cell:
                        found[name], cells[name] = value, cell
        for name in set().union(*self._changes.values()):
            self.namespace.pop(name, None)
        self.namespace |= {n: v for n, v in found.items() if v is not _GONE}
        self._place, self._visited = place, None


def _difference(before, after):
    """What became of the names of a namespace: new values, and _GONE."""
    after = dict(after)
    changed = {n: v for n, v in after.items() if before.get(n, _GONE) is not v}
    return changed | dict.fromkeys(before.keys() - after.keys(), _GONE)


def _is_function(value):
    """Whether a value may be an answer.

    A Keras layer or model can be called too, but is what an answer returned.
    """
    layers = (kind.__name__ == "Layer" for kind in type(value).__mro__)
    return callable(value) and not any(layers)


def locate(error):
    """(cell, line, text) of the last line of the student's own code, or None."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        match = re.fullmatch(rf"<{CELL} (\d+)>", name)
        if match:
            text = linecache.getline(name, trace.tb_lineno).strip()
            found = int(match.group(1)), trace.tb_lineno, text[:MESSAGE_LIMIT]
        trace = trace.tb_next
    return found


def _failure(statement, error):
    cell, line, text = locate(error) or (statement.cell, statement.line, "")
    return Failure(cell, line, text, one_line(error), tuple(sorted(statement.binds)))


def _display(*objects, **options):
    """Stands for IPython's ``display``: there is nobody to look."""


class _OutOfTime(BaseException):
    """The fallback's own time is used up."""


@contextmanager
def _time_limit(seconds):
    def stop(number, frame):
        raise _OutOfTime

    if hasattr(signal, "setitimer"):
        number, alarm = signal.SIGALRM, partial(signal.setitimer, signal.ITIMER_REAL)
        start, cancel = partial(alarm, seconds), partial(alarm, 0)
    else:  # Windows: a thread raises the one signal that reaches the main thread
        number = signal.SIGINT
        timer = threading.Timer(seconds, signal.raise_signal, [number])
        start, cancel = timer.start, timer.cancel
    previous = signal.signal(number, stop)
    start()
    try:
        yield
    finally:
        cancel()
        signal.signal(number, previous)
