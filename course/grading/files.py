"""Files of a results folder, written whole or not at all."""

import os
import tempfile

from course.language import gettext


def replace(path, text, private=False):
    """Write a file that is either the old one or the new one, never half of it.

    Args:
        path: of the file, a Path.
        text: what it is to hold.
        private: only its owner may read it.
    """
    handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        if not private:
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(partial, 0o666 & ~umask)
        _move(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


def _move(partial, path):
    try:
        os.replace(partial, path)
    except PermissionError as error:  # on Windows, while a spreadsheet shows it
        said = gettext(
            "{path} cannot be replaced ({error}). If another program has it open, "
            "close it there and run this again; what is graded stays graded"
        )
        raise PermissionError(said.format(path=path, error=error.strerror)) from None
