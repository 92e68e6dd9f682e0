"""``course handin``: is a file whole, before it is handed in.

The file is read as ``course grade`` reads it. Its code is parsed and does not run.
"""

import json
import time
from datetime import datetime

from course.checks.columns import printable
from course.checks.reasons import told
from course.exercises import LABS, load
from course.grading.progress import duration
from course.grading.submission import SIZE_LIMIT, read, short_digest
from course.language import gettext
from course.student.lab import (
    cell_id,
    exercise_cell_id,
    number_of,
    shipped_cells,
    source_of,
)
from course.student.outline import EMPTY, IMPORT, UNWRITTEN, Outline

OK, NOTE, OPEN, FAULT = "ok", "note", "--", "FAIL"
_SHOWN_GONE = 4
_LONGEST = 60


def main(path, lab=None):
    """Print a checklist of a notebook or script, and whether it is whole.

    Args:
        path: of the file, a Path.
        lab: number; None finds it by the functions that the file defines.

    Returns:
        Exit code: 0 when the file is whole, else 1.
    """
    submission = read(path)
    if submission.reason:
        verdict = gettext(
            "Not whole: grading cannot read this file. Open it in JupyterLab, save "
            "it, and run this again."
        )
        return _refuse(path, submission, told(submission.reason), verdict)
    number = lab or number_of(submission.cells) or min(LABS)
    exercises = load(LABS[number])
    outline = Outline(submission.cells, exercises)
    if not outline.mentions():
        said = gettext("defines none of the {total} functions of lab {number}")
        said = said.format(total=len(exercises), number=number)
        verdict = gettext("Not whole: is it another lab's file, or an empty one?")
        return _refuse(path, submission, said, verdict)
    rows = {name: row(exercise, outline) for name, exercise in exercises.items()}
    _print_row(OK, path.name, _head(path, submission, number))
    for name, (mark, text) in rows.items():
        _print_row(mark, name.ljust(max(map(len, rows))), text)
    for text in [*_broken(outline), *_gone(path, number, exercises)]:
        _print_row(NOTE, text)
    print(gettext("Cells are counted from the top, without the text between them."))
    _print_file(path, submission)
    return _print_verdict(rows, sum(map(outline.is_attempted, rows)))


def _refuse(path, submission, reason, verdict):
    _print_row(FAULT, path.name, reason)
    _print_file(path, submission)
    print("\n" + verdict)
    return 1


def row(exercise, outline):
    """What the file has of an exercise: (mark, text).

    Args:
        exercise: a ``course.exercises.Exercise``.
        outline: a ``course.student.outline.Outline``.
    """
    name = exercise.name
    last = outline.last(name)
    if last is None:
        return FAULT, why_missing(name, outline)
    cell = gettext("code cell {cell}").format(cell=last.cell)
    if last.kind == IMPORT:
        said = gettext("imported in {cell}; grading has only what this file defines")
        return FAULT, said.format(cell=cell)
    if last.kind in UNWRITTEN:
        return _stub(last, cell, outline.definitions[name])
    missing = sorted(outline.unbound(name) - set(outline.definitions))
    if missing:
        said = gettext(
            "answered in {cell}, but uses {names}, which nothing in this file defines"
        )
        return FAULT, said.format(cell=cell, names=", ".join(missing))
    return _answered(last, cell, outline.definitions[name])


def why_missing(name, outline):
    """Why grading does not find a function, a text."""
    broken, buried = outline.broken_by(name), outline.buried[name]
    if broken is not None:
        said = gettext("its cell is not Python: code cell {cell}, line {line}: {error}")
        return said.format(cell=broken.cell, line=broken.line, error=broken.message)
    if buried:
        said = gettext(
            "defined only inside {inside} (code cell {cell}, line {line}), where "
            "grading does not find it; put it at the left margin"
        )
        place = buried[-1]
        return said.format(inside=place.inside, cell=place.cell, line=place.line)
    return gettext("not defined; course reset puts its stub back")


def _stub(last, cell, places):
    answers = [p for p in places if p.kind not in UNWRITTEN]
    if answers:
        said = gettext(
            "the last definition counts, and that is the stub in {cell}; it hides "
            "your answer in code cell {other}"
        )
        return FAULT, said.format(cell=cell, other=answers[-1].cell)
    if last.kind == EMPTY:
        return OPEN, gettext("not attempted: no code in it ({cell})").format(cell=cell)
    return OPEN, gettext("not attempted: still the stub ({cell})").format(cell=cell)


def _answered(last, cell, places):
    text = gettext("answered ({cell})").format(cell=cell)
    mark = OK
    if len(places) > 1:
        mark = NOTE
        others = list(dict.fromkeys(str(p.cell) for p in places[:-1]))
        said = gettext("; code cell {others} defines it too, but the last one counts")
        text += said.format(others=", ".join(others))
    if last.inside:
        mark = NOTE
        said = gettext("; it stands in a block ({word}) and counts only if that runs")
        text += said.format(word=last.inside)
    return mark, text


def _broken(outline):
    """Code that is not Python, but for that of exercises: they have their own row."""
    missing = [name for name, places in outline.definitions.items() if not places]
    told = [outline.broken_by(name) for name in missing]
    for broken in outline.broken:
        if broken not in told:
            said = gettext("code cell {cell}, line {line} is not Python: {error}")
            yield said.format(cell=broken.cell, line=broken.line, error=broken.message)


def _gone(path, number, exercises):
    """Code cells of the lab that a notebook with the lab's cells lacks."""
    if path.suffix.lower() != ".ipynb":
        return
    notebook = json.loads(path.read_text(encoding="utf-8-sig"))
    cells = [c for c in notebook.get("cells") or () if isinstance(c, dict)]
    ids = {cell_id(c) for c in cells}
    own = {exercise_cell_id(e) for e in exercises.values()}
    if not ids & own:
        return  # not made from the lab's file, or its ids got lost
    texts = {source_of(c).strip() for c in cells}
    given = [c for c in shipped_cells(number) if c["cell_type"] == "code"]
    lacking = [source_of(c) for c in given if cell_id(c) not in ids | own]
    gone = [text for text in lacking if text.strip() not in texts]
    if gone:
        said = gettext(
            "cells of the lab that are gone, which grading does not ask for: {number}, "
            "such as {cells}"
        )
        first = [_first_line(text) for text in gone[:_SHOWN_GONE]]
        yield said.format(number=len(gone), cells="; ".join(first))


def _first_line(text):
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    line = lines[0] if lines else text.splitlines()[0]
    return line[:_LONGEST] + "..." if len(line) > _LONGEST else line


def _head(path, submission, number):
    said = gettext(
        "lab {number} ({lecture}); code cells: {cells}; size {size}, at most {most} MiB"
    )
    return said.format(
        number=number,
        lecture=LABS[number],
        cells=len(submission.cells),
        size=_size(path.stat().st_size),
        most=SIZE_LIMIT >> 20,
    )


def _size(number):
    kibibytes = number / 1024
    return f"{kibibytes:.0f} KiB" if kibibytes < 1000 else f"{kibibytes / 1024:.1f} MiB"


def _print_file(path, submission):
    if not submission.digest:
        return
    saved = path.stat().st_mtime
    when = datetime.fromtimestamp(saved).strftime("%Y-%m-%d %H:%M")
    said = gettext(
        "Saved {ago} ago ({when}). What you have changed in JupyterLab since then is "
        "not in the file."
    )
    print("\n" + said.format(ago=_age(saved), when=when))
    said = gettext(
        "File {digest}: the first digits of its SHA-256. Your page of results shows "
        "the same ones when this very file was graded."
    )
    print(said.format(digest=short_digest(submission.digest)))


def _age(saved):
    seconds = max(time.time() - saved, 0)
    days = int(seconds // 86400)
    return gettext("{days} days").format(days=days) if days > 1 else duration(seconds)


def _print_verdict(rows, attempted):
    total = len(rows)
    faults = [name for name, (mark, _) in rows.items() if mark == FAULT]
    said = gettext("{attempted} of {total} exercises attempted.")
    print("\n" + said.format(attempted=attempted, total=total))
    if faults:
        said = gettext("Not whole: see {names} above.")
        print(said.format(names=", ".join(faults)))
        return 1
    said = gettext("Whole: all {total} exercises are in it and can be graded.")
    print(said.format(total=total))
    return 0


def _print_row(mark, *texts):
    print(printable(f"  {mark:4}  " + "  ".join(texts)))
