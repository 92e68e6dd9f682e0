"""What a student sees of a result: text for a terminal, HTML for a notebook.

A result holds English; here it is put into the language of the student.
"""

import re
from html import escape

from course.checks.columns import padded, printable
from course.checks.drawing import STYLE, flow_html, flow_text
from course.checks.reasons import told
from course.checks.result import NOT_ATTEMPTED, PASSED
from course.language import KOREAN, current, deferred, gettext

_MARKS = {PASSED: "ok", NOT_ATTEMPTED: "--"}
EXPLAINED = {
    "defined": deferred("is defined"),
    "runs": deferred("runs and returns the right kind of thing"),
    "shape": deferred("has the right output shape"),
    "parameters": deferred("has the right number of trainable parameters"),
    "behaviour": deferred("computes the right values"),
    "behaviour in training": deferred("computes the right values in training mode"),
    "errors": deferred("refuses bad arguments with a ValueError"),
}
_FIELDS = (
    ("called", deferred("called")),
    ("got", deferred("came back")),
    ("expected", deferred("expected")),
    ("where", deferred("differs")),
)
_LONGEST = 300
_LABEL = 10


def by_claim(result):
    """Verdicts grouped: a list of (claim, number passed, number, first failed).

    A call that does not run has no other verdict, but counts against every claim: a
    claim may have no failed verdict and yet not hold for every call.
    """
    rows = []
    calls = sum(v.claim == "runs" for v in result.verdicts)
    for claim in dict.fromkeys(v.claim for v in result.verdicts):
        verdicts = [v for v in result.verdicts if v.claim == claim]
        failed = [v for v in verdicts if not v.passed]
        passed = len(verdicts) - len(failed)
        number = len(verdicts) if claim == "errors" else max(len(verdicts), calls)
        rows.append((claim, passed, number, failed[0] if failed else None))
    return rows


def headline(result):
    """One sentence: how many public checks pass, and what that does not mean."""
    if result.status == NOT_ATTEMPTED:
        said = gettext("{exercise}: not attempted yet")
        return said.format(exercise=result.exercise)
    rows = by_claim(result)
    passed = sum(held == number for _, held, number, _ in rows)
    said = gettext("{exercise}: {passed} of {total} public checks pass")
    if passed == len(rows):
        said += gettext("; grading uses other inputs")
    return said.format(exercise=result.exercise, passed=passed, total=len(rows))


def explained(claim, passed=1, number=1, judged=True):
    """A claim in words, and how many calls bear it out where there are several.

    Args:
        claim: a key of EXPLAINED.
        passed: calls that bear it out.
        number: of all calls.
        judged: False where the others did not get so far that it could be judged.
    """
    said = gettext(EXPLAINED[claim])
    if number == 1:
        return said
    tally = gettext(" (holds in {passed} of {number} calls)")
    if not judged:
        tally = gettext(
            " (holds in {passed} of {number} calls; the others did not get so far)"
        )
    return said + tally.format(passed=passed, number=number)


def _details(verdict):
    for field, label in _FIELDS:
        value = told(getattr(verdict, field))  # English, where a process ended
        if value:
            cut = value[:_LONGEST] + "..." if len(value) > _LONGEST else value
            yield gettext(label), cut


def _detailed(rows):
    """Claims told in full: the first failed one, others may follow from it; errors."""
    first = next((claim for claim, _, _, failed in rows if failed), None)
    return {first, "errors"}


def _untold(rows):
    """Whether a claim failed that is not told in full."""
    return any(failed and claim not in _detailed(rows) for claim, _, _, failed in rows)


def _others():
    return gettext("A failed check without details often follows from the first one.")


def text(result):
    """The result for a terminal, without control characters."""
    lines = [headline(result)]
    rows = by_claim(result)
    for claim, passed, number, failed in rows:
        if result.status == NOT_ATTEMPTED:
            continue
        mark = "ok  " if passed == number else "FAIL" if failed else "--  "
        judged = passed == number or failed is not None
        lines.append(f"  {mark} {explained(claim, passed, number, judged)}")
        if failed is not None and claim in _detailed(rows):
            details = _details(failed)
            lines += [f"         {padded(k, _LABEL)}{value}" for k, value in details]
    if _untold(rows):
        lines.append(f"       {_others()}")
    lines += [f"  {title} {hint}" for title, hint in titled_hints(result)]
    lines += flow_text(result.flow, result.flow_of)
    return "\n".join(printable(line) for line in lines)


def titled_hints(result):
    """Hints with their titles; two are numbered, as there are two mistakes."""
    if len(result.hints) == 1:
        return [(gettext("Hint:"), gettext(result.hints[0]))]
    said = gettext("Hint {number} of {total}:")
    return [
        (said.format(number=i, total=len(result.hints)), gettext(hint))
        for i, hint in enumerate(result.hints, 1)
    ]


_STYLE = (
    f"""<style>{STYLE}"""
    + """
.course-check{font:14px/1.5 system-ui,"Noto Sans KR",sans-serif;border:1px solid
 #8886;border-left:4px solid var(--c);border-radius:6px;padding:.6em 1em;margin:.4em 0;
 max-width:52em}
.course-check b{font-weight:600}
.course-check ul{list-style:none;margin:.3em 0;padding:0}
.course-check .mark{display:inline-block;width:1.5em;font-weight:700}
.course-check .pass .mark{color:#1a7f37}.course-check .fail .mark{color:#c4320a}
.course-check table{margin:.2em 0 .4em 1.5em;border-collapse:collapse;font-size:13px}
.course-check tr{background:none!important}
.course-check td{text-align:left!important;vertical-align:top;padding:1px .8em 1px 0;
 background:none!important}
.course-check td:first-child{opacity:.7;white-space:nowrap}
.course-check code{white-space:pre-wrap;overflow-wrap:anywhere;background:none}
.course-check p{margin:.4em 0}
.course-check .others{opacity:.7;font-size:13px}
.course-check .number{text-align:right!important}
.course-check .hint{background:#d9920022;border-radius:4px;padding:.3em .6em;\
margin:.4em 0 0}
</style>"""
)
_COLOURS = {PASSED: "#1a7f37", NOT_ATTEMPTED: "#888"}


def html(result):
    """The result for a notebook; everything that came from a student is escaped."""
    rows = by_claim(result) if result.status != NOT_ATTEMPTED else []
    items = "".join(_item(*row, row[0] in _detailed(rows)) for row in rows)
    hints = "".join(
        f'<div class="hint"><b>{escape(title)}</b> {prose(hint)}</div>'
        for title, hint in titled_hints(result)
    )
    others = f'<p class="others">{escape(_others())}</p>' if _untold(rows) else ""
    color = _COLOURS.get(result.status, "#c4320a")
    return panel(
        f"<b>{escape(headline(result))}</b><ul>{items}</ul>{others}"
        f"{hints}{flow_html(result.flow, result.flow_of)}",
        color,
    )


def prose(text):
    """Text as HTML, escaped, with what stands in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _item(claim, passed, number, failed, detailed):
    """A claim as an item of a list, with what was called where it is told in full."""
    good = passed == number
    kind, sign = ("pass", "✓") if good else ("fail", "✗") if failed else ("", "–")
    cells = "".join(
        f"<tr><td>{escape(key)}</td><td><code>{escape(value)}</code></td></tr>"
        for key, value in (_details(failed) if failed and detailed else ())
    )
    return (
        f'<li class="{kind}"><span class="mark">{sign}</span>'
        f"{escape(explained(claim, passed, number, good or failed is not None))}"
        f"{f'<table>{cells}</table>' if cells else ''}</li>"
    )


def panel(content, color):
    """The frame in which a notebook shows something of the course.

    Args:
        content: HTML.
        color: of its left edge, in CSS.
    """
    # Hangul is to break between words, not inside them.
    korean = current() == KOREAN
    language, words = (' lang="ko"', ";word-break:keep-all") if korean else ("", "")
    return (
        f'{_STYLE}<div class="course-check"{language} style="--c:{color}{words}">'
        f"{content}</div>"
    )
