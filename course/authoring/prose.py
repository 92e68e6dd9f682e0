"""The prose of labs and site in two languages: which English the Korean is made for.

``course/locale/ko/prose.tsv`` keeps, for each Korean block of a lab and each Korean
page of the site, the fingerprints of it and of its English. When the English changes
and the Korean does not, the Korean is stale until a person changes it, or confirms that
it still holds.
"""

import hashlib
import re

from course.authoring.build import ROOT, Lab
from course.exercises import LABS
from course.language import KOREAN, LOCALE

RECORD = LOCALE / KOREAN / "prose.tsv"
_BLOCK = re.compile(
    r"^:::\{en\}\n(?P<en>.*?)^:::$(?:\n:::\{ko\}\n(?P<ko>.*?)^:::$)?", re.M | re.S
)
_FENCED = re.compile(r"^```.*?^```$", re.M | re.S)


def pairs(root=ROOT):
    """The blocks of all labs, and the pages: rows (place, English, Korean or "")."""
    blocks = [
        (f"lab {number}", block["en"], block["ko"] or "")
        for number, lecture in LABS.items()
        for block in _BLOCK.finditer(Lab(number, lecture, root).text())
    ]
    return blocks + [
        (f"docs/{KOREAN}/{page.name}", page.read_text("utf-8"), _translated(page))
        for page in sorted((root / "docs" / "en").glob("*.md"))
    ]


def _translated(page):
    """The Korean page beside an English one, or ""."""
    korean = page.parent.parent / KOREAN / page.name
    return korean.read_text("utf-8") if korean.exists() else ""


def problems(rows, recorded, glossary):
    """What is wrong with the Korean blocks, a sentence each.

    Args:
        rows: as ``pairs`` gives them.
        recorded: as ``read`` gives it.
        glossary: a ``course.authoring.glossary.Glossary``.
    """
    found = []
    for place, english, korean in rows:
        where = f"{place}, {english.split(chr(10))[0]!r}"
        if not korean:
            found.append(f"{where}: no Korean text")
            continue
        if recorded.get(_fingerprint(korean)) != _fingerprint(english):
            found.append(f"{where}: the Korean was written for another English text")
        if _skeleton(english) != _skeleton(korean):
            found.append(f"{where}: headings, figures, lists or code differ")
        found += [f"{where}: {slip}" for slip in glossary.slips(english, korean)]
    return found


def _skeleton(text):
    """What both languages share: headings by level, list items, figures, code."""
    text = _FENCED.sub("", text)  # its comments are translated
    marks = re.findall(r"^(#+ |- )", text, re.M)
    return (
        marks,
        re.findall(r"\((figures/[^)]+)\)", text),
        set(re.findall(r"`[^`]+`", text)),
    )


def read(path=RECORD):
    """Fingerprint of a Korean block -> that of the English it was written for."""
    if not path.exists():
        return {}
    lines = path.read_text("utf-8").splitlines()
    return dict(reversed(line.split("\t")) for line in lines if line)


def record(rows, *, confirm=False, path=RECORD):
    """Write down which blocks belong together.

    Args:
        rows: as ``pairs`` gives them.
        confirm: also pair changed English with unchanged Korean: it was read again.
        path: of the record.
    """
    known = read(path)
    kept = []
    for _, english, korean in rows:
        if not korean:
            continue
        key, now = _fingerprint(korean), _fingerprint(english)
        written_for = now if confirm else known.get(key, now)
        kept.append(f"{written_for}\t{key}")
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _fingerprint(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
