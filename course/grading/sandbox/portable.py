"""The grader's handles where nothing can be forked: Windows, macOS.

A fresh process imports TensorFlow for every submission; one is kept in reserve, so
that a submission rarely waits for it. Trusted side: no TensorFlow here. Imports on
every operating system.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict

import psutil

from course.checks.judge import Stopped
from course.checks.result import ERROR
from course.grading.sandbox.channel import ChannelError, Courier, DeadlinePassed
from course.grading.sandbox.child import (
    Child,
    ZygoteError,
    command,
    environment,
    out_of_cpu,
)

_START_SECONDS = 300.0  # a virus scanner may look at every file of TensorFlow's
_LIMIT_SECONDS = 30.0
_LOOK_SECONDS = 0.1
_WINDOWS_KEEPS = ("PATH", "PATHEXT", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC")
_WINDOWS_KEEPS += ("NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE")


class Launcher:
    """Starts processes for submissions, with the interface of a ``Zygote``.

    Threads may share it.

    Raises:
        ZygoteError: the first process could not be started.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._closed = False
        self._processes = set()
        # What libraries write when they are first imported, such as a list of fonts.
        self._first_home = tempfile.TemporaryDirectory(prefix="course-launcher-")
        try:
            self._spare = self._start()
        except ZygoteError:
            self._first_home.cleanup()
            raise

    def wait_ready(self):
        """Wait until the first process has imported TensorFlow."""
        self._spare.wait_ready()

    def fork(self, limits):
        """Hand out the process in reserve, and start another one.

        Args:
            limits: a ``course.grading.sandbox.child.Limits``.

        Returns:
            A ``course.grading.sandbox.child.Child``.

        Raises:
            ZygoteError: the process did not start.
        """
        with self._lock:
            process = self._spare
            process.wait_ready()
            self._keep_first_home(process)
            self._spare = self._start()
        return process.child(limits)

    def _start(self):
        process = Process(self._first_home.name, self._processes.discard)
        self._processes.add(process)
        if self._closed:  # by another thread, which does not know this one
            process.close()
            raise ZygoteError("the launcher is closed")
        return process

    def _keep_first_home(self, process):
        with suppress(OSError):  # without it the others only start more slowly
            if not os.listdir(self._first_home.name):
                shutil.copytree(process.home, self._first_home.name, dirs_exist_ok=True)

    def close(self):
        """End all processes."""
        self._closed = True  # without the lock: a thread may wait for a start
        for process in list(self._processes):
            process.close()
        self._first_home.cleanup()


class Process:
    """A process that imports TensorFlow and then becomes a child.

    Args:
        like: folder whose content its own folder begins with.
        forget: function that is called with the process when it has been closed.

    Raises:
        ZygoteError: it could not be started.
    """

    def __init__(self, like, forget):
        self._forget = forget
        self._closing = threading.Lock()
        self._ready = None
        self._errors = tempfile.TemporaryFile()
        self._home = tempfile.TemporaryDirectory(
            prefix="course-worker-", ignore_cleanup_errors=True
        )
        try:
            shutil.copytree(like, self.home, dirs_exist_ok=True)
            self._process = _started(self.home, self._errors)
        except OSError as error:
            self._errors.close()
            self._home.cleanup()
            raise ZygoteError(f"no process can be started: {error}") from None
        self.channel = Courier(self._process.stdout, self._process.stdin)
        self.channel.send({"start": True})

    @property
    def home(self):
        """Path of its own folder, a str."""
        return self._home.name

    @property
    def alive(self):
        """Whether it has not been closed."""
        return not self._errors.closed

    def wait_ready(self):
        """Wait until it has imported TensorFlow.

        Raises:
            ZygoteError: it did not; the message ends with what it printed.
        """
        if self._ready is None:
            self._ready = self._receive(_START_SECONDS)

    def child(self, limits):
        """Make it a child.

        Raises:
            ZygoteError: it does not answer.
        """
        self.channel.send({"limits": asdict(limits)})
        self._receive(_LIMIT_SECONDS)
        return LaunchedChild(self, Usage(self._ready["pid"]), limits)

    def _receive(self, seconds):
        try:
            return self.channel.receive(time.monotonic() + seconds)
        except ChannelError as error:
            with self._closing:
                tail = self._tail()
            self.close()
            raise ZygoteError(
                f"the process for a submission did not start: {error}\n{tail}"
            ) from None

    def _tail(self):
        if self._errors.closed:
            return ""
        self._errors.seek(0)
        return self._errors.read()[-800:].decode("utf-8", "replace").strip()

    def wait(self, seconds):
        """Wait for its end, at most so long."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def close(self):
        """Kill it and what it started.

        Returns:
            Its exit status, None when it was closed before.
        """
        with self._closing:
            if self._errors.closed:
                return None
            _kill_tree(self._process)
            self.channel.close()
            self._errors.close()
            self._home.cleanup()
        self._forget(self)
        return self._process.returncode


class LaunchedChild(Child):
    """A child that is a process of its own, looked at from outside."""

    def __init__(self, process, usage, limits):
        super().__init__(process.channel, limits)
        self._process = process
        self._usage = usage

    @property
    def alive(self):
        """Whether it can still be asked."""
        return self._process.alive

    def _receive(self, deadline):
        spent = self._usage.cpu()
        until = min(spent + self._limits.cpu + 1, self._limits.total_cpu)
        while True:
            now = time.monotonic()
            try:
                return self._channel.receive(min(deadline, now + _LOOK_SECONDS))
            except DeadlinePassed:
                if now >= deadline:
                    raise
            self._look(until)

    def _look(self, until):
        """End it when it has used too much.

        Raises:
            Stopped: it had.
        """
        if self._usage.cpu() > until:
            self.close()
            raise out_of_cpu(self._limits)
        if self._usage.memory() > self._limits.data:
            self.close()
            raise Stopped(
                ERROR, f"the process: more than {self._limits.data >> 20} MiB of memory"
            )

    def _await_end(self):
        self._process.wait(2)

    def close(self):
        """Kill it and everything it started; closing twice does nothing.

        Returns:
            A dict with "status", its exit status; empty when it was closed before.
        """
        status = self._process.close()
        return {} if status is None else {"status": status}


class Usage:
    """What a process uses from now on, as the system counts it.

    Args:
        pid: its id.
    """

    def __init__(self, pid):
        self._pid = pid
        self._before = self._counts()

    def cpu(self):
        """Seconds of processor time."""
        return self._counts()[0] - self._before[0]

    def memory(self):
        """Bytes of memory."""
        return self._counts()[1] - self._before[1]

    def _counts(self):
        try:
            process = psutil.Process(self._pid)
            times, memory = process.cpu_times(), process.memory_info()
        except psutil.Error:
            return 0.0, 0  # it is gone: its channel tells
        # Windows takes from what is resident when it likes; private bytes stay.
        return times.user + times.system, getattr(memory, "private", memory.rss)


def _started(home, errors):
    """The running process, a ``subprocess.Popen``."""
    if os.name == "nt":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        apart = {"creationflags": flags}
    else:
        apart = {"start_new_session": True}
    return subprocess.Popen(
        command("portable_worker"),
        bufsize=0,
        cwd=home,
        env=_environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        **apart,
    )


def _environment(home):
    more = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "USERPROFILE"), home)
    if os.name == "nt":
        kept = (name for name in _WINDOWS_KEEPS if name in os.environ)
        more |= {name: os.environ[name] for name in kept}
    return environment(home) | more


def _kill_tree(process):
    """Kill a process and what it started, as far as that can be found."""
    try:
        below = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        below = []
    if hasattr(os, "killpg"):
        # When nobody is left; macOS says so in its own way.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for other in below:
        with suppress(psutil.Error):
            other.kill()
    process.wait()
