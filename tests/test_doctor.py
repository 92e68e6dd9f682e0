"""The doctor: each piece here, lacking, and broken."""

import ctypes
import sys
from importlib import metadata

import pytest

from course import doctor
from course.doctor import BAD, GOOD, NOTE, Finding

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="a part of Linux")


def by_name(findings):
    return {finding.name: finding for finding in findings}


def test_lines_are_aligned_and_advice_stands_below():
    short = doctor.text(Finding("GPU", NOTE, "none"))
    long = doctor.text(Finding("tensorflow-datasets", BAD, "none", "install it"))
    assert short.index("none") == long.index("none")
    assert long.splitlines()[1] == "        -> install it"


def test_the_machine_is_described():
    found = by_name(doctor.machine())
    assert list(found) == ["Python", "system", "processors", "memory"]
    assert sys.executable in found["Python"].found
    assert found["Python"].state == GOOD
    assert 1 <= doctor.usable_processors()


def test_an_unsupported_python_is_named(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    found = by_name(doctor.machine())["Python"]
    assert found.state == BAD and "3.13" in found.advice


@pytest.fixture
def installed(monkeypatch):
    """Stands for what is installed: the distribution and a table of versions."""
    requires = ["numpy>=1.26,<3", "keras>=3.8", "jupyterlab>=4; extra == 'lab'"]
    versions = {"keras-cnn-course": "1", "numpy": "2.0", "keras": "3.9"}

    def version(name):
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    class Metadata:
        def get_all(self, name):
            return ["lab"]

    monkeypatch.setattr(metadata, "requires", lambda name: requires)
    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(metadata, "metadata", lambda name: Metadata())
    return versions


def test_packages_that_fit(installed):
    installed["jupyterlab"] = "4.2"
    assert {f.state for f in doctor.packages()} == {GOOD}


def test_a_package_of_the_core_that_lacks_is_bad(installed):
    del installed["numpy"]
    found = by_name(doctor.packages())["numpy"]
    assert found.state == BAD
    assert found.advice == 'pip install "numpy<3,>=1.26"'


def test_a_package_that_is_too_old_is_bad(installed):
    installed["keras"] = "2.15"
    found = by_name(doctor.packages())["keras"]
    assert found.state == BAD
    assert found.found == "2.15, but >=3.8 is needed"


def test_a_package_of_an_extra_is_a_note(installed):
    found = by_name(doctor.packages())["jupyterlab"]
    assert found.state == NOTE and "for course lab" in found.found


def test_the_course_itself_not_installed(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    (finding,) = doctor.packages()
    assert finding.state == BAD and "pip install" in finding.advice


def test_tensorflow_is_asked_for_its_devices():
    assert by_name(doctor.devices())["TensorFlow"].found.startswith("imports; sees CPU")


def test_tensorflow_that_does_not_import(monkeypatch):
    monkeypatch.setattr(doctor, "_TENSORFLOW", "raise ImportError('no libfoo.so')")
    (finding,) = doctor.devices()
    assert finding.state == BAD and "ImportError: no libfoo.so" in finding.found


def test_tensorflow_that_hangs(monkeypatch):
    monkeypatch.setattr(doctor, "_TENSORFLOW", "import time; time.sleep(60)")
    (finding,) = doctor.devices(timeout=0.5)
    assert finding.state == BAD and "0.5 s" in finding.found


CPU = ["CPU", "/physical_device:CPU:0"]
GPU = ["GPU", "/physical_device:GPU:0"]


@pytest.mark.parametrize(
    ("driver", "cuda", "devices", "words"),
    [
        (None, True, [CPU], ["none; every lab runs"]),
        ("/bin/nvidia-smi", True, [CPU], ["sees none", "and-cuda"]),
        ("/bin/nvidia-smi", False, [CPU], ["no CUDA", "WSL2"]),
        ("/bin/nvidia-smi", True, [CPU, GPU], ["sees CPU:0, GPU:0"]),
    ],
)
def test_a_gpu_that_is_missed_is_explained(monkeypatch, driver, cuda, devices, words):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: driver)
    findings = list(doctor._device_findings({"cuda": cuda, "devices": devices}))
    assert BAD not in {f.state for f in findings}
    printed = "\n".join(map(doctor.text, findings))
    for word in words:
        assert word in printed


@LINUX
def test_the_missing_seal_is_said_openly():
    sandbox = by_name(doctor.grading())["sandbox"]
    assert sandbox.found.startswith("not sealed")


@LINUX
@pytest.mark.parametrize("code", [0, 1])
def test_bubblewrap_is_tried(code, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\necho no namespaces >&2\nexit {code}\n")
    program.chmod(0o755)
    finding = doctor.bubblewrap(str(program))
    assert finding.state == (NOTE if code else GOOD)
    assert ("no namespaces" in finding.advice) == bool(code)


def test_bubblewrap_that_is_not_installed(tmp_path):
    finding = doctor.bubblewrap(str(tmp_path / "bwrap"))
    assert finding.state == NOTE and "apt-get install bubblewrap" in finding.advice


@LINUX
def test_landlock_agrees_with_a_second_way_to_ask():
    # A rule set of a size that no kernel knows is refused with EINVAL where there is
    # Landlock, with ENOSYS or EOPNOTSUPP where there is none.
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.syscall(444, None, ctypes.c_size_t(1), 0) == -1
    has_landlock = ctypes.get_errno() not in (38, 95)
    assert (doctor.landlock_abi() > 0) == has_landlock


@LINUX
def test_seccomp_probe_leaves_the_process_unfiltered():
    doctor.seccomp_filters()
    with open("/proc/self/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    assert lines["Seccomp"].strip() == "0"


def test_where_nothing_is_forked_the_doctor_says_what_to_do(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    found = by_name(doctor.grading())
    assert list(found) == ["processes", "sandbox"], "what Linux has is not looked for"
    assert found["processes"].state == NOTE
    assert "--unsafe" in found["processes"].advice
    assert "WSL 2" in found["processes"].advice


@LINUX
def test_the_doctor_knows_that_forking_is_switched_off(monkeypatch):
    assert by_name(doctor.grading())["processes"].state == GOOD
    monkeypatch.setenv("COURSE_FORK", "0")
    assert by_name(doctor.grading())["processes"].state == NOTE


@pytest.mark.parametrize("state", [GOOD, NOTE, BAD])
def test_exit_code_tells_whether_the_main_job_runs(monkeypatch, capsys, state):
    for section in ("machine", "packages", "devices", "grading"):
        monkeypatch.setattr(doctor, section, lambda: [Finding("piece", GOOD, "here")])
    monkeypatch.setattr(doctor, "grading", lambda: [Finding("fork", state, "?")])
    assert doctor.main() == (state == BAD)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Mend first: fork." if state == BAD else "Labs run here")
