"""The child: locks itself in, loads a submission, answers probes with data only.

Everything here runs beside the student's code, so the grader believes none of it: it
only ships observations, which are compared elsewhere.
"""

import ctypes
import functools
import os
import random
import resource
import signal
import sys
import tempfile

from course.checks.observe import describe_error, observe
from course.grading.closure import Notebook, locate
from course.grading.sandbox.channel import Channel, ChannelError

libc = ctypes.CDLL(None, use_errno=True)
CHANNEL_FD = 3
_PDEATHSIG = 1  # prctl(PR_SET_PDEATHSIG)
_NO_NEW_PRIVILEGES = 38


def main(channel, limits, parent):
    """Enter the child's life, straight after the fork; never returns.

    Args:
        channel: file descriptor to the grader.
        limits: dict with "cpu" (seconds a request), "total_cpu" (seconds in all),
            "data" (bytes of private memory), "files" (open descriptors) and
            "processes" (processes and threads).
        parent: process id of the zygote.
    """
    confine(channel, limits, parent)
    reseed()
    try:
        Worker(Channel(CHANNEL_FD), limits).serve()
    except ChannelError:
        pass  # the grader has gone, or has had enough
    os._exit(0)


def confine(channel, limits, parent):
    """Give up what the student's code must not have."""
    os.setsid()
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if channel != CHANNEL_FD:
        os.dup2(channel, CHANNEL_FD, inheritable=False)
    os.closerange(CHANNEL_FD + 1, 4096)
    os.chdir("/")
    os.environ.clear()
    os.environ.update(HOME="/nonexistent", TF_CPP_MIN_LOG_LEVEL="3")
    tempfile.tempdir = "/nonexistent"
    _limit(resource.RLIMIT_CPU, limits["total_cpu"], limits["total_cpu"] + 5)
    _limit(resource.RLIMIT_DATA, limits["data"])
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, limits["files"])
    _limit(resource.RLIMIT_NPROC, _threads_of_user() + limits["processes"])
    for name in ("RLIMIT_CORE", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE"):
        _limit(getattr(resource, name), 0)
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # when memory runs out, this process goes first
    except OSError:
        pass
    null = os.open(os.devnull, os.O_RDWR)  # last: until here errors can be read
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)


def _limit(what, soft, hard=None):
    resource.setrlimit(what, (soft, soft if hard is None else hard))


def _threads_of_user():
    """Threads that this user runs now: the kernel counts them all together."""
    count = 0
    for process in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{process}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{process}/task"))
        except OSError:
            pass  # it has ended, or is hidden
    return count


def reseed():
    """Give this child random numbers of its own: a fork copies the generators."""
    import numpy as np

    random.seed()  # Keras and TensorFlow draw their seeds from here
    np.random.seed(int.from_bytes(os.urandom(4), "big"))


class Worker:
    """Serves requests, one at a time, each with one answer of the same id."""

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
            self._allow_cpu()
            answer = self._answer(request)
            answer["id"] = request["id"]
            try:
                self.channel.send(answer)
            except (TypeError, ValueError) as error:
                raised = {"raised": describe_error(error)}
                self.channel.send({"id": request["id"], "observation": raised})

    def _answer(self, request):
        try:
            return self.operations[request["do"]](**request["with"])
        except ChannelError:
            raise
        except BaseException as error:
            return {"observation": {"raised": describe_error(error)}}

    def _allow_cpu(self):
        """Limit processor time for this request; a loaded machine does not count."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        used = usage.ru_utime + usage.ru_stime
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = int(used + self.limits["cpu"]) + 1
        _limit(resource.RLIMIT_CPU, min(soft, hard), hard)

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
