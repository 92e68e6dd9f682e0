"""The child: loads a submission, answers probes with data only.

Everything here runs beside the student's code, so the grader believes none of it: it
only ships observations, which are compared elsewhere. What holds the process back is
``course.grading.sandbox.confine``, or ``course.grading.sandbox.portable_worker``.
"""

import functools
import os
import random
import sys

from course.checks.observe import describe_error, observe
from course.grading.closure import Notebook, locate
from course.grading.sandbox.channel import ChannelError


def reseed():
    """Give this child random numbers of its own: a fork copies the generators."""
    import numpy as np

    random.seed()  # Keras and TensorFlow draw their seeds from here
    np.random.seed(int.from_bytes(os.urandom(4), "big"))


class Worker:
    """Serves requests, one at a time, each with one answer of the same id.

    Args:
        channel: to the grader.
        limits: dict of what ``course.grading.sandbox.child.Limits`` says.
    """

    def __init__(self, channel, limits):
        self.channel = channel
        self.limits = limits
        self.notebooks = {}
        self.operations = {
            "outline": self.outline,
            "load": self.load,
            "replace": self.replace,
            "observe": self.observe,
        }

    def serve(self):
        """Answer until the grader closes the channel."""
        while True:
            request = self.channel.receive()
            answer = self.answer(request)
            answer["id"] = request["id"]
            try:
                self.channel.send(answer)
            except (TypeError, ValueError) as error:
                self.channel.send({"id": request["id"], "observation": _after(error)})

    def answer(self, request):
        """The answer to a request, whatever the student's code does."""
        try:
            return self.operations[request["do"]](**request["with"])
        except ChannelError:
            raise
        except BaseException as error:
            return {"observation": _after(error)}

    def outline(self, slot, cells, names):
        """Parse some cells, run nothing, and say which of ``names`` they define."""
        notebook = self.notebooks[slot] = Notebook(cells, names)
        defines = sorted(notebook.may_define(names))
        return {"defines": defines, "problems": _problems(notebook)}

    def load(self, slot, cells, names, answers=(), bindings_only=False):
        """Load what ``names`` need of some cells, and say how that went.

        Args:
            slot: name of the notebook that the cells make.
            cells: sources of its code cells.
            names: of functions.
            answers: names of all exercises.
            bindings_only: as in ``course.grading.closure.Notebook.load``.
        """
        if slot not in self.notebooks:
            self.notebooks[slot] = Notebook(cells, answers)
        notebook = self.notebooks[slot]
        notebook.load(names, bindings_only)
        defined = [n for n in names if notebook.visit(n) is not None]
        causes = {n: notebook.cause(n) for n in names if n not in defined}
        replaced = {n: notebook.replaced(n) for n in defined}
        return {
            "defined": defined,
            "causes": {n: list(row) for n, row in causes.items() if row},
            "replaced": {n: list(row) for n, row in replaced.items() if row},
            "problems": _problems(notebook),
        }

    def replace(self, slot, source, name):
        """Put another function in the place of the student's."""
        other = Notebook(
            [source], title="reference"
        )  # tracebacks are not the student's
        other.load([name])
        notebook = self.notebooks[slot]
        sys.modules["__main__"] = notebook.module
        notebook.put(name, other.visit(name))
        return {}

    def observe(self, slot, name, probe, observer):
        """Observe one call; a name that is missing is looked for once."""
        notebook = self.notebooks[slot]
        where = []
        function = _supplied(notebook, name, where)
        try:
            observation = observe(function, probe, observer)
        except BaseException as error:  # KeyboardInterrupt, or one of its own
            observation = {"raised": describe_error(error)}
        if "raised" in observation and where:
            cell, line, text = where[-1]
            observation["raised"]["line"] = f"code cell {cell}, line {line}: {text}"
        return {"observation": observation}


def _after(error):
    """An error that the student's call did not raise: it refuses no arguments."""
    return {"raised": describe_error(error), "after": True}


def _supplied(notebook, name, where):
    """The function, called again when a name that it missed can be supplied."""
    function = notebook.visit(name)

    @functools.wraps(function, updated=())
    def call(*args, **kwargs):
        try:
            try:
                return function(*args, **kwargs)
            except NameError as error:
                if error.name is None or not notebook.supply(error.name):
                    raise
                return notebook.visit(name)(*args, **kwargs)
        except BaseException as error:
            found = locate(error)
            if found is not None:
                where.append(found)
            raise

    return call


def _problems(notebook):
    """Rows (cell, line, message): what failed and what is not Python, in order."""
    rows = [[b.cell, b.line, b.message] for b in notebook.broken]
    rows += [[f.cell, f.line, f.error] for f in notebook.failures]
    return sorted(rows)[:50]
