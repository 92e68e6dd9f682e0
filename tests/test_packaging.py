"""What an installation gets, and how the environment is made."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import course
from course.exercises import LABS

ROOT = Path(course.__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if not line.startswith("#")
]


def test_constraints_name_exact_versions_and_no_place():
    for pin in PINS:
        assert pin.url is None
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), pin


@pytest.mark.parametrize("version", ["3.11.2", "3.12.3", "3.13.5"])
def test_constraints_hold_one_version_of_each_requirement(version):
    environment = {
        "python_version": version.rpartition(".")[0],
        "python_full_version": version,
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
    }
    pinned = {}
    for pin in PINS:
        if pin.marker is None or pin.marker.evaluate(environment):
            name = canonicalize_name(pin.name)
            assert name not in pinned, f"two versions of {name}"
            pinned[name] = str(pin.specifier).removeprefix("==")
    for line in [*PROJECT["dependencies"], *sum(EXTRAS.values(), [])]:
        asked = Requirement(line)
        assert asked.specifier.contains(pinned[canonicalize_name(asked.name)]), line


def test_the_core_leaves_notebook_programs_to_the_lab_extra():
    core = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert {"tensorflow", "keras", "keras-cv", "tensorflow-datasets"} <= core
    assert not core & {"jupyterlab", "notebook", "ipykernel", "pytest", "nbval"}
    assert set(EXTRAS) == {"gpu", "lab", "dev", "docs", "scale"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Paths in the wheel that pip would build."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    names = ["course", "labs", "examples", "pyproject.toml", "setup.py"]
    for name in [*names, "README.md", "LICENSE", "MANIFEST.in"]:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        source.mkdir(exist_ok=True)
        copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index"]
    build += ["--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    done = subprocess.run([*build, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(path).namelist())


def test_wheel_holds_every_file_of_the_package(wheel):
    for path in (ROOT / "course").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in wheel


def test_wheel_holds_the_labs_and_the_examples_and_no_solutions(wheel):
    for number, lecture in LABS.items():
        assert f"course/_shipped/labs/{number}_{lecture}.ipynb" in wheel
        folder = ROOT / "examples" / "submissions" / f"{number}_{lecture}"
        examples = [p for p in folder.rglob("*") if p.is_file()]
        assert len(examples) >= 10
        for path in examples:
            assert f"course/_shipped/{path.relative_to(ROOT).as_posix()}" in wheel
    assert not [name for name in wheel if name.startswith(("solutions", "tests"))]
    assert not [name for name in wheel if "_shipped/solutions" in name]


@pytest.fixture
def make(tmp_path):
    """Runs make in an empty folder, where only the given interpreters are found."""
    programs = tmp_path / "bin"
    programs.mkdir()
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("sh", "rm", "mkdir", "touch", "make"):
        (programs / name).symlink_to(shutil.which(name))

    def run(interpreters, target=".venv/bin/python", **variables):
        for name, script in interpreters.items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        return subprocess.run(
            [programs / "make", target, *(f"{k}={v}" for k, v in variables.items())],
            cwd=tmp_path,
            env={"PATH": str(programs)},
            capture_output=True,
            text=True,
        )

    return run


needs_make = pytest.mark.skipif(
    os.name == "nt" or shutil.which("make") is None, reason="needs make"
)
# Answers the Makefile's questions; "-m venv" notes who was asked.
TOO_OLD = 'case "$2" in *version_info*) exit 1;; esac; exit 0'
FITS = (
    'case "$*" in --version) echo "Python 3.X";; *"-m venv"*) mkdir -p .venv/bin; '
    'echo "$0" > .venv/bin/python;; esac; exit 0'
)
NO_PIP = 'case "$2" in *print*) echo python3.12;; *ensurepip*) exit 1;; esac; exit 0'
BROKEN = "exit 127"


@needs_make
@pytest.mark.parametrize(
    ("interpreters", "chosen"),
    [
        ({"python3": FITS, "python3.13": FITS}, "python3"),
        ({"python3": TOO_OLD, "python3.12": FITS, "python3.11": FITS}, "python3.12"),
        ({"python3": NO_PIP, "python3.13": BROKEN, "python3.11": FITS}, "python3.11"),
    ],
)
def test_an_interpreter_that_fits_is_chosen(make, tmp_path, interpreters, chosen):
    done = make(interpreters)
    assert done.returncode == 0, done.stderr
    used = (tmp_path / ".venv/bin/python").read_text().strip()
    assert Path(used).name == chosen


@needs_make
def test_no_interpreter_is_said(make):
    done = make({"python3": TOO_OLD})
    assert done.returncode == 2
    assert "No Python 3.11, 3.12 or 3.13 found" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


@needs_make
def test_a_missing_venv_package_is_named(make, tmp_path):
    done = make({"python3": NO_PIP})
    assert done.returncode == 2
    assert "sudo apt-get install python3.12-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


@needs_make
def test_an_interpreter_can_be_named(make, tmp_path):
    named = tmp_path / "bin" / "mine"
    done = make({"python3": FITS, "mine": FITS}, PYTHON=named)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".venv/bin/python").read_text().strip() == str(named)


def test_help_lists_every_target():
    text = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: (\S+)", text, re.M))
    described = set(re.findall(r"^([a-z-]+):.*## ", text, re.M))
    assert described == phony >= {"help", "demo", "lab", "test", "docs", "solutions"}
