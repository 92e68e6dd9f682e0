"""``course doctor``: what this machine has, and what to do about what it lacks.

Every piece is tried, not looked up: a package that is installed may not import, and
a kernel feature that is listed may be barred.
"""

import ctypes
import ctypes.util
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata

from course.checks.columns import padded
from course.language import deferred, gettext

DISTRIBUTION = "keras-cnn-course"
GOOD, NOTE, BAD = "ok", "note", "LACKS"
_USES = {"lab": "course lab", "dev": deferred("tests and solutions")}

# System call and prctl numbers: the same on every architecture that Linux added
# them to (landlock_create_ruleset, 5.13) or everywhere (prctl options).
_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_VERSION = 1
_PR_SET_SECCOMP, _SECCOMP_FILTER = 22, 2
_EFAULT = 14
_CLONE_NEWUSER = 0x10000000

_TENSORFLOW = """
import json, tensorflow as tf
names = [(d.device_type, d.name) for d in tf.config.list_physical_devices()]
print(json.dumps({"cuda": tf.test.is_built_with_cuda(), "devices": names}))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        name: of the piece.
        state: GOOD, NOTE (works without it) or BAD (the main job needs it).
        found: what is here, in a few words.
        advice: what to do, or "".
    """

    name: str
    state: str
    found: str
    advice: str = ""


def main():
    """Print the report.

    Returns:
        Exit code: 0 when labs run and submissions can be graded here, else 1.
    """
    findings = []
    for title, section in (
        (gettext("This machine"), machine),
        (gettext("Packages"), packages),
        (gettext("Devices"), devices),
        (gettext("Grading"), grading),
    ):
        print(f"{title}")
        for finding in section():
            findings.append(finding)
            print(text(finding), flush=True)
        print()
    lacking = [gettext(finding.name) for finding in findings if finding.state == BAD]
    if lacking:
        print(gettext("Mend first: {names}.").format(names=", ".join(lacking)))
        return 1
    print(gettext("Labs run here, and submissions can be graded here."))
    return 0


def text(finding):
    """A finding as one line of text, and a second one when there is advice."""
    name = padded(gettext(finding.name), 22)
    line = f"  {finding.state:<6}{name}{finding.found}".rstrip()
    return line + (f"\n{'':<8}-> {finding.advice}" if finding.advice else "")


def machine():
    """Yield findings on Python, system, processors and memory."""
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] < (3, 14)
    yield Finding(
        "Python",
        GOOD if fits else BAD,
        f"{version} ({sys.executable})",
        "" if fits else gettext("make an environment with Python 3.11, 3.12 or 3.13"),
    )
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield Finding(deferred("system"), GOOD, system)
    found = gettext("{number} usable of {total}")
    found = found.format(number=usable_processors(), total=os.cpu_count())
    yield Finding(deferred("processors"), GOOD, found)
    yield memory()


def usable_processors():
    """Processors that this process may run on, an int."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory():
    """A finding on the memory; TensorFlow and a small lab need about 2 GB."""
    name = deferred("memory")
    try:
        import psutil
    except ImportError:
        return Finding(name, NOTE, gettext("unknown"), "pip install psutil")
    state = psutil.virtual_memory()
    found = gettext("{free} GB free of {total} GB")
    sizes = {"free": state.available, "total": state.total}
    found = found.format(**{key: f"{size / 1e9:.1f}" for key, size in sizes.items()})
    if state.available < 2e9:
        advice = gettext("close other programs; grade with --jobs 1")
        return Finding(name, NOTE, found, advice)
    return Finding(name, GOOD, found)


def packages():
    """Yield a finding for the course and for each package that it requires."""
    from packaging.requirements import Requirement

    try:
        lines = metadata.requires(DISTRIBUTION) or []
        version = metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        found = gettext("not installed")
        yield Finding(DISTRIBUTION, BAD, found, "pip install -e .")
        return
    yield Finding(DISTRIBUTION, GOOD, version)
    seen = set()
    for requirement in map(Requirement, lines):
        extra = _extra(requirement)
        if requirement.name not in seen and extra in ("", *_USES):
            seen.add(requirement.name)
            yield _package(requirement, extra)


def _extra(requirement):
    """The extra that asks for a requirement, or "" when the core does."""
    marker = requirement.marker
    if marker is None or marker.evaluate({"extra": ""}):
        return ""
    extras = metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or []
    return next((name for name in extras if marker.evaluate({"extra": name})), "?")


def _package(requirement, extra):
    wanted = f"{requirement.name}{requirement.specifier}"
    absent, advice = NOTE if extra else BAD, f'pip install "{wanted}"'
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        found = gettext("not installed")
        if extra:
            use = gettext(_USES[extra])
            found = gettext("not installed (for {use})").format(use=use)
        return Finding(requirement.name, absent, found, advice)
    if not requirement.specifier.contains(version, prereleases=True):
        found = gettext("{version}, but {wanted} is needed")
        found = found.format(version=version, wanted=requirement.specifier)
        return Finding(requirement.name, absent, found, advice)
    return Finding(requirement.name, GOOD, version)


def devices(timeout=180):
    """Yield findings on what TensorFlow sees, asked in a process of its own.

    Args:
        timeout: seconds that TensorFlow may take to import.
    """
    command = [sys.executable, "-c", _TENSORFLOW]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    options = {"timeout": timeout, "env": environment, "errors": "replace"}
    try:
        done = subprocess.run(command, capture_output=True, **options)
    except subprocess.TimeoutExpired:
        found = gettext("import took over {seconds} s").format(seconds=timeout)
        advice = gettext("try again when the machine is idle")
        yield Finding("TensorFlow", BAD, found, advice)
        return
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [gettext("no message")])[-1]
        found = gettext("does not import: {error}").format(error=last[:120])
        advice = gettext("install it anew: {command}")
        advice = advice.format(command="pip install --force-reinstall tensorflow")
        yield Finding("TensorFlow", BAD, found, advice)
        return
    yield from _device_findings(json.loads(done.stdout.splitlines()[-1]))


def _device_findings(seen):
    """Findings from what the process printed: a dict with cuda and devices."""
    names = [name.removeprefix("/physical_device:") for _, name in seen["devices"]]
    found = gettext("imports; sees {devices}").format(devices=", ".join(names))
    yield Finding("TensorFlow", GOOD, found)
    if any(kind == "GPU" for kind, _ in seen["devices"]):
        return
    if shutil.which("nvidia-smi") is None:
        found = gettext("none; every lab runs on processors alone")
        yield Finding("GPU", NOTE, found)
    elif not seen["cuda"]:
        found = gettext("there, but this TensorFlow has no CUDA")
        advice = gettext(
            "TensorFlow uses NVIDIA GPUs on Linux only; on Windows work in WSL2"
        )
        yield Finding("GPU", NOTE, found, advice)
    else:
        found = gettext("nvidia-smi is here, TensorFlow sees none")
        advice = gettext(
            'pip install "tensorflow[and-cuda]"; see if nvidia-smi lists the GPU'
        )
        yield Finding("GPU", NOTE, found, advice)


def grading():
    """Yield findings on what holds submissions back: used today, and there to use."""
    from course.grading.sandbox import pool

    name = deferred("processes")
    if pool.can_fork():
        found = gettext("a forked process a submission, with limits")
        yield Finding(name, GOOD, found)
    else:
        found = gettext(
            "a new process a submission, with limits on time and memory alone"
        )
        advice = gettext(
            "course demo and course check run so; course grade wants --unsafe, or "
            "WSL 2 (on Windows), or a Linux container (on macOS)"
        )
        yield Finding(name, NOTE, found, advice)
    yield Finding(
        deferred("sandbox"),
        NOTE,
        gettext("not sealed: a submission can read your files and use the network"),
        gettext("grade strangers' work in a virtual machine or a container"),
    )
    if sys.platform == "linux":
        yield from walls()


def walls():
    """Yield findings on what Linux has to hold a process back."""
    yield bubblewrap()
    yield user_namespaces()
    abi = landlock_abi()
    advice = gettext("use Linux 5.13+")
    yield Finding("Landlock", *_available(abi > 0, f"ABI {abi}", advice))
    found, advice = gettext("loadable"), gettext("use a distribution's own kernel")
    yield Finding(
        deferred("seccomp filters"), *_available(seccomp_filters(), found, advice)
    )
    library = ctypes.util.find_library("seccomp")
    yield Finding(
        "libseccomp",
        *_available(library, library, "sudo apt-get install libseccomp2"),
    )


def _available(here, found, advice):
    # What a later, sealed sandbox would use: its absence spoils nothing today.
    if here:
        return GOOD, gettext("{found} (for a later sealed sandbox)").format(found=found)
    return NOTE, gettext("not available (a later sealed sandbox would use it)"), advice


def bubblewrap(program="bwrap"):
    """A finding on whether bubblewrap can start a program here."""
    path = shutil.which(program)
    if path is None:
        return Finding(
            "bubblewrap",
            *_available(False, "", "sudo apt-get install bubblewrap"),
        )
    walls = ["--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--"]
    done = subprocess.run([path, *walls, "true"], capture_output=True, text=True)
    reason = (done.stderr.strip().splitlines() or [gettext("no message")])[-1]
    advice = gettext("{path} does not start a program: {reason}")
    advice = advice.format(path=path, reason=reason)
    return Finding("bubblewrap", *_available(done.returncode == 0, path, advice))


def user_namespaces():
    """A finding on whether this user may make a user namespace."""
    # In a process of its own: the call cannot be taken back.
    code = (
        "import ctypes, sys; "
        f"sys.exit(ctypes.CDLL(None).unshare({_CLONE_NEWUSER}) != 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    advice = gettext(
        "Ubuntu 23.10 and later: sudo sysctl "
        "kernel.apparmor_restrict_unprivileged_userns=0; in a container, the engine "
        "must allow unshare"
    )
    allowed = _available(done.returncode == 0, gettext("allowed"), advice)
    return Finding(deferred("user namespaces"), *allowed)


def landlock_abi():
    """Version of the kernel's Landlock interface, an int; 0 when there is none."""
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    size = ctypes.c_size_t(0)
    version = syscall(_LANDLOCK_CREATE_RULESET, None, size, _LANDLOCK_VERSION)
    return max(0, version)


def seccomp_filters():
    """Whether the kernel takes seccomp filters, a bool.

    Asks for a filter at address 0: a kernel that has them fails to read it, one that
    has none does not know the request.
    """
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, None)
    return ctypes.get_errno() == _EFAULT
