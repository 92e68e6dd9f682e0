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
                raised = {"raised": describe_error(error)}
                self.channel.send({"id": request["id"], "observation": raised})

    def answer(self, request):
        """The answer to a request, whatever the student's code does."""
        try:
            return self.operations[request["do"]](**request["with"])
        except ChannelError:
            raise
        except BaseException as error:
            return {"observation": {"raised": describe_error(error)}}

    def outline(self, slot, cells, names):
        """Parse some cells, run nothing, and say which of ``names`` they define."""
        notebook = self.notebooks[slot] = Notebook(cells)
        broken = {name for code in notebook.broken for name in code.names}
        defines = (notebook.binds | broken) & set(names)
        return {"defines": sorted(defines), "problems": _problems(notebook)}

    def load(self, slot, cells, names):
        """Load what ``names`` need of some cells, and say how that went."""
        if slot not in self.notebooks:
            self.notebooks[slot] = Notebook(cells)
        notebook = self.notebooks[slot]
        notebook.load(names)
        defined = [n for n in names if notebook.namespace.get(n) is not None]
        causes = {n: notebook.cause(n) for n in names if n not in defined}
        return {"defined": defined, "causes": causes, "problems": _problems(notebook)}

    def replace(self, slot, source, name):
        """Put another function in the place of the student's."""
        other = Notebook([source])
        other.load([name])
        sys.modules["__main__"] = self.notebooks[slot].module
        self.notebooks[slot].namespace[name] = other.namespace[name]
        return {}

    def observe(self, slot, name, probe, observer):
        """Observe one call; a name that is missing is looked for once."""
        notebook = self.notebooks[slot]
        where = []
        function = _supplied(notebook, notebook.namespace[name], where)
        try:
            observation = observe(function, probe, observer)
        except BaseException as error:  # KeyboardInterrupt, or one of its own
            observation = {"raised": describe_error(error)}
        if "raised" in observation and where:
            cell, line, text = where[-1]
            observation["raised"]["line"] = f"code cell {cell}, line {line}: {text}"
        return {"observation": observation}


def _supplied(notebook, function, where):
    """The function, called again when a name that it missed can be supplied."""

    @functools.wraps(function, updated=())
    def call(*args, **kwargs):
        try:
            try:
                return function(*args, **kwargs)
            except NameError as error:
                if error.name is None or not notebook.supply(error.name):
                    raise
                return function(*args, **kwargs)
        except BaseException as error:
            found = locate(error)
            if found is not None:
                where.append(found)
            raise

    return call


def _problems(notebook):
    """Statements that failed and code that is not Python, in the notebook's order."""
    rows = [[b.cell, b.line, b.message, ""] for b in notebook.broken]
    rows += [[f.cell, f.line, f.error, f.text] for f in notebook.failures]
    return sorted(rows)[:50]
