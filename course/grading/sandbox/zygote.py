"""The zygote: TensorFlow imported once, forked for every submission.

``bootstrap.py`` starts it with a descriptor, in a built environment. That is a
sequenced-packet socket to the grader. Requests and answers are small JSON objects:

    {"fork": job, "limits": {...}} + one descriptor  ->  {"forked": job} + a pidfd
    {"kill": job}                                    ->  nothing
    a child ended                                    ->  {"ended": job, "status": ...}

No TensorFlow operation ever runs here: it would start threads, and a process with
threads cannot be forked safely (every later child hangs). Student code never runs
here either.
"""

import gc
import json
import os
import select
import shutil
import signal
import socket
import time
import traceback
from pathlib import Path

from course.grading.sandbox import confine, scrub

_PACKET = 4096
_KILL_SECONDS = 5.0  # a process that forks faster than it is found must not stop us
_SUBREAPER = 36  # prctl(PR_SET_CHILD_SUBREAPER)


def main(fd):
    """Prepare, say {"ready": seconds}, and serve until the grader is gone.

    Args:
        fd: number of the descriptor, a str.
    """
    started = time.monotonic()
    control = socket.socket(fileno=int(fd))
    try:
        scrub.prepare()
        confine.libc.prctl(_SUBREAPER, 1, 0, 0, 0)
        gc.collect()
        gc.freeze()  # children share these pages; a collection would copy them
        _assert_single_thread()
        _tell(control, {"ready": time.monotonic() - started})
        Zygote(control).serve()
    except (BrokenPipeError, ConnectionResetError):
        pass  # the grader is gone, and reads no report
    finally:
        _kill_descendants()
        # A grader that was killed leaves it behind.
        shutil.rmtree(os.environ["HOME"], ignore_errors=True)


class Zygote:
    """Forks children on request and reports how each of them ended."""

    def __init__(self, control):
        self.control = control
        self.jobs = {}  # pidfd -> (job, pid, start time)

    def serve(self):
        """Answer until the grader closes its end."""
        while True:
            poll = select.poll()
            for fd in (self.control.fileno(), *self.jobs):
                poll.register(fd, select.POLLIN)
            for fd, _ in poll.poll():
                if fd != self.control.fileno():
                    self._bury(fd)
                elif not self._answer():
                    return

    def _answer(self):
        data, fds, _, _ = socket.recv_fds(self.control, _PACKET, 1)
        if not data:
            return False
        request = json.loads(data)
        if "fork" in request:
            self._fork(request["fork"], request["limits"], fds[0])
        elif "kill" in request:
            for pidfd, (job, _, _) in self.jobs.items():
                if job == request["kill"]:
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        return True

    def _fork(self, job, limits, channel):
        _assert_single_thread()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                confine.main(channel, limits, parent)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(70)  # never back into the zygote's loop
        os.close(channel)
        pidfd = os.pidfd_open(pid)
        self.jobs[pidfd] = job, pid, time.monotonic()
        message = json.dumps({"forked": job}).encode()
        socket.send_fds(self.control, [message], [pidfd])

    def _bury(self, pidfd):
        """Report a child's end, once nothing is left of what it started."""
        job, pid, started = self.jobs.pop(pidfd)
        try:
            # The dead child still holds its process id, so the group is its own.
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        _kill_descendants(spared={pid, *(pid for _, pid, _ in self.jobs.values())})
        _, status, usage = os.wait4(pid, 0)
        os.close(pidfd)
        report = {
            "ended": job,
            "status": os.waitstatus_to_exitcode(status),
            "wall": time.monotonic() - started,
            "cpu": usage.ru_utime + usage.ru_stime,
            "megabytes": usage.ru_maxrss // 1024,
        }
        _tell(self.control, report)


def _kill_descendants(spared=frozenset()):
    """Kill what submissions started and left: it is handed to the subreaper.

    Each that dies hands on its own children, so this goes on until there are none.

    Args:
        spared: ids of children that are not to be killed.
    """
    until = time.monotonic() + _KILL_SECONDS
    while (found := _children() - spared) and time.monotonic() < until:
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        for pid in found:  # without waiting: one may hold another, as a debugger does
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.001)


def _children():
    """Ids of this process's children, ended ones that were not awaited included."""
    mine = Path(f"/proc/self/task/{os.getpid()}/children")
    # A kernel without this file gives orphans to init; their group is dead then.
    return set(map(int, mine.read_text().split())) if mine.exists() else set()


def _assert_single_thread():
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise RuntimeError(
            f"the zygote has {threads} threads; it must have one to be forked"
        )


def _tell(control, message):
    control.sendall(json.dumps(message).encode())
