"""The command line: what it loads, what it passes on, what it says about bad input."""

import inspect
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import course
from course import cli
from course.checks.columns import width

ROOT = Path(course.__file__).resolve().parent.parent


def python(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.update(options.pop("env", {}))
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        **options,
    )


def processor_seconds(*commands):
    """Processor time of each command, the least of some runs taken in turn.

    Not the time on the clock: that of a busy machine says nothing about the command.
    """
    resource = pytest.importorskip("resource")
    least = [float("inf")] * len(commands)
    for _ in range(7):
        for i, command in enumerate(commands):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            python(*command)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            least[i] = min(least[i], used)
    return least


HEAVY = {"tensorflow", "keras", "numpy"}
LOADED = f"import sys; print(sorted({HEAVY} & set(sys.modules)))"


def test_importing_the_package_loads_no_tensorflow():
    assert python("-c", f"import course; {LOADED}").stdout == "[]\n"


def test_help_loads_no_tensorflow():
    code = f"from course import cli\ntry: cli.main(['--help'])\nfinally: {LOADED}"
    assert python("-c", code).stdout.endswith("[]\n")


def test_import_and_help_are_quick():
    bare, package, text = processor_seconds(
        ["-c", "pass"], ["-c", "import course"], ["-m", "course", "--help"]
    )
    assert package - bare < 0.050
    assert text - bare < 0.300


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    commands = "demo lab check progress reset handin grade model doctor build"
    for command in commands.split():
        assert f"\n    {command} " in text


def test_help_is_korean_where_that_is_chosen_and_fits_the_terminal(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_LANG", "ko")
    monkeypatch.setenv("COLUMNS", "80")
    for command in [[], ["grade"], ["progress"], ["doctor"]]:
        with pytest.raises(SystemExit):
            cli.main([*command, "--help"])
        text = capsys.readouterr().out
        assert text.startswith("사용법: course") and "옵션:" in text
        assert max(map(width, text.splitlines())) <= 80
    with pytest.raises(SystemExit) as stop:
        cli.main(["grade", "nowhere", "--lab", "05", "--out", "o"])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert "course grade: 오류: 인수 FOLDER: 'nowhere' 폴더가 없습니다" in said


def test_help_speaks_of_nothing_that_has_no_translation(monkeypatch, capsys):
    """What argparse says itself is looked up by its text, which Python may change."""
    monkeypatch.setenv("COURSE_LANG", "ko")
    with pytest.raises(SystemExit):
        cli.main(["reset", "--help"])
    said = capsys.readouterr().out
    words = set(re.findall(r"[a-z]{3,}", said))
    assert words <= {"course", "reset", "all", "help", "vgg", "block"}


def test_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"course {course.__version__}\n"


GRADE = ["grade", "{folder}", "--lab", "05", "--out", "{out}"]

BAD = {
    "no command": ([], ["required", "COMMAND"]),
    "unknown command": (["grad"], ["'grad'", "grade"]),
    "no such folder": (
        ["grade", "nowhere", "--lab", "05", "--out", "o"],
        ["no folder 'nowhere'", "{folder}", "give the folder"],
    ),
    "a file for a folder": (
        ["grade", "a.ipynb", "--lab", "05", "--out", "o"],
        ["'a.ipynb' is a file", "give the folder it lies in"],
    ),
    "a zip for a folder": (
        ["grade", "a.zip", "--lab", "05", "--out", "o"],
        ["'a.zip' is a file", "unpack it"],
    ),
    "unknown lab": (
        ["grade", ".", "--lab", "99", "--out", "o"],
        ["--lab", "no lab '99'", "05 (modern_cnn)"],
    ),
    "no lab": (["grade", ".", "--out", "o"], ["required", "--lab"]),
    "no results folder": (["grade", ".", "--lab", "05"], ["required", "--out"]),
    "results below a file": (
        ["grade", ".", "--lab", "05", "--out", "a.ipynb/o"],
        ["--out", "'a.ipynb' is a file", "give another"],
    ),
    "no jobs": (
        ["grade", ".", "--lab", "05", "--out", "o", "--jobs", "0"],
        ["--jobs", "'0'", "above 0"],
    ),
    "half a job": (
        ["grade", ".", "--lab", "05", "--out", "o", "--jobs", "1.5"],
        ["--jobs", "'1.5'", "whole number"],
    ),
    "no such notebook": (["check", "b.ipynb"], ["no file 'b.ipynb'", "{folder}"]),
    "a folder for a notebook": (["check", "."], ["'.' is a folder", "course grade"]),
    "unknown lab to open": (["lab", "five"], ["no lab 'five'", "05 (modern_cnn)"]),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_named_and_mended(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("a.ipynb").write_text("{}")
    Path("a.zip").write_bytes(b"")
    arguments, fragments = BAD[name]
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    message = capsys.readouterr().err
    assert stop.value.code == 2
    for fragment in fragments:
        assert fragment.format(folder=tmp_path) in message


@pytest.mark.parametrize(
    "line",
    [
        ["check", "{name}"],
        ["grade", "{name}", "--lab", "05", "--out", "o"],
        ["grade", ".", "--lab", "05", "--out", "{name}"],
    ],
)
@pytest.mark.parametrize("fault", ["File name too long", "Permission denied"])
def test_what_cannot_be_looked_at_is_named(line, fault, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    name = "x" * 300
    if fault == "Permission denied":  # which root never meets
        look, name = os.stat, "private/a.ipynb"

        def refuse(path, **options):
            if Path(path) == Path(name):
                raise PermissionError(13, fault, path)
            return look(path, **options)

        monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(SystemExit) as stop:
        cli.main([part.format(name=name) for part in line])
    said = " ".join(capsys.readouterr().err.split())
    assert stop.value.code == 2
    assert f"{name!r} cannot be reached ({fault}); give another name" in said


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write")
def test_results_folder_that_may_not_be_written(tmp_path, capsys):
    tmp_path.chmod(0o500)
    with pytest.raises(SystemExit):
        cli.main(["grade", ".", "--lab", "05", "--out", str(tmp_path / "o")])
    assert "not writable" in capsys.readouterr().err


@pytest.fixture
def calls(monkeypatch):
    """Replaces a function by one that takes the same arguments and notes them."""
    noted = []

    def replace(path, result=0):
        module, _, name = path.rpartition(".")
        real = getattr(__import__(module, fromlist=[name]), name)

        def note(*args, **kwargs):
            bound = inspect.signature(real).bind(*args, **kwargs)
            bound.apply_defaults()
            noted.append(bound.arguments)
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr(path, note)
        return noted

    return replace


def test_grade_passes_its_arguments_on(calls, tmp_path):
    noted = calls("course.grading.run.grade")
    out = str(tmp_path / "new" / "out")
    line = ["grade", str(tmp_path), "--lab", "5", "--out", out, "--jobs", "3"]
    assert cli.main(line) == 0
    assert cli.main([*line, "--unsafe", "--new-seed"]) == 0
    first, second = noted
    assert first["folder"] == tmp_path
    assert (first["lab"], str(first["out"]), first["jobs"]) == ("05", out, 3)
    assert first["seed"] is None and first["unsafe"] is False
    assert isinstance(second["seed"], int) and second["unsafe"] is True


def test_the_other_commands_pass_their_arguments_on(calls, tmp_path):
    notebook = tmp_path / "a.ipynb"
    notebook.write_text("{}")
    checked = calls("course.grading.checking.check_notebook", result=1)
    assert cli.main(["check", str(notebook), "--lab", "modern_cnn"]) == 1
    assert checked[-1]["path"] == notebook and checked[-1]["lab"] == "05"
    shown = calls("course.toolkit.model_table.main", result=None)
    assert cli.main(["model", "googlenet"]) == 0
    assert shown[-1]["name"] == "googlenet"
    demonstrated = calls("course.grading.demo.main")
    assert cli.main(["demo", "--out", str(tmp_path)]) == 0
    assert demonstrated[-1]["out"] == tmp_path
    built = calls("course.authoring.build.main")
    assert cli.main(["build", "--check"]) == 0
    assert built[-1] == {"check": True, "run": False}
    assert cli.main(["build", "--run"]) == 0
    assert built[-1] == {"check": False, "run": True}


def test_model_prints_the_table_and_nothing_else():
    done = python("-m", "course", "model", "vgg11")
    assert done.returncode == 0 and done.stderr == ""
    assert "132,863,336" in done.stdout


def test_unknown_model_gets_a_suggestion():
    done = python("-m", "course", "model", "goglenet")
    assert done.returncode == 2
    assert "'goglenet'; did you mean googlenet" in done.stderr


def test_build_without_jupytext_says_so(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["build"]) == 1
    assert "pip install jupytext" in capsys.readouterr().err


def test_interrupt_ends_without_a_traceback(calls, capsys):
    calls("course.doctor.main", result=KeyboardInterrupt())
    assert cli.main(["doctor"]) == 128 + signal.SIGINT
    assert capsys.readouterr().err == "\ninterrupted\n"


def test_an_error_of_the_system_is_one_line(calls, capsys):
    calls("course.doctor.main", result=PermissionError(13, "Permission denied", "x"))
    assert cli.main(["doctor"]) == 1
    assert capsys.readouterr().err == (
        "course doctor: error: [Errno 13] Permission denied: 'x'\n"
    )


def test_what_the_terminal_cannot_show_becomes_a_question_mark(tmp_path):
    environment = {"PYTHONIOENCODING": "cp1252", "COURSE_LANG": "ko"}
    done = python("-m", "course", "lab", "--write-only", cwd=tmp_path, env=environment)
    assert done.returncode == 0 and "?" in done.stdout and done.stderr == ""


def test_a_reader_that_leaves_gets_no_traceback(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "course", "lab", "--write-only"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_files_beside_the_student_are_not_imported(tmp_path):
    for name in ("argparse", "shutil", "json", "signal"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w')")
    done = python("-m", "course", "lab", "--write-only", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()
