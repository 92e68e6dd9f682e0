"""``course lab``: a student's copy of a lab, opened in JupyterLab."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

from course import shipped
from course.exercises import LABS
from course.language import ENGLISH, current, gettext

# Services whose users already sit in a notebook program.
_HOSTED = {"COLAB_RELEASE_TAG": "Colab", "JUPYTERHUB_USER": "JupyterHub"}


def main(number, *, browser=True, start=True):
    """Open a lab; write it first where it is missing.

    Args:
        number: of the lab, a key of ``course.exercises.LABS``.
        browser: let JupyterLab open a window.
        start: False to write the lab and start nothing.

    Returns:
        Exit code: 1 when JupyterLab is not installed or ended with an error.
    """
    path = place(number, Path("labs"))
    if not start:
        return 0
    for variable, service in _HOSTED.items():
        if variable in os.environ:
            said = gettext("On {service}, open {path} in the file list.")
            print(said.format(service=service, path=path))
            return 0
    if importlib.util.find_spec("jupyterlab") is None:
        said = gettext(
            "JupyterLab is not installed. Install it (pip install jupyterlab) and run "
            "this again, or open {path} in the notebook program that you use."
        )
        print(said.format(path=path), file=sys.stderr)
        return 1
    return _foreground(_jupyterlab(path, browser))


def _jupyterlab(path, browser):
    command = [sys.executable, "-m", "jupyterlab", str(path)]
    if not browser:
        command.append("--no-browser")
    # In a container one is often root, and JupyterLab would refuse to start.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def place(number, folder):
    """The student's file of a lab in ``folder``, written when it is not there.

    A file that is there is the student's work and stays as it is. A lab in another
    language than English lies in a folder of that language.

    Args:
        number: of the lab, a key of ``course.exercises.LABS``.
        folder: pathlib.Path.

    Returns:
        Path of the notebook.

    Raises:
        FileNotFoundError: this installation does not have the lab.
        FileExistsError: a link is in its place that leads nowhere.
    """
    name = f"{number}_{LABS[number]}.ipynb"
    language = "" if current() == ENGLISH else current()
    path = folder / language / name
    if path.exists():
        said = gettext("{path} is there; it stays as you left it.")
        print(said.format(path=path))
        return path
    if path.is_symlink():
        said = gettext(
            "{path} is a link to a file that is not there; put the file back, or "
            "remove the link"
        )
        raise FileExistsError(said.format(path=path))
    source = shipped.folder("labs") / language / name
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_new(path, source.read_bytes())
    said = gettext("Wrote {path}; it is yours to edit and is never overwritten.")
    print(said.format(path=path))
    return path


def _write_new(path, data):
    """Write a file where there is none; half of it, which would pass for work, goes."""
    file = open(path, "xb")
    try:
        with file:
            file.write(data)
    except BaseException:
        path.unlink()
        raise


def _foreground(command):
    """Run a program that answers Ctrl-C itself, as JupyterLab does."""
    process = subprocess.Popen(command)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
