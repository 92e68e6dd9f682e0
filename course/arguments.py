"""Pieces of the command line: its commands, their help, and what they take.

A ``type`` of an argument turns a text into a value, or says what is wrong: ``argparse``
prints the message and ends with exit code 2.
"""

import argparse
import os
import shutil
import stat
from pathlib import Path

from course.language import KOREAN, current, deferred, gettext

# What argparse itself says; it asks for these in the domain of the process
# (``course.language.use_locale``).
OF_ARGPARSE = (
    deferred("usage: "),
    deferred("options"),
    deferred("positional arguments"),
    deferred("show this help message and exit"),
    deferred("%(prog)s: error: %(message)s\n"),
    deferred("argument %(argument_name)s: %(message)s"),
    deferred("the following arguments are required: %s"),
    deferred("unrecognized arguments: %s"),
    deferred("invalid choice: %(value)r (choose from %(choices)s)"),
    deferred("not allowed with argument %s"),
    deferred("expected one argument"),
    deferred("expected at least one argument"),
)


_NAMES = 12  # columns


class Help(argparse.HelpFormatter):
    """Help that fits the terminal: Hangul takes two columns a letter."""

    def __init__(self, prog):
        columns = shutil.get_terminal_size().columns - 2
        if current() == KOREAN:
            # Behind the names; of Korean with its blanks, 4 letters take 7 columns.
            columns = _NAMES + (columns - _NAMES) * 4 // 7
        super().__init__(prog, width=columns)


def add_command(commands, name, handler, summary):
    """Add a command to the parsers.

    Args:
        commands: what ``add_subparsers`` gave.
        name: of the command.
        handler: is called with the parsed options and returns the exit code.
        summary: in one line.

    Returns:
        The parser of the command.
    """
    command = commands.add_parser(
        name, help=summary, description=summary, formatter_class=Help
    )
    # Not named as an option is: `--run` would be replaced.
    command.set_defaults(handler=handler)
    return command


def lab_number(text):
    """The number of a lab, from its number or its lecture's name."""
    from course.exercises import LABS

    for number, lecture in LABS.items():
        if text == lecture or (text.isdecimal() and int(text) == int(number)):
            return number
    known = ", ".join(f"{number} ({lecture})" for number, lecture in LABS.items())
    said = gettext("there is no lab {text!r}; there is {known}")
    raise _wrong(said, text, known=known)


def count(text):
    """A whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise _wrong(gettext("{text!r} is not a whole number above 0"), text)
    return int(text)


def submissions(text):
    """A folder that is there, as a Path."""
    path, mode = Path(text), _mode(text)
    if stat.S_ISREG(mode):
        said = gettext("{text!r} is a file; unpack it and give that folder")
        if path.suffix != ".zip":
            said = gettext("{text!r} is a file; give the folder it lies in, {folder!r}")
        raise _wrong(said, text, folder=str(path.parent))
    if not stat.S_ISDIR(mode):
        said = gettext(
            "there is no folder {text!r} (looked in {here}); give the folder that "
            "holds the submissions"
        )
        raise _wrong(said, text, here=Path.cwd())
    return path


def notebook(text):
    """A file that is there, as a Path."""
    path, mode = Path(text), _mode(text)
    if stat.S_ISDIR(mode):
        said = gettext(
            "{text!r} is a folder; give one notebook in it, or use course grade"
        )
        raise _wrong(said, text)
    if not stat.S_ISREG(mode):
        said = gettext(
            "there is no file {text!r} (looked in {here}); give a notebook, such as "
            "labs/05_modern_cnn.ipynb"
        )
        raise _wrong(said, text, here=Path.cwd())
    return path


def results_folder(text):
    """A folder that is there or can be made, as a Path."""
    path = Path(text)
    taken = next((p for p in (path, *path.parents) if _mode(p)), Path())
    if not stat.S_ISDIR(_mode(taken)):
        said = gettext(
            "{taken!r} is a file, so no folder {text!r} can be made; give another"
        )
        raise _wrong(said, text, taken=str(taken))
    if not os.access(taken, os.W_OK):
        said = gettext("{taken!r} is not writable for you; give another folder")
        raise _wrong(said, text, taken=str(taken))
    return path


def _mode(path):
    """Kind and permissions of what a path leads to; 0 where nothing is there."""
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except (OSError, ValueError) as error:
        said = gettext(
            "{text!r} cannot be reached ({error}); give another name, or see to it "
            "that you may open the folder it lies in"
        )
        error = getattr(error, "strerror", error)
        raise _wrong(said, str(path), error=error) from None


def _wrong(message, text, **fields):
    """What ``argparse`` prints about an argument that was given as ``text``."""
    return argparse.ArgumentTypeError(message.format(text=text, **fields))
