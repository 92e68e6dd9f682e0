"""The files of a results folder: a table of grades, a class report, student pages.

The class report is the instructor's. A student's page says what failed and leads on;
it never shows a probe, an expected value, or another student.
"""

import csv
import io
import statistics
from collections import Counter
from datetime import datetime
from fractions import Fraction
from html import escape
from urllib.parse import quote

from course.checks import feedback
from course.checks.drawing import flow_html
from course.checks.reasons import told
from course.checks.result import NOT_ATTEMPTED, PASSED, points
from course.exercises import LABS, load
from course.grading import page
from course.grading.files import replace
from course.grading.names import file_names
from course.grading.record import GRADED
from course.grading.submission import short_digest
from course.language import gettext

_SHOWN_MISTAKES = 12
_SHOWN_SLOWEST = 5


def write(store, lab, records, level):
    """Write ``grades.csv``, ``report.html`` and ``students/*.html``.

    Args:
        store: ``course.grading.store.Store`` of the results folder; knows which pages
            earlier runs wrote, and no other file is deleted.
        lab: number of the lab.
        records: of all its students (``course.grading.record.Record``).
        level: how the submissions were held back, in a sentence.
    """
    exercises = load(LABS[lab])
    out = store.folder
    folder = out / "students"
    folder.mkdir(exist_ok=True)
    files = file_names([r.student for r in records])
    for gone in store.pages() - set(files.values()):
        (folder / gone).unlink(missing_ok=True)
    store.note_pages(files.values())
    for record in records:
        replace(folder / files[record.student], student_page(record))
    replace(out / "report.html", class_report(lab, records, exercises, files, level))
    # With a mark of UTF-8 at its start, Excel shows Korean names as they are.
    replace(out / "grades.csv", "\ufeff" + grades_csv(records, exercises))


def grades_csv(records, exercises):
    """A row a student; what is not a number cannot start a spreadsheet's formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    head = ["student", "lab", "status", "points", "possible", "percent"]
    writer.writerow([*head, *(e.id for e in exercises.values())])
    for record in records:
        status = record.status + (f": {record.reason}" if record.reason else "")
        earned = {a.result.exercise: points(a.result.earned) for a in record.answers}
        writer.writerow(
            [
                _no_formula(record.student),
                record.lab,
                _no_formula(status),
                points(record.earned),
                record.possible,
                f"{_percent(record):.1f}",
                *(earned.get(e.id, "0") for e in exercises.values()),
            ]
        )
    return text.getvalue()


def _no_formula(text):
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


def _percent(record):
    if not record.possible:
        return 0.0
    return float(100 * record.earned / Fraction(record.possible))


def student_page(record):
    """One student's page."""
    lecture = LABS[record.lab]
    parts = [
        f"<h1>{escape(record.student)}</h1>",
        f'<p class="soft">{_lab(record.lab)} · {escape(lecture)}</p>',
        *_digest(record),
    ]
    if record.status == GRADED:
        parts.append(_score(record))
        parts += [_problems(record)] if record.problems else []
        parts.append("<h2>" + gettext("Exercises") + "</h2>")
        parts += [_exercise(answer) for answer in record.answers]
    else:
        why = f"{gettext(record.status)}: {told(record.reason)}"
        parts.append(
            '<div class="card level"><h3>' + gettext("Not graded") + "</h3>"
            f"<p>{escape(why)}</p></div>"
        )
    title = f"{record.student} · {_lab(record.lab)}"
    return page.document(title, "\n".join(parts))


def _digest(record):
    """Which file it was, as ``course handin`` told the student."""
    if record.digest:
        said = gettext("File {digest}, as course handin shows it.")
        said = said.format(digest=f"<code>{escape(short_digest(record.digest))}</code>")
        yield f'<p class="soft small">{said}</p>'


def _lab(number):
    return gettext("Lab {number}").format(number=number)


def _score(record):
    passed = sum(a.result.status == PASSED for a in record.answers)
    shares = [
        (page.kind(a.result), a.result.possible / record.possible, _name(a))
        for a in record.answers
    ]
    possible = gettext("of {possible} points").format(possible=record.possible)
    number = gettext("{passed} of {total}")
    number = number.format(passed=passed, total=len(record.answers))
    tiles = (
        page.tile(points(record.earned), possible),
        page.tile(f"{_percent(record):.1f} %", gettext("of the points")),
        page.tile(number, gettext("exercises passed")),
    )
    return f'<div class="tiles">{"".join(tiles)}</div>{page.bar(shares)}{_legend()}'


def _legend():
    items = "".join(
        f"<span>{page.mark(status)} {gettext(word)}</span>"
        for status, (_, word) in page.KINDS.items()
    )
    return f'<div class="legend small soft">{items}</div>'


def _problems(record):
    rows = [
        [
            str(cell),
            str(line),
            escape(told(message))
            + (f"<br><code>{escape(text)}</code>" if text else ""),
        ]
        for cell, line, message, text in record.problems
    ]
    title = gettext("Code that did not load")
    counted = gettext(
        "Cells are counted without the text between them. What does not need these "
        "lines was graded."
    )
    head = [gettext("code cell"), gettext("line"), gettext("what happened")]
    return (
        f'<h2>{title}</h2><div class="card"><p class="soft small">{counted}</p>'
        f"{page.table(head, rows)}</div>"
    )


def _name(answer):
    return answer.result.exercise.split(".")[1]


def _exercise(answer):
    result = answer.result
    status = page.kind(result)
    possible = gettext("of {possible}").format(possible=result.possible)
    parts = [
        f'<section class="card exercise"><header>{page.mark(status)}'
        f"<h3><code>{escape(_name(answer))}</code></h3>"
        f'<span class="soft small">{gettext(page.KINDS[status][1])}</span>'
        f'<span class="points">{points(result.earned)} <span class="soft">'
        f"{possible}</span></span></header>"
    ]
    if result.status not in (NOT_ATTEMPTED, PASSED):
        parts.append(_claims(result))
    for note in answer.notes:
        parts.append(f'<p class="note code">{escape(told(note))}</p>')
    if answer.helped_by:
        names = ", ".join(f"<code>{escape(n)}</code>" for n in answer.helped_by)
        said = gettext(
            "Graded with the reference in the place of your {names}, so that one slip "
            "costs once."
        )
        parts.append(f'<p class="note soft small">{said.format(names=names)}</p>')
    for hint in result.hints:
        parts.append(f'<p class="hint">{feedback.prose(gettext(hint))}</p>')
    if result.flow:
        parts.append(flow_html(result.flow, result.flow_of))
    return "".join(parts) + "</section>"


def _claims(result):
    """Each claim and how many calls bear it out; not which calls these were."""
    items = []
    for claim, passed, number, failed in feedback.by_claim(result):
        kind = failed.status if failed else PASSED if passed == number else page.PARTLY
        sign = page.mark(kind)
        tally = gettext("{passed} of {total}").format(passed=passed, total=number)
        tally = "" if number == 1 else f' <span class="soft">{tally}</span>'
        explained = gettext(feedback.EXPLAINED.get(claim, claim))
        items.append(f"<li>{sign} {escape(explained)}{tally}</li>")
    return f"<ul>{''.join(items)}</ul>"


def class_report(lab, records, exercises, files, level):
    """The instructor's page."""
    graded = [r for r in records if r.status == GRADED]
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    parts = [
        f"<h1>{_lab(lab)} · {escape(LABS[lab])}</h1>",
        '<p class="soft">' + gettext("Class report, ") + f"{escape(now)}</p>",
        _class_tiles(records, graded),
        '<div class="card level small"><b>' + gettext("Isolation") + "</b> "
        f"{escape(told(level))}.</div>",
    ]
    if len(graded) < len(records):
        parts.append(_not_graded([r for r in records if r.status != GRADED], files))
    if graded:
        parts += [
            "<h2>" + gettext("Distribution") + "</h2>",
            _distribution([_percent(r) for r in graded]),
            _pass_rates(graded, exercises),
            '<div class="columns">',
            _mistakes(graded),
            _slowest(graded, files),
            "</div>",
        ]
    parts.append(_students(records, exercises, files))
    title = gettext("Lab {number} · class report").format(number=lab)
    return page.document(title, "\n".join(parts))


def _distribution(percents):
    axis = gettext("Students by percent of the points")
    return (
        f'<div class="card"><p class="soft small">{axis}</p>'
        f"{page.histogram(percents)}</div>"
    )


def _class_tiles(records, graded):
    tiles = [
        page.tile(len(records), gettext("submissions")),
        page.tile(len(graded), gettext("graded")),
    ]
    if graded:
        percents = [_percent(r) for r in graded]
        seconds = statistics.median(r.seconds for r in graded)
        tiles += [
            page.tile(f"{statistics.median(percents):.1f} %", gettext("median")),
            page.tile(f"{statistics.fmean(percents):.1f} %", gettext("mean")),
            page.tile(_seconds(seconds), gettext("median time")),
        ]
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _seconds(number):
    return gettext("{seconds} s").format(seconds=f"{number:.1f}")


def _link(record, files):
    address = f"students/{quote(files[record.student])}"
    return f'<a href="{escape(address, quote=True)}">{escape(record.student)}</a>'


def _not_graded(records, files):
    rows = [
        [_link(r, files), escape(gettext(r.status)), escape(told(r.reason))]
        for r in records
    ]
    head = [gettext("student"), gettext("status"), gettext("reason")]
    body = page.table(head, rows, {0: "name", 1: "name"})
    return "<h2>" + gettext("Not graded") + f'</h2><div class="card">{body}</div>'


def _pass_rates(graded, exercises):
    rows = []
    for exercise in exercises.values():
        results = [
            a.result
            for r in graded
            for a in r.answers
            if a.result.exercise == exercise.id
        ]
        counts = Counter(page.kind(result) for result in results)
        bar = page.bar(
            (status, counts[status] / len(results), f"{counts[status]} {gettext(word)}")
            for status, (_, word) in page.KINDS.items()
        )
        rate = f"{100 * counts[PASSED] / len(results):.0f} %"
        rows.append([f"<code>{exercise.name}</code>", bar, rate])
    head = [gettext("exercise"), "", gettext("passed")]
    body = page.table(head, rows, {0: "name", 1: "wide", 2: "n"})
    title = gettext("Exercises")
    return f'<h2>{title}</h2><div class="card">{body}{_legend()}</div>'


def _mistakes(graded):
    counts = Counter(
        (_name(a), mistake)
        for r in graded
        for a in r.answers
        for mistake in a.result.mistakes
    )
    rows = [
        [f"<code>{escape(name)}</code><br>{escape(gettext(mistake))}", str(number)]
        for (name, mistake), number in counts.most_common(_SHOWN_MISTAKES)
    ]
    head = [gettext("recognized mistake"), gettext("students")]
    body = page.table(head, rows, {1: "n"})
    empty = '<p class="soft">' + gettext("None was recognized.") + "</p>"
    title = gettext("Commonest mistakes")
    told = body if rows else empty
    return f'<div><h2>{title}</h2><div class="card">{told}</div></div>'


def _slowest(graded, files):
    slowest = sorted(graded, key=lambda r: -r.seconds)[:_SHOWN_SLOWEST]
    rows = [[_link(r, files), _seconds(r.seconds)] for r in slowest]
    body = page.table([gettext("student"), gettext("time")], rows, {1: "n"})
    title = gettext("Slowest")
    return f'<div><h2>{title}</h2><div class="card">{body}</div></div>'


def _students(records, exercises, files):
    rows = []
    for record in records:
        kinds = [(_name(a), page.kind(a.result)) for a in record.answers]
        strip = "".join(
            page.mark(kind, f"{name}: " + gettext(kind)) for name, kind in kinds
        )
        if not strip:
            strip = f'<span class="soft">{escape(gettext(record.status))}</span>'
        rows.append(
            [
                _link(record, files),
                points(record.earned),
                f"{_percent(record):.1f} %",
                f'<span class="strip">{strip}</span>',
            ]
        )
    head = [
        gettext("student"),
        gettext("points"),
        gettext("percent"),
        gettext("exercises in lab order"),
    ]
    body = page.table(head, rows, {0: "name", 1: "n", 2: "n"})
    title = gettext("Students")
    return f'<h2>{title}</h2><div class="card">{body}{_legend()}</div>'
