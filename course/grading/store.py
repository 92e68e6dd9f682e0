"""Results on disk: one SQLite file and one secret seed in a results folder."""

import hashlib
import json
import os
import secrets
import sqlite3
from contextlib import contextmanager
from pathlib import Path

from course.grading.files import replace
from course.grading.names import clean_name
from course.grading.record import from_data, to_data
from course.grading.submission import is_ignored
from course.language import gettext

FILE = "grades.sqlite"
SEED_FILE = "seed"
_PACKAGE = Path(__file__).resolve().parent.parent
_SHOWN = 3
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS submissions (
    student TEXT NOT NULL, lab TEXT NOT NULL, status TEXT NOT NULL,
    points TEXT NOT NULL, key TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (student, lab))""",
    "CREATE TABLE IF NOT EXISTS pages (name TEXT PRIMARY KEY)",
)


class UnfitFolder(OSError):
    """A folder cannot take the results; the message says why and what helps."""


def assert_ours(folder, submissions):
    """Refuse a results folder in which something else would be overwritten.

    Args:
        folder: for the results, a Path; one that is missing or empty will do, one with
            a seed to begin with, and one that has the file of a ``Store``, which a run
            makes before all else.
        submissions: their folder.

    Raises:
        UnfitFolder: it is that folder, or holds something and no results.
    """
    if not folder.exists():
        return
    if folder.samefile(submissions):
        said = gettext(
            "{folder} holds the submissions, and results in it would be taken for "
            "more of them; give another folder as --out"
        )
        raise UnfitFolder(said.format(folder=folder))
    names = [n for n in sorted(os.listdir(folder)) if not is_ignored(n)]
    if FILE not in names and names not in ([], [SEED_FILE]):
        said = gettext(
            "{folder} holds something else than results, such as {names}, which could "
            "be overwritten; give a new or an empty folder as --out"
        )
        names = ", ".join(map(clean_name, names[:_SHOWN]))
        raise UnfitFolder(said.format(folder=folder, names=names))


class Store:
    """The records of a results folder; each is written in a transaction of its own.

    Every method raises ``UnfitFolder`` where the file is damaged or cannot be written.

    Args:
        folder: of the results; exists.

    Attributes:
        folder: of the results, a Path.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        with self._explained():
            self._connection = sqlite3.connect(self.folder / FILE)
        try:
            with self._transaction() as database:
                for table in _SCHEMA:
                    database.execute(table)
                # Where nothing can be written, this fails now: not behind the first
                # submission, which would have been graded in vain.
                database.execute("DELETE FROM pages WHERE FALSE")
        except UnfitFolder:
            self.close()
            raise

    @contextmanager
    def _explained(self):
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            said = gettext(
                "the results in {path} cannot be read or changed ({error}); end other "
                "runs that use this folder, make the file writable for you, or give "
                "another folder as --out, in which everybody is graded again"
            )
            said = said.format(path=self.folder / FILE, error=error)
            raise UnfitFolder(said) from error

    @contextmanager
    def _transaction(self):
        with self._explained(), self._connection:
            yield self._connection

    def put(self, record, key):
        """Write a record in place of the student's earlier one.

        Args:
            record: a ``course.grading.record.Record``.
            key: of what it follows from, see ``work_key``.
        """
        text = json.dumps(to_data(record), ensure_ascii=False)
        # A student's exception may hold halves of letters, which no file can.
        text = text.encode("utf-8", "replace").decode("utf-8")
        row = (record.student, record.lab, record.status, str(record.earned), key, text)
        with self._transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO submissions VALUES (?, ?, ?, ?, ?, ?)", row
            )

    def get(self, student, lab, key):
        """The student's record when it follows from the same ``key``, else None."""
        with self._transaction() as database:
            row = database.execute(
                "SELECT record FROM submissions "
                "WHERE student = ? AND lab = ? AND key = ?",
                (student, lab, key),
            ).fetchone()
            return from_data(json.loads(row[0])) if row else None

    def keep_only(self, lab, students):
        """Forget the students of a lab whose submission is no longer there."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT student FROM submissions WHERE lab = ?", (lab,)
            )
            gone = {student for (student,) in rows} - set(students)
            database.executemany(
                "DELETE FROM submissions WHERE student = ? AND lab = ?",
                [(student, lab) for student in gone],
            )

    def records(self, lab):
        """All records of a lab, by student."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT record FROM submissions WHERE lab = ? ORDER BY student", (lab,)
            )
            return [from_data(json.loads(text)) for (text,) in rows]

    def pages(self):
        """Names of the students' pages that a run has written, a set."""
        with self._transaction() as database:
            return {name for (name,) in database.execute("SELECT name FROM pages")}

    def note_pages(self, names):
        """Note the students' pages in place of those noted before."""
        with self._transaction() as database:
            database.execute("DELETE FROM pages")
            database.executemany(
                "INSERT INTO pages VALUES (?)", [(name,) for name in names]
            )

    def close(self):
        """Close the file."""
        self._connection.close()


def secret_seed(folder, new=None):
    """The seed of a results folder, which only its owner may read.

    Late submissions thus meet the same probes as the others did.

    Args:
        folder: of the results; exists.
        new: int to put in its place, or None to keep what is there.

    Raises:
        UnfitFolder: what is there is no seed.
    """
    path = Path(folder) / SEED_FILE
    if new is None and path.exists():
        return _kept_seed(path)
    seed = secrets.randbits(63) if new is None else int(new)
    replace(path, f"{seed}\n", private=True)
    return seed


def _kept_seed(path):
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        said = gettext(
            "{path} holds no number that can be read, and the inputs of the earlier "
            "runs follow from it; put the file back as it was, or draw other inputs "
            "with --new-seed, by which everybody is graded again"
        )
        raise UnfitFolder(said.format(path=path)) from None


def package_digest():
    """SHA-256 of the package's own code: another version may grade otherwise."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(str(path.relative_to(_PACKAGE)).encode() + path.read_bytes())
    return digest.hexdigest()


def work_key(digest, lab, seed, version):
    """What a grade follows from; unchanged work is not graded again."""
    return hashlib.sha256(f"{digest}/{lab}/{seed}/{version}".encode()).hexdigest()
