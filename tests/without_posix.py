"""Takes away what Windows lacks, then runs the command line or a worker.

    python without_posix.py course ARGUMENTS...    the command line
    python -I without_posix.py worker MODULE       a process that it starts

The names are those that the standard library's type stubs (typeshed) declare for Linux
and not for Windows. They are gone for the code of this package alone: libraries ask
which system this is, and do what it can do.
"""

import builtins
import importlib
import runpy
import sys
import types
from pathlib import Path

HERE = Path(__file__).resolve()
MODULES = "fcntl grp nis posix pty pwd readline resource spwd syslog termios tty"
NAMES = {
    "os": """
        CLD_EXITED CLD_KILLED EFD_CLOEXEC F_LOCK F_TEST F_TLOCK F_ULOCK MFD_CLOEXEC
        O_ACCMODE O_ASYNC O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_LARGEFILE O_NDELAY
        O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_RSYNC O_SYNC O_TMPFILE
        POSIX_SPAWN_CLOSE PRIO_PROCESS P_ALL P_PGID P_PID P_PIDFD RTLD_GLOBAL
        SCHED_OTHER SEEK_DATA SEEK_HOLE ST_RDONLY WCONTINUED WCOREDUMP WEXITED
        WEXITSTATUS WIFCONTINUED WIFEXITED WIFSIGNALED WIFSTOPPED WNOHANG WNOWAIT
        WSTOPPED WSTOPSIG WTERMSIG WUNTRACED chown chroot confstr copy_file_range
        ctermid environb eventfd fchdir fchmod fchown fdatasync fork forkpty fpathconf
        fstatvfs fwalk get_blocking getegid getenvb geteuid getgid getgrouplist
        getgroups getloadavg getpgid getpgrp getpriority getrandom getresgid getresuid
        getsid getuid getxattr initgroups killpg lchown listxattr lockf major makedev
        memfd_create minor mkfifo mknod nice openpty pathconf pidfd_open pipe2
        posix_fadvise posix_fallocate posix_spawn posix_spawnp pread preadv pwrite
        pwritev readv register_at_fork removexattr sched_get_priority_max
        sched_getaffinity sched_getparam sched_getscheduler sched_setaffinity
        sched_setparam sched_setscheduler sched_yield sendfile set_blocking setegid
        seteuid setgid setgroups setpgid setpgrp setpriority setregid setresgid
        setresuid setreuid setsid setuid setxattr spawnlp spawnlpe spawnvp spawnvpe
        splice statvfs sync sysconf tcgetpgrp tcsetpgrp ttyname uname wait wait3 wait4
        waitid writev""",
    "signal": """
        ITIMER_PROF ITIMER_REAL ITIMER_VIRTUAL ItimerError SIGALRM SIGBUS SIGCHLD SIGCLD
        SIGCONT SIGHUP SIGIO SIGIOT SIGKILL SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT
        SIGRTMAX SIGRTMIN SIGSTKFLT SIGSTOP SIGSYS SIGTRAP SIGTSTP SIGTTIN SIGTTOU
        SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ SIG_BLOCK SIG_SETMASK
        SIG_UNBLOCK Sigmasks alarm getitimer pause pidfd_send_signal pthread_kill
        pthread_sigmask setitimer siginterrupt sigpending sigtimedwait sigwait
        sigwaitinfo struct_siginfo""",
    "select": """
        EPOLLERR EPOLLIN EPOLLOUT EPOLL_CLOEXEC PIPE_BUF POLLERR POLLHUP POLLIN POLLMSG
        POLLNVAL POLLOUT POLLPRI POLLRDHUP epoll poll""",
    "socket": "AF_UNIX SOCK_CLOEXEC SOCK_NONBLOCK SCM_RIGHTS recv_fds send_fds",
    "time": "CLOCK_MONOTONIC CLOCK_REALTIME clock_getres clock_gettime tzset",
    "faulthandler": "register unregister",
}


def take_away():
    """Make the code of this package lack it."""
    for module, names in NAMES.items():
        importlib.import_module(module).__class__ = _lacking(set(names.split()))
    real = builtins.__import__
    lacks = set(MODULES.split())

    def without(name, globals=None, *rest, **options):
        if name in lacks and _is_ours(globals or {}):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, globals, *rest, **options)

    builtins.__import__ = without


def _lacking(names):
    class Module(types.ModuleType):
        def __getattribute__(self, name):
            if name in names and _is_ours(sys._getframe(1).f_globals):
                raise AttributeError(f"module has no attribute {name!r}")
            return super().__getattribute__(name)

    return Module


def _is_ours(variables):
    return variables.get("__name__", "").partition(".")[0] == "course"


def main(kind, *arguments):
    """Run one or the other."""
    take_away()
    if kind == "worker":
        from_here = HERE.parent.parent / "course/grading/sandbox/bootstrap.py"
        sys.argv = [str(from_here), *arguments]
        runpy.run_path(str(from_here), run_name="__main__")
        return 0
    from course import cli
    from course.grading.sandbox import child, portable

    def command(module):
        name = f"{child.__package__}.{module}"
        return [sys.executable, "-I", str(HERE), "worker", name]

    portable.command = command
    return cli.main(list(arguments))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
