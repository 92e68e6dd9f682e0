"""The glossary: one Korean term for each English one, in all texts.

``course/locale/glossary.tsv`` has three columns: the English term; its Korean ones,
with ``|`` between them; and spellings that must not occur. Hangul particles and endings
follow a term without a blank, so a term counts wherever its letters stand.
"""

import re
from dataclasses import dataclass

from course.language import LOCALE

PATH = LOCALE / "glossary.tsv"
# Names and code are not words: ``filters``, `x`, the path of a figure, stride=2,
# {exercise}, model(...), and the names in a list of arguments, "stride: of the towers".
_CODE = re.compile(
    r"``.+?``|`[^`]+`|\]\([^)]*\)|\w+=\S+|\{\w+\}|\w+\(|^ +(?:\w+(?:, )?)+:(?= )",
    re.A | re.M | re.S,
)


@dataclass(frozen=True)
class Term:
    """One row.

    Attributes:
        english: the term in the singular.
        korean: terms that translate it; one of them must occur.
        forbidden: what must not occur.
    """

    english: str
    korean: tuple
    forbidden: tuple = ()

    @property
    def pattern(self):
        """Finds the term: in any case, in the plural, its words on two lines."""
        words = r"[\s-]+".join(map(re.escape, self.english.split()))
        return re.compile(rf"(?<![\w-]){words}(?:e?s)?(?![\w-])", re.I)


@dataclass(frozen=True)
class Glossary:
    """All terms, the longest first, so that a part of a longer one does not count."""

    terms: tuple

    @classmethod
    def read(cls, path=PATH):
        """The glossary in a file.

        Raises:
            ValueError: a row is not two or three columns, or a term stands twice.
        """
        terms = {}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            columns = line.split("\t")
            if len(columns) not in (2, 3) or columns[0] in terms:
                raise ValueError(
                    f"{path.name}, line {number}: wants a new term, its Korean, and "
                    f"perhaps what is forbidden, with tabs between; got {line!r}"
                )
            alternatives = [tuple(c.split("|")) for c in columns[1:] if c]
            terms[columns[0]] = Term(columns[0], *alternatives)
        return cls(tuple(sorted(terms.values(), key=lambda t: -len(t.english))))

    def slips(self, english, korean):
        """Where a translation leaves the glossary.

        Args:
            english: the text, or "" to look for forbidden spellings only.
            korean: its translation.

        Returns:
            A list of sentences.
        """
        rest = _CODE.sub(" ", english)
        said = re.sub(r"\s+", " ", _CODE.sub(" ", korean)).lower()
        found = []
        for term in self.terms:
            rest, times = term.pattern.subn(" ", rest)
            # A name of the code that stands bare, as in 4 * filters, stays as it is.
            kept = any(word in said for word in (*term.korean, term.english))
            if times and not kept:
                words = " or ".join(term.korean)
                found.append(f"{term.english!r} is {words} in Korean")
            wrong = [word for word in term.forbidden if word in said]
            found += [f"say {term.korean[0]}, not {word}" for word in wrong]
        return found
