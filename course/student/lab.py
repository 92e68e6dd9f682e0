"""The lab as it was shipped, and which lab a student's notebook is."""

import json
import re

from course import shipped
from course.exercises import LABS, load
from course.language import ENGLISH, LANGUAGES
from course.student.outline import Outline

_HANGUL = re.compile(r"[\uac00-\ud7a3]")


def file_name(number):
    """The name that a lab's notebook is shipped under."""
    return f"{number}_{LABS[number]}.ipynb"


def shipped_cells(number, language=ENGLISH):
    """The cells of a shipped lab, as dicts; English where there is no translation.

    Raises:
        FileNotFoundError: this installation does not have the lab.
    """
    folder = shipped.folder("labs")
    path = folder / ("" if language == ENGLISH else language) / file_name(number)
    if not path.exists():
        path = folder / file_name(number)
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def cell_id(cell):
    """The id of a cell of a notebook; Colab keeps it in the metadata. Or ""."""
    metadata = cell.get("metadata")
    kept = metadata.get("id") if isinstance(metadata, dict) else None
    found = cell.get("id", kept)
    return found if isinstance(found, str) else ""


def exercise_cell_id(exercise):
    """The id of the cell that a lab gives to an exercise."""
    return exercise.id.replace(".", "-")


def check_cell_id(exercise):
    """The id of the cell that checks an exercise."""
    return f"{exercise_cell_id(exercise)}-check"


def source_of(cell):
    """The text of a cell, which a notebook keeps whole or in lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def number_of(sources, ids=()):
    """The number of the lab that a notebook is, or None.

    Args:
        sources: of its code cells.
        ids: of its cells.
    """

    def known(number):
        exercises = load(LABS[number])
        kept = {exercise_cell_id(e) for e in exercises.values()} & set(ids)
        return len(kept) + len(Outline(sources, exercises).mentions())

    found = {number: known(number) for number in LABS}
    best = max(found, key=found.get)
    return best if found[best] else None


def language_of(cells, number):
    """The language of the lab that a notebook was made from.

    It is the other one than English when most of the cells that a translation
    changes have Hangul in them.
    """
    english = {cell_id(c): source_of(c) for c in shipped_cells(number)}
    for language in (k for k in LANGUAGES if k != ENGLISH):
        other = {cell_id(c): source_of(c) for c in shipped_cells(number, language)}
        changed = {key for key, text in other.items() if english.get(key) != text}
        kept = [source_of(c) for c in cells if cell_id(c) in changed]
        # Without ids: the prose and what holds a docstring.
        kept = kept or [
            source_of(c)
            for c in cells
            if c.get("cell_type") == "markdown" or '"""' in source_of(c)
        ]
        if 2 * sum(bool(_HANGUL.search(text)) for text in kept) > len(kept):
            return language
    return ENGLISH
