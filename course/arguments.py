"""What the command line takes: each turns a text into a value, or says what is wrong.

They are the ``type`` of arguments of ``argparse``, which prints the message and ends
with exit code 2.
"""

import argparse
import os
from pathlib import Path


def lab_number(text):
    """The number of a lab, from its number or its lecture's name."""
    from course.exercises import LABS

    for number, lecture in LABS.items():
        if text == lecture or (text.isdecimal() and int(text) == int(number)):
            return number
    known = ", ".join(f"{number} ({lecture})" for number, lecture in LABS.items())
    raise argparse.ArgumentTypeError(f"there is no lab {text!r}; there is {known}")


def count(text):
    """A whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def submissions(text):
    """A folder that is there, as a Path."""
    path = Path(text)
    if path.is_file():
        advice = "unpack it and give that folder"
        if path.suffix != ".zip":
            advice = f"give the folder it lies in, {str(path.parent)!r}"
        raise argparse.ArgumentTypeError(f"{text!r} is a file; {advice}")
    if not path.is_dir():
        raise argparse.ArgumentTypeError(
            f"there is no folder {text!r} (looked in {Path.cwd()}); give the folder "
            "that holds the submissions"
        )
    return path


def notebook(text):
    """A file that is there, as a Path."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(
            f"{text!r} is a folder; give one notebook in it, or use course grade"
        )
    if not path.is_file():
        raise argparse.ArgumentTypeError(
            f"there is no file {text!r} (looked in {Path.cwd()}); give a notebook, "
            "such as labs/05_modern_cnn.ipynb"
        )
    return path


def results_folder(text):
    """A folder that is there or can be made, as a Path."""
    path = Path(text)
    taken = next((p for p in (path, *path.parents) if p.exists()), Path())
    if not taken.is_dir():
        raise argparse.ArgumentTypeError(
            f"{str(taken)!r} is a file, so no folder {text!r} can be made; give another"
        )
    if not os.access(taken, os.W_OK):
        raise argparse.ArgumentTypeError(
            f"{str(taken)!r} is not writable for you; give another folder"
        )
    return path
