"""Results on disk: one SQLite file and one secret seed in a results folder."""

import hashlib
import json
import os
import secrets
import sqlite3
from pathlib import Path

from course.grading.record import from_data, to_data

FILE = "grades.sqlite"
SEED_FILE = "seed"
_PACKAGE = Path(__file__).resolve().parent.parent
_SCHEMA = """
CREATE TABLE IF NOT EXISTS submissions (
    student TEXT NOT NULL, lab TEXT NOT NULL, status TEXT NOT NULL,
    points TEXT NOT NULL, key TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (student, lab))
"""


class Store:
    """The records of a results folder; each is written in a transaction of its own.

    Args:
        folder: of the results; exists.
    """

    def __init__(self, folder):
        self._connection = sqlite3.connect(Path(folder) / FILE)
        with self._connection:
            self._connection.execute(_SCHEMA)

    def put(self, record, key):
        """Write a record in place of the student's earlier one.

        Args:
            record: a ``course.grading.record.Record``.
            key: of what it follows from, see ``work_key``.
        """
        text = json.dumps(to_data(record), ensure_ascii=False)
        row = (record.student, record.lab, record.status, str(record.earned), key, text)
        with self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO submissions VALUES (?, ?, ?, ?, ?, ?)", row
            )

    def get(self, student, lab, key):
        """The student's record when it follows from the same ``key``, else None."""
        row = self._connection.execute(
            "SELECT record FROM submissions WHERE student = ? AND lab = ? AND key = ?",
            (student, lab, key),
        ).fetchone()
        return from_data(json.loads(row[0])) if row else None

    def keep_only(self, lab, students):
        """Forget the students of a lab whose submission is no longer there."""
        rows = self._connection.execute(
            "SELECT student FROM submissions WHERE lab = ?", (lab,)
        ).fetchall()
        gone = {student for (student,) in rows} - set(students)
        with self._connection:
            self._connection.executemany(
                "DELETE FROM submissions WHERE student = ? AND lab = ?",
                [(student, lab) for student in gone],
            )

    def records(self, lab):
        """All records of a lab, by student."""
        rows = self._connection.execute(
            "SELECT record FROM submissions WHERE lab = ? ORDER BY student", (lab,)
        )
        return [from_data(json.loads(text)) for (text,) in rows]

    def close(self):
        """Close the file."""
        self._connection.close()


def secret_seed(folder, new=None):
    """The seed of a results folder, which only its owner may read.

    Late submissions thus meet the same probes as the others did.

    Args:
        folder: of the results; exists.
        new: int to put in its place, or None to keep what is there.
    """
    path = Path(folder) / SEED_FILE
    if new is None and path.exists():
        return int(path.read_text(encoding="ascii"))
    seed = secrets.randbits(63) if new is None else int(new)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(f"{seed}\n")
    partial.replace(path)
    return seed


def package_digest():
    """SHA-256 of the package's own code: another version may grade otherwise."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(str(path.relative_to(_PACKAGE)).encode() + path.read_bytes())
    return digest.hexdigest()


def work_key(digest, lab, seed, version):
    """What a grade follows from; unchanged work is not graded again."""
    return hashlib.sha256(f"{digest}/{lab}/{seed}/{version}".encode()).hexdigest()
