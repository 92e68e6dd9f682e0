"""Names of students and of their pages: printable, distinct, good for any file system.

Two students of one name would share a row, and one of them would get no grade.
"""

import hashlib
import os
import unicodedata
from itertools import chain, count

_BYTES = 100  # of a page's name without its ending; file systems take 143 or 255
_DEVICES = {"con", "prn", "aux", "nul"}  # no files on Windows, whatever they end in
_DEVICES |= {f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10)}


def clean_name(name):
    """A name that can be printed and written: composed, without control characters."""
    name = os.fsencode(name).decode("utf-8", "replace")
    name = unicodedata.normalize("NFC", name)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


def distinct(name, taken, fold=str):
    """A name that nobody has: itself, or else with a number behind it.

    Args:
        name: that is wanted.
        taken: set of the folded names that are given away; gets this one too.
        fold: makes names equal that are to count as one, such as ``str.casefold``.
    """
    numbered = (f"{name} ({number})" for number in count(2))
    free = next(n for n in chain([name], numbered) if fold(n) not in taken)
    taken.add(fold(free))
    return free


def file_names(students):
    """A distinct file name per student that every file system takes."""
    taken = set()
    return {
        student: distinct(_file_stem(student), taken, str.casefold) + ".html"
        for student in students
    }


def _file_stem(student):
    safe = "".join(c if c.isalnum() or c in "-_. ()" else "_" for c in student)
    # A name is as long as its bytes: one letter has up to four.
    safe = safe.strip(" .").encode()[:_BYTES].decode(errors="ignore") or "_"
    if safe.partition(".")[0].casefold() in _DEVICES:
        safe = f"_{safe}"
    if safe != student:
        safe += "-" + hashlib.sha256(student.encode()).hexdigest()[:8]
    return safe
