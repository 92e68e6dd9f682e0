"""What a student sees of a result: text for a terminal, HTML for a notebook."""

from html import escape

from course.checks.result import NOT_ATTEMPTED, PASSED

_MARKS = {PASSED: "ok", NOT_ATTEMPTED: "--"}
EXPLAINED = {
    "defined": "is defined",
    "runs": "runs and returns the right kind of thing",
    "shape": "has the right output shape",
    "parameters": "has the right number of trainable parameters",
    "behaviour": "computes the right values",
    "behaviour in training": "computes the right values in training mode",
    "errors": "refuses bad arguments with a ValueError",
}
_FIELDS = (
    ("called", "called"),
    ("got", "came back"),
    ("expected", "expected"),
    ("where", "differs"),
)
_LONGEST = 300


def by_claim(result):
    """Verdicts grouped: a list of (claim, number passed, number, first failed).

    A call that does not run has no other verdict, but counts against every claim.
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
        return f"{result.exercise}: not attempted yet"
    rows = by_claim(result)
    passed = sum(failed is None for *_, failed in rows)
    text = f"{result.exercise}: {passed} of {len(rows)} public checks pass"
    if passed == len(rows):
        text += "; grading uses other inputs"
    return text


def _details(verdict):
    for field, label in _FIELDS:
        value = getattr(verdict, field)
        if value:
            yield label, value if len(value) <= _LONGEST else value[:_LONGEST] + "..."


def _detailed(rows):
    """Claims told in full: the first failed one, others may follow from it; errors."""
    first = next((claim for claim, _, _, failed in rows if failed), None)
    return {first, "errors"}


def text(result):
    """The result for a terminal, without control characters."""
    lines = [headline(result)]
    rows = by_claim(result)
    for claim, passed, number, failed in rows:
        if result.status == NOT_ATTEMPTED:
            continue
        mark = "ok  " if failed is None else "FAIL"
        tally = "" if number == 1 else f" ({passed} of {number} calls)"
        lines.append(f"  {mark} {EXPLAINED[claim]}{tally}")
        if failed is not None and claim in _detailed(rows):
            lines += [f"         {key:<10}{value}" for key, value in _details(failed)]
    if result.hint:
        lines.append(f"  Hint: {result.hint}")
    return "\n".join(_clean(line) for line in lines)


def _clean(line):
    return "".join(c if c.isprintable() else " " for c in line)


_STYLE = """<style>
.course-check{font:14px/1.5 system-ui,"Noto Sans KR",sans-serif;border:1px solid
 #8886;border-left:4px solid var(--c);border-radius:6px;padding:.6em 1em;margin:.4em 0;
 max-width:52em}
.course-check b{font-weight:600}
.course-check ul{list-style:none;margin:.3em 0;padding:0}
.course-check .mark{display:inline-block;width:1.5em;font-weight:700}
.course-check .pass .mark{color:#1a7f37}.course-check .fail .mark{color:#c4320a}
.course-check table{margin:.2em 0 .4em 1.5em;border-collapse:collapse;font-size:13px}
.course-check td{text-align:left!important;vertical-align:top;padding:1px .8em 1px 0;
 background:none!important}
.course-check td:first-child{opacity:.7;white-space:nowrap}
.course-check code{white-space:pre-wrap;overflow-wrap:anywhere;background:none}
.course-check .hint{background:#d9920022;border-radius:4px;padding:.3em .6em;margin:.4em 0 0}
</style>"""
_COLOURS = {PASSED: "#1a7f37", NOT_ATTEMPTED: "#888"}


def html(result):
    """The result for a notebook; everything that came from a student is escaped."""
    rows = by_claim(result)
    items = []
    for claim, passed, number, failed in rows:
        if result.status == NOT_ATTEMPTED:
            continue
        good = failed is None
        tally = "" if number == 1 else f" ({passed} of {number} calls)"
        item = (
            f'<li class="{"pass" if good else "fail"}"><span class="mark">'
            f"{'✓' if good else '✗'}</span>{escape(EXPLAINED[claim] + tally)}"
        )
        if not good and claim in _detailed(rows):
            cells = "".join(
                f"<tr><td>{key}</td><td><code>{escape(value)}</code></td></tr>"
                for key, value in _details(failed)
            )
            item += f"<table>{cells}</table>"
        items.append(item + "</li>")
    hint = f'<div class="hint"><b>Hint.</b> {escape(result.hint)}</div>'
    color = _COLOURS.get(result.status, "#c4320a")
    return (
        f'{_STYLE}<div class="course-check" style="--c:{color}">'
        f"<b>{escape(headline(result))}</b><ul>{''.join(items)}</ul>"
        f"{hint if result.hint else ''}</div>"
    )
