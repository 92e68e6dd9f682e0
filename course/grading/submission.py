"""Find the submissions in a folder, and read their cells without believing them.

Of a notebook only the source of its code cells is used: metadata, outputs, ids and
attachments are never looked at, and who the student is follows from the path. The
student's Python is not parsed here.
"""

import hashlib
import json
import os
import re
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from course.checks import reasons
from course.grading.names import clean_name, distinct

SIZE_LIMIT = 16 << 20
CELL_LIMIT = 5000
SOURCE_LIMIT = 160_000  # characters; escaped in JSON, they fit into one message
SUFFIXES = (".ipynb", ".py")
BACKUP = ".before-reset-"  # in the names of the copies that ``course reset`` makes
# Windows has only the last of these, and changes line ends without it.
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0)
    for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")
)
_NOT_WORK = (".md", ".yml", ".yaml", ".csv", ".ini", ".toml", ".cfg", ".sqlite")
_IGNORED = ("__pycache__", "__MACOSX", "desktop.ini", "Thumbs.db")
# kimminsu_LATE_51234_998877_05_modern_cnn-2.ipynb
_CANVAS = re.compile(r"([^_]+)_(?:LATE_)?\d+_\d+_.+")
# Kim Minsu_1234567_assignsubmission_file_
_MOODLE = re.compile(r"(.+)_\d+_assignsubmission_\w*")


class UnreadableSubmission(ValueError):
    """The file holds no code that could be graded; the message says why."""


@dataclass(frozen=True)
class Submission:
    """One student's work.

    Attributes:
        student: who, from the file's or folder's name.
        path: of the notebook or script, or of what stands in its place; to be shown,
            for it is made printable.
        cells: source of each code cell; a script is one cell.
        digest: SHA-256 of the file in hexadecimal digits, "" when it was not read.
        reason: why it cannot be graded, or "".
    """

    student: str
    path: Path
    cells: tuple = ()
    digest: str = ""
    reason: str = ""


def find(folder, lab="", skip=None):
    """The submissions in a folder, one a student, read and in order of their names.

    A folder that is alone in it and holds several notebooks is taken for the class's
    own, which was unpacked there, unless they are one student's: when one has the name
    of the lab (05_modern_cnn), or all begin with the name of one (05, 05-Copy1).

    Args:
        folder: holds notebooks or scripts loose (as Canvas delivers them), or a folder
            a student (as Moodle and Gradescope do).
        lab: word that the right one of several notebooks has in its name.
        skip: a folder that holds no submissions, though it may lie in ``folder``.

    Returns:
        A list of ``Submission``, no two of one ``student``; those that cannot be read
        have a ``reason``.
    """
    entries = _entries(folder, skip)
    while (inner := _class_folder(entries, lab)) is not None:
        entries = [e for e in entries if e is not inner] + _entries(inner, skip)
    named = []
    for entry in sorted(entries, key=lambda e: e.name):
        path = Path(entry.path)
        if _is_folder(entry):
            student = _student_of_folder(entry.name)
            named.append((student, entry.name, *_choose(path, lab)))
        elif path.suffix.lower() not in _NOT_WORK:
            named.append((_student_of_file(path), entry.name, path, ""))
    return [
        read(path, student=student, reason=reason)
        for student, path, reason in _distinct(named)
    ]


def is_ignored(name):
    """Whether a system or a program put a file or folder of this name there."""
    return name.startswith(".") or name in _IGNORED


def _entries(folder, skip=None):
    """What lies in a folder, by name."""
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if not is_ignored(entry.name)]
    if skip is not None:
        skip = Path(skip).resolve()
        found = [entry for entry in found if Path(entry.path).resolve() != skip]
    return sorted(found, key=lambda entry: entry.name)


def _is_folder(entry):
    """Whether it may hold work; what is named as a notebook is read as one."""
    named = Path(entry.name).suffix.lower() in SUFFIXES
    return entry.is_dir(follow_symlinks=False) and not named


def _class_folder(entries, lab):
    """The entry among those of a folder that is the class's own folder, or None."""
    folders = [entry for entry in entries if _is_folder(entry)]
    loose = any(Path(entry.name).suffix.lower() in SUFFIXES for entry in entries)
    if loose or len(folders) != 1 or _MOODLE.fullmatch(folders[0].name):
        return None
    try:
        found = _notebooks(folders[0].path)
    except OSError:
        return None
    names = [str(p.relative_to(folders[0].path).with_suffix("")) for p in found]
    return None if _are_one_students(names, lab) else folders[0]


def _are_one_students(names, lab):
    """Whether these can be one lab's files and their copies."""
    first = min(names, key=len, default="")
    of_lab = any(name.lstrip("0123456789_") == lab for name in names)
    return of_lab or all(name.startswith(first) for name in names)


def _student_of_folder(name):
    moodle = _MOODLE.fullmatch(name)
    return clean_name(moodle.group(1) if moodle else name)


def _student_of_file(path):
    canvas = _CANVAS.fullmatch(path.name)
    return clean_name(canvas.group(1) if canvas else path.stem)


def _distinct(named):
    """Tell students of one name apart by how their file or folder is called.

    That has the number which a course system gave them. Names that differ only in what
    is not printed get one here.
    """
    counts = Counter(student for student, *_ in named)
    taken = set()
    for student, entry, path, reason in named:
        if counts[student] > 1:
            student = f"{student} ({clean_name(entry)})"
        yield distinct(student, taken), path, reason


def _choose(folder, lab):
    """The one notebook or script in a student's folder: (path, reason)."""
    try:
        notebooks = _notebooks(folder)
    except OSError as error:
        return folder, reasons.UNREADABLE_FOLDER.format(error=error.strerror)
    right = [p for p in notebooks if lab and lab in p.name] or notebooks
    if not right:
        return folder, reasons.NO_FILE
    if len(right) > 1:
        names = ", ".join(clean_name(str(p.relative_to(folder))) for p in right[:4])
        return folder, reasons.SEVERAL_FILES.format(number=len(right), names=names)
    return right[0], ""


def _notebooks(folder):
    """The notebooks below a folder, without backups; scripts where there are none."""
    found = [p for p in _walk(folder) if p.suffix.lower() in SUFFIXES]
    notebooks = [p for p in found if p.suffix.lower() == ".ipynb"] or found
    return [p for p in notebooks if BACKUP not in p.name] or notebooks


def _walk(folder, depth=4):
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False) and depth:
            yield from _walk(entry.path, depth - 1)
        elif not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path)


def read(path, student="", reason=""):
    """Read one submission; what is wrong with it becomes its ``reason``."""
    student = student or clean_name(path.stem)
    shown = Path(clean_name(path))
    if reason:
        return Submission(student, shown, reason=reason)
    try:
        data = read_bytes(path)
    except UnreadableSubmission as error:
        return Submission(student, shown, reason=str(error))
    digest = hashlib.sha256(data).hexdigest()
    try:
        cells = read_cells(data, path.suffix.lower())
        _assert_sane_length(cells)
    except UnreadableSubmission as error:
        return Submission(student, shown, digest=digest, reason=str(error))
    return Submission(student, shown, tuple(cells), digest)


def short_digest(digest):
    """As much of a file's digest as people compare: its first 12 digits."""
    return digest[:12]


def _assert_sane_length(cells):
    length = sum(map(len, cells))
    if length > SOURCE_LIMIT:
        lengths = {"length": f"{length:,}", "most": f"{SOURCE_LIMIT:,}"}
        raise UnreadableSubmission(reasons.MUCH_CODE.format(**lengths))


def read_bytes(path):
    """The bytes of a regular file of a sane size.

    Raises:
        UnreadableSubmission: it is something else, too large, or not readable.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise UnreadableSubmission(reasons.OTHER_FILE)
    fd = _open(path)
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableSubmission(reasons.FOLDER)
        if not stat.S_ISREG(mode):
            raise UnreadableSubmission(reasons.NOT_REGULAR)
        with os.fdopen(fd, "rb", closefd=False) as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        reason = reasons.NOT_READ.format(error=error.strerror)
        raise UnreadableSubmission(reason) from None
    finally:
        os.close(fd)
    if len(data) > SIZE_LIMIT:
        raise UnreadableSubmission(reasons.TOO_LARGE.format(most=SIZE_LIMIT >> 20))
    return data


def _open(path):
    if os.path.islink(path):
        raise UnreadableSubmission(reasons.LINK)
    try:
        return os.open(path, _FLAGS)
    except OSError as error:
        reason = reasons.NOT_OPENED.format(error=error.strerror)
        if os.path.isdir(path):  # which Windows does not open
            reason = reasons.FOLDER
        raise UnreadableSubmission(reason) from None


def read_cells(data, suffix):
    """Source of the code cells in the bytes of a notebook or script.

    Raises:
        UnreadableSubmission: the bytes are neither.
    """
    if not data.strip():
        raise UnreadableSubmission(reasons.EMPTY)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = reasons.NOT_UTF8.format(byte=error.start)
        raise UnreadableSubmission(reason) from None
    if suffix == ".py":
        return [text]
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        detail = str(error) if isinstance(error, ValueError) else reasons.NESTED
        raise UnreadableSubmission(reasons.NOT_JSON.format(error=detail)) from None
    return [_source(cell) for cell in _cells(notebook) if _is_code(cell)]


def _cells(notebook):
    """The list of cells, of nbformat 4 or of the worksheets of nbformat 3."""
    if not isinstance(notebook, dict):
        raise UnreadableSubmission(reasons.NO_CELLS)
    cells = notebook.get("cells")
    sheets = notebook.get("worksheets")
    if cells is None and isinstance(sheets, list):
        pages = [s.get("cells") for s in sheets if isinstance(s, dict)]
        cells = [c for page in pages if isinstance(page, list) for c in page]
    if not isinstance(cells, list):
        raise UnreadableSubmission(reasons.NO_CELLS)
    if len(cells) > CELL_LIMIT:
        numbers = {"number": len(cells), "most": CELL_LIMIT}
        raise UnreadableSubmission(reasons.MANY_CELLS.format(**numbers))
    return cells


def _is_code(cell):
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def _source(cell):
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise UnreadableSubmission(reasons.NOT_TEXT)
    return source.encode("utf-8", "replace").decode("utf-8")  # no lone surrogates
