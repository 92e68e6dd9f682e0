"""``course lab``: written once, never over anything, opened in JupyterLab."""

import os
import signal
import sys
from pathlib import Path

import pytest

from course import cli, lab, shipped
from course.exercises import LABS


@pytest.mark.parametrize("number", LABS)
def test_every_lab_is_shipped(number):
    assert (shipped.folder("labs") / f"{number}_{LABS[number]}.ipynb").is_file()


def test_what_is_not_shipped_is_an_error_that_helps():
    with pytest.raises(FileNotFoundError, match="no recipes; in a clone"):
        shipped.folder("recipes")


def test_lab_is_written_once_and_never_over_the_students_work(tmp_path, capsys):
    path = lab.place("05", tmp_path / "labs")
    assert path.read_bytes() == (shipped.folder("labs") / path.name).read_bytes()
    assert "Wrote" in capsys.readouterr().out
    path.write_text("my work")
    assert lab.place("05", tmp_path / "labs").read_text() == "my work"
    assert "as you left it" in capsys.readouterr().out
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_lab_replaces_nothing_that_it_did_not_make(tmp_path):
    path = tmp_path / "05_modern_cnn.ipynb"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError, match="link to a file that is not there"):
        lab.place("05", tmp_path)
    assert path.is_symlink() and not path.exists()
    path.unlink()
    partial = path.with_suffix(".partial")
    partial.write_text("mine")
    lab.place("05", tmp_path)
    assert partial.read_text() == "mine"


def test_no_half_of_a_lab_stays(tmp_path):
    path = tmp_path / "a.ipynb"
    with pytest.raises(TypeError):
        lab._write_new(path, "no bytes")
    assert not path.exists()
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        lab._write_new(path, b"other")
    assert path.read_text() == "mine"


def test_lab_is_opened_in_jupyterlab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = []
    monkeypatch.setattr(lab, "_foreground", lambda line: started.append(line) or 0)
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: name)
    for variable in lab._HOSTED:
        monkeypatch.delenv(variable, raising=False)
    assert cli.main(["lab", "05", "--no-browser"]) == 0
    notebook = str(Path("labs", "05_modern_cnn.ipynb"))
    wanted = [sys.executable, "-m", "jupyterlab", notebook, "--no-browser"]
    assert [line[: len(wanted)] for line in started] == [wanted]
    assert Path(notebook).is_file()


@pytest.mark.skipif(os.name == "nt", reason="no root")
@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_may_start_jupyterlab(monkeypatch, user, allowed):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    line = lab._jupyterlab(Path("a.ipynb"), browser=True)
    assert ("--allow-root" in line) == allowed and "--no-browser" not in line


def test_lab_without_jupyterlab_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    for variable in lab._HOSTED:
        monkeypatch.delenv(variable, raising=False)
    assert cli.main(["lab"]) == 1
    assert "pip install jupyterlab" in capsys.readouterr().err
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    assert cli.main(["lab"]) == 0
    assert "On Colab, open labs" in capsys.readouterr().out


def test_the_started_program_gets_the_interrupts(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    code = "import signal, sys; sys.exit(signal.getsignal(signal.SIGINT) is None or 3)"
    assert lab._foreground([sys.executable, "-c", code]) == 3
    assert signal.getsignal(signal.SIGINT) is before
