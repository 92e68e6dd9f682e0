"""The grader's handles on a zygote and its children. Linux 5.3 or later.

Trusted side: no TensorFlow here.
"""

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import asdict

from course.grading.sandbox.channel import Channel
from course.grading.sandbox.child import (
    Child,
    ZygoteError,
    command,
    environment,
)

_START_SECONDS = 120.0
_CONTROL_SECONDS = 30.0
_END_SECONDS = 10.0


class Zygote:
    """A running zygote; one thread at a time talks to it.

    Raises:
        ZygoteError: it did not start; the message ends with what it printed.
    """

    def __init__(self):
        self._lock = threading.RLock()
        self._ended = {}
        self._jobs = 0
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()
        self._home = tempfile.TemporaryDirectory(prefix="course-zygote-")
        self._process = subprocess.Popen(
            command("zygote", str(theirs.fileno())),
            env=environment(self._home.name),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            start_new_session=True,
        )
        theirs.close()

    def wait_ready(self):
        """Wait until it can fork; it imports TensorFlow first."""
        message, _ = self._receive(time.monotonic() + _START_SECONDS)
        if "ready" not in message:
            raise ZygoteError(f"unexpected message {message}")

    def fork(self, limits):
        """Start a child.

        Args:
            limits: a ``course.grading.sandbox.child.Limits``.

        Returns:
            A ``course.grading.sandbox.child.Child``.

        Raises:
            ZygoteError: the zygote does not answer.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs, self._lock:
            self._jobs += 1
            job = self._jobs
            request = json.dumps({"fork": job, "limits": asdict(limits)}).encode()
            try:
                socket.send_fds(self._control, [request], [theirs.fileno()])
            except (OSError, ValueError) as error:
                raise self._broken(error) from None
            deadline = time.monotonic() + _CONTROL_SECONDS
            message, fds = self._receive(deadline)
            while message.get("forked") != job:
                message, fds = self._receive(deadline)
            return ForkedChild(self, job, fds[0], Channel(ours.detach()), limits)

    def ended(self, job, deadline):
        """How a child ended: the zygote's report, a dict."""
        with self._lock:
            while job not in self._ended:
                self._receive(deadline)
            return self._ended.pop(job)

    def _receive(self, deadline):
        poll = select.poll()
        try:
            poll.register(self._control, select.POLLIN)
            if not poll.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
                raise self._broken("no answer in time")
            data, fds, _, _ = socket.recv_fds(self._control, 4096, 1)
        except (OSError, ValueError) as error:  # ValueError: closed by another thread
            raise self._broken(error) from None
        if not data:
            raise self._broken("it ended")
        message = json.loads(data)
        if "ended" in message:
            self._ended[message["ended"]] = message
        return message, fds

    def _broken(self, cause):
        # It is not killed: it has children to end first. ``close`` sees to that.
        tail = ""
        if not self._errors.closed:
            self._errors.seek(0)
            tail = self._errors.read()[-800:].decode("utf-8", "replace").strip()
        return ZygoteError(f"the process that forks children failed: {cause}\n{tail}")

    def close(self):
        """End it and all its children."""
        try:
            self._control.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits
        except OSError:
            pass
        self._control.close()  # the zygote kills its children and leaves
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
        self._home.cleanup()


class ForkedChild(Child):
    """A child of a zygote, held by a pidfd."""

    def __init__(self, zygote, job, pidfd, channel, limits):
        super().__init__(channel, limits)
        self._zygote = zygote
        self._job = job
        self._pidfd = pidfd

    @property
    def alive(self):
        """Whether it can still be asked."""
        return self._pidfd >= 0

    def _await_end(self):
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        poll.poll(2000)

    def close(self):
        """Kill it and everything it started; closing twice does nothing.

        Returns:
            The zygote's report of its end, a dict.

        Raises:
            ZygoteError: the zygote does not answer.
        """
        if not self.alive:
            return {}
        self._channel.close()
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self._pidfd)
        self._pidfd = -1
        return self._zygote.ended(self._job, time.monotonic() + _END_SECONDS)
