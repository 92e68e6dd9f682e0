"""Puts numbers into the pages while the site is built, so that none can go stale.

A line ``<!-- published LECTURE -->`` becomes the table of that lecture's networks.
"""

import re
from pathlib import Path

from mkdocs.exceptions import PluginError

import course
from course.published import PUBLISHED

_HEADS = {
    "en": "| Builder | Layers | Parameters | Paper |",
    "ko": "| 함수 | 층 | 파라미터 | 논문 |",
}
_MARK = re.compile(r"^<!-- published (\w+) -->$", re.MULTILINE)


def on_page_markdown(markdown, *, page, **_):
    """Called by MkDocs with the text of each page; returns the text to render."""
    language = page.file.src_uri.partition("/")[0]
    return _MARK.sub(lambda match: published_table(match[1], language), markdown)


def published_table(lecture, language="en"):
    """A Markdown table of a lecture's networks: depth, parameters, paper.

    Raises:
        PluginError: no network of that lecture has published numbers.
    """
    folder = Path(course.__file__).parent / lecture
    code = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    rows = [
        f"| `{name}` | {row.depth} | {row.parameters:,} "
        f"| [{_short(row.paper.authors)} {row.paper.year}]"
        f"({row.paper.url}), {row.place} |"
        for name, row in PUBLISHED.items()
        if f"\ndef {name}(" in code
    ]
    if not rows:
        raise PluginError(f"course/published.py has no network of {lecture!r}")
    return "\n".join([_HEADS[language], "|---|--:|--:|---|", *rows])


def _short(authors):
    """Surnames of one or two authors; of more, the first one's."""
    names = authors.split(", ")
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
