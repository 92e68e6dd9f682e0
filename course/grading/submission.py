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
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from course.checks import reasons

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
        path: of the notebook or script, or of what stands in its place.
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

    Args:
        folder: holds notebooks or scripts loose (as Canvas delivers them), or a folder
            a student (as Moodle and Gradescope do).
        lab: word that the right one of several notebooks has in its name.
        skip: a folder that holds no submissions, though it may lie in ``folder``.

    Returns:
        A list of ``Submission``; those that cannot be read have a ``reason``.
    """
    named = []
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name.startswith(".") or entry.name in _IGNORED:
            continue
        path = Path(entry.path)
        if skip is not None and path.resolve() == Path(skip).resolve():
            continue
        if entry.is_dir(follow_symlinks=False) and path.suffix not in SUFFIXES:
            named.append((_student_of_folder(entry.name), *_choose(path, lab)))
        elif path.suffix.lower() not in _NOT_WORK:
            named.append((_student_of_file(path), path, ""))
    return [
        read(path, student=student, reason=reason)
        for student, path, reason in _distinct(named)
    ]


def _student_of_folder(name):
    moodle = _MOODLE.fullmatch(name)
    return clean_name(moodle.group(1) if moodle else name)


def _student_of_file(path):
    canvas = _CANVAS.fullmatch(path.name)
    return clean_name(canvas.group(1) if canvas else path.stem)


def clean_name(name):
    """A name that can be printed and written: composed, without control characters."""
    name = os.fsencode(name).decode("utf-8", "replace")
    name = unicodedata.normalize("NFC", name)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


def _distinct(named):
    """Tell students of one name apart by their file's name."""
    counts = {}
    for student, *_ in named:
        counts[student] = counts.get(student, 0) + 1
    for student, path, reason in named:
        if counts[student] > 1:
            student = f"{student} ({clean_name(path.name)})"
        yield student, path, reason


def _choose(folder, lab):
    """The one notebook or script in a student's folder: (path, reason)."""
    try:
        found = [p for p in _walk(folder) if p.suffix.lower() in SUFFIXES]
    except OSError as error:
        return folder, reasons.UNREADABLE_FOLDER.format(error=error.strerror)
    notebooks = [p for p in found if p.suffix.lower() == ".ipynb"] or found
    notebooks = [p for p in notebooks if BACKUP not in p.name] or notebooks
    right = [p for p in notebooks if lab and lab in p.name] or notebooks
    if not right:
        return folder, reasons.NO_FILE
    if len(right) > 1:
        names = ", ".join(clean_name(str(p.relative_to(folder))) for p in right[:4])
        return folder, reasons.SEVERAL_FILES.format(number=len(right), names=names)
    return right[0], ""


def _walk(folder, depth=4):
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name.startswith(".") or entry.name in _IGNORED:
            continue
        if entry.is_dir(follow_symlinks=False) and depth:
            yield from _walk(entry.path, depth - 1)
        elif not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path)


def read(path, student="", reason=""):
    """Read one submission; what is wrong with it becomes its ``reason``."""
    student = student or clean_name(path.stem)
    if reason:
        return Submission(student, path, reason=reason)
    try:
        data = read_bytes(path)
    except UnreadableSubmission as error:
        return Submission(student, path, reason=str(error))
    digest = hashlib.sha256(data).hexdigest()
    try:
        cells = read_cells(data, path.suffix.lower())
        _assert_sane_length(cells)
    except UnreadableSubmission as error:
        return Submission(student, path, digest=digest, reason=str(error))
    return Submission(student, path, tuple(cells), digest)


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
        detail = str(error) if isinstance(error, ValueError) else "nested too deeply"
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
