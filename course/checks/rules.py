"""How an answer earns its points, told to students. The numbers are those of ``judge``.

Whoever changes how points are given reads these sentences again.
"""

import textwrap
from fractions import Fraction
from html import escape

from course.checks.columns import padded, width
from course.checks.feedback import EXPLAINED, panel
from course.checks.judge import SHARES, asked, shares
from course.checks.result import points
from course.language import deferred, gettext

HEADINGS = {
    "behaviour": deferred("values"),
    "behaviour in training": deferred("in training"),
    "errors": deferred("bad arguments"),
}
_COLOR = "#2b5c8a"
_COLUMNS = 78


def parts(exercise, seed):
    """The points of each claim of an exercise: dict claim -> Fraction.

    Args:
        exercise: a ``course.exercises.Exercise``.
        seed: of the run whose calls are counted.
    """
    trained = exercise.observer != "array"
    share = shares(asked(exercise.draw(seed), trained))
    return {claim: exercise.points * share[claim] for claim in SHARES if claim in share}


def rows(exercises, seed):
    """The table of points as texts: a head, a row an exercise, and the sums.

    Args:
        exercises: dict function name -> Exercise, in lab order.
        seed: as for ``parts``.
    """
    table = [[gettext("exercise"), gettext("points"), *map(gettext, HEADINGS.values())]]
    sums = dict.fromkeys(HEADINGS, Fraction(0))
    for name, exercise in exercises.items():
        given = parts(exercise, seed)
        sums = {claim: sums[claim] + given.get(claim, 0) for claim in sums}
        shown = [points(given[c]) if c in given else "-" for c in HEADINGS]
        table.append([name, str(exercise.points), *shown])
    whole = points(sum(sums.values()))
    return [*table, [gettext("together"), whole, *map(points, sums.values())]]


def sentences(exercises):
    """The rules, a plain text each.

    Args:
        exercises: dict function name -> Exercise.
    """
    earned = ", ".join(
        f"{gettext(EXPLAINED[claim])} ({float(100 * share):g} %)"
        for claim, share in SHARES.items()
    )
    told = [
        gettext(
            "Grading calls your functions with other inputs than the checks in the "
            "notebook do."
        ),
        gettext(
            "Points are for what a function does: {earned}. Within each of these, "
            "every call counts the same; where one is not asked for, the others share "
            "its part."
        ).format(earned=earned),
        gettext(
            "The right output shape and the right number of parameters earn nothing "
            "by themselves, but without them right values do not count."
        ),
        gettext(
            "Refusing bad arguments earns only where at least one good call gives the "
            "right values: a function that always raises earns nothing."
        ),
    ]
    return [*told, *_about_needs(exercises), *_about_finding()]


def _about_needs(exercises):
    said = gettext(
        "{name} calls your {needs}. When that is wrong, {name} is graded once more "
        "with the reference in its place and the better result counts, so that one "
        "slip costs once."
    )
    for name, exercise in exercises.items():
        if exercise.needs:
            yield said.format(name=name, needs=", ".join(exercise.needs))


def _about_finding():
    yield gettext(
        "Functions are found by their names, in whatever cell they are; what is "
        "inside another function or a class is not found. When a name is defined "
        "more than once, the last definition counts."
    )
    yield gettext(
        "Only your functions are run, and the statements that assign what they use. "
        "Other cells (experiments, plots, checks) are not."
    )


def text(exercises, seed):
    """Table and rules for a terminal."""
    table = rows(exercises, seed)
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    lines = []
    for first, *others in table:
        pairs = zip(others, widths[1:], strict=True)
        cells = [" " * (w - width(cell)) + cell for cell, w in pairs]
        lines.append("  ".join([padded(first, widths[0]), *cells]))
    return "\n".join([*lines, "", *map(_wrapped, sentences(exercises))])


def _wrapped(sentence):
    # textwrap counts letters, and a terminal columns.
    letters = _COLUMNS * len(sentence) // width(sentence)
    return textwrap.fill(sentence, letters, initial_indent="- ", subsequent_indent="  ")


def html(exercises, seed):
    """Table and rules for a notebook."""
    head, *body = rows(exercises, seed)
    lines = [_row(head, "{}"), *(_row(line, "<code>{}</code>") for line in body)]
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences(exercises))
    title = escape(gettext("What is graded, and how"))
    return panel(f"<b>{title}</b><table>{''.join(lines)}</table>{told}", _COLOR)


def _row(cells, first):
    numbers = "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells[1:])
    return f"<tr><td>{first.format(escape(cells[0]))}</td>{numbers}</tr>"
