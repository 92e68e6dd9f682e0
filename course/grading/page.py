"""Pieces of the HTML reports: one file each, no script, nothing from a network.

Every text that came from a student goes through ``escape``.
"""

from html import escape

from course.checks.drawing import STYLE as _FLOW
from course.checks.result import ERROR, FAILED, NOT_ATTEMPTED, PASSED, TIMED_OUT
from course.language import current, deferred, gettext

PARTLY = deferred("partly")
# status: (symbol, what it is called); the symbol says it without the color.
KINDS = {
    PASSED: ("✓", deferred("passed")),
    PARTLY: ("◐", deferred("passed in part")),
    FAILED: ("✗", deferred("failed")),
    ERROR: ("!", deferred("error")),
    TIMED_OUT: ("◷", deferred("timed out")),
    NOT_ATTEMPTED: ("–", deferred("not attempted")),
}
_CLASSES = {TIMED_OUT: "timeout", NOT_ATTEMPTED: "none"}
_STYLE = """
:root{--ink:#1d2733;--soft:#5c6875;--paper:#fbfaf8;--card:#fff;--line:#e2dfd9;
--passed:#2f7d54;--partly:#b9811a;--failed:#b5442f;--error:#8b3a62;--timeout:#5b5aa7;
--none:#a5aab1;--accent:#2b5c8a}
@media(prefers-color-scheme:dark){:root{--ink:#e6e4df;--soft:#9aa3ad;--paper:#15181c;
--card:#1d2126;--line:#343a41;--passed:#5cb585;--partly:#dba945;--failed:#e07a63;
--error:#cc7fa6;--timeout:#9a99e0;--none:#6d747c;--accent:#82b4e0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,
-apple-system,"Segoe UI","Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo",
"Malgun Gothic",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.65rem;line-height:1.25;margin:0 0 .25rem;letter-spacing:-.01em}
h2{font-size:1.1rem;margin:2.4rem 0 .8rem}
h3{font-size:1rem;margin:0;font-weight:600}
p{margin:.4rem 0}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:2px}
code,.code{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"D2Coding",
monospace;overflow-wrap:anywhere}
.soft{color:var(--soft)}.small{font-size:.875rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:1rem 1.15rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;
margin:1.4rem 0}
.tiles .card b{display:block;font-size:1.55rem;line-height:1.2;font-weight:650}
.level{border-left:4px solid var(--partly);margin-top:1rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));
gap:1rem;align-items:start}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th{font-weight:600;color:var(--soft);font-size:.8rem;text-align:left}
th,td{padding:.38rem .7rem .38rem 0;border-bottom:1px solid var(--line);
vertical-align:top}
tr:last-child td{border-bottom:0}
td.n,th.n{text-align:right;white-space:nowrap}
.bar{display:flex;height:.62rem;border-radius:4px;overflow:hidden;background:var(--line);
min-width:7rem;margin-top:.5rem}
.bar i{display:block;height:100%;border-right:1px solid var(--card)}
.bar i:last-child{border-right:0}
.mark{display:inline-block;min-width:1.25em;text-align:center;font-weight:700}
.passed{color:var(--passed)}.partly{color:var(--partly)}.failed{color:var(--failed)}
.error{color:var(--error)}.timeout{color:var(--timeout)}.none{color:var(--none)}
i.passed,i.partly,i.failed,i.error,i.timeout,i.none{background:currentColor}
.strip{white-space:nowrap;letter-spacing:.02em}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:.5rem 0 0}
.exercise{margin:.75rem 0}
.exercise header{display:flex;gap:.6rem;align-items:baseline;flex-wrap:wrap}
.exercise header .points{margin-left:auto;white-space:nowrap}
.exercise ul{list-style:none;margin:.5rem 0 0;padding:0}
.exercise li{display:flex;gap:.45rem;padding:.1rem 0}
.exercise li .soft{white-space:nowrap}
td.wide{width:60%}td.name{white-space:nowrap}
.hint{border-left:3px solid var(--partly);padding:.1rem 0 .1rem .8rem;margin-top:.7rem}
.note{margin-top:.55rem}
svg text{fill:var(--soft);font-size:11px}
@media(max-width:34rem){main{padding:1.25rem .9rem 3rem}h1{font-size:1.35rem}
.card{padding:.85rem .9rem}th,td{padding-right:.45rem}.bar{min-width:3.5rem}
td.name{white-space:normal}svg text{font-size:18px}}
@media print{body{background:#fff}.card{break-inside:avoid}}
"""


def document(title, body):
    """A whole page.

    Args:
        title: plain text.
        body: HTML.
    """
    return (
        f'<!DOCTYPE html>\n<html lang="{current()}"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Nothing is fetched and nothing runs, whatever a page should hold.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="color-scheme" content="light dark">'
        '<meta name="robots" content="noindex">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{_FLOW}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def kind(result):
    """The status of a result, and PARTLY when it failed but earned something."""
    if result.status != PASSED and result.earned:
        return PARTLY
    return result.status


def css_class(status):
    """The class that colors a status."""
    return _CLASSES.get(status, status)


def mark(status, title=""):
    """The symbol of a status."""
    symbol, word = KINDS[status]
    text = escape(title or gettext(word), quote=True)
    return (
        f'<span class="mark {css_class(status)}" title="{text}" '
        f'aria-label="{text}">{symbol}</span>'
    )


def bar(parts):
    """A bar of colored parts.

    Args:
        parts: rows (status, share in 0 to 1, what the tooltip says).
    """
    pieces = "".join(
        f'<i class="{css_class(status)}" style="width:{100 * share:.2f}%" '
        f'title="{escape(title, quote=True)}"></i>'
        for status, share, title in parts
        if share > 0
    )
    return f'<div class="bar">{pieces}</div>'


def tile(value, label):
    """A number with its name."""
    return (
        f'<div class="card"><b>{escape(str(value))}</b>'
        f'<span class="soft small">{escape(label)}</span></div>'
    )


def table(head, rows, classes=None):
    """A table.

    Args:
        head: plain texts.
        rows: lists of HTML, one per column.
        classes: dict column index -> "n" (numbers), "name" (no break) or "wide".
    """
    classes = classes or {}

    def cells(tag, items):
        return "".join(
            f'<{tag} class="{classes.get(i, "")}">{item}</{tag}>'
            for i, item in enumerate(items)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    titles = cells("th", map(escape, head))
    return f'<div class="scroll"><table><tr>{titles}</tr>{body}</table></div>'


def histogram(values, width=560, height=170, bins=10):
    """Bars of how many values in 0 to 100 fall into each tenth, as SVG."""
    counts = [0] * bins
    for value in values:
        counts[min(int(value * bins / 100), bins - 1)] += 1
    tallest = max(counts) or 1
    step, base, top = width / bins, height - 22, 18
    parts = []
    for index, count in enumerate(counts):
        size = (base - top) * count / tallest
        x, y = index * step, base - size
        parts.append(
            f'<rect x="{x + 3:.1f}" y="{y:.1f}" width="{step - 6:.1f}" '
            f'height="{size:.1f}" rx="3" fill="var(--accent)"/>'
        )
        if count:
            parts.append(
                f'<text x="{x + step / 2:.1f}" y="{y - 5:.1f}" '
                f'text-anchor="middle">{count}</text>'
            )
    ticks = "".join(
        f'<text x="{min(max(i * step, 4), width - 10):.1f}" y="{height - 6}" '
        f'text-anchor="middle">{i * 100 // bins}</text>'
        for i in range(0, bins + 1, 2)
    )
    title = escape(gettext("Students by percent of the points"), quote=True)
    line = f'<line x1="0" x2="{width}" y1="{base}" y2="{base}" stroke="var(--line)"/>'
    return (
        f'<svg viewBox="-12 0 {width + 24} {height}" width="100%" role="img" '
        f'aria-label="{title}">{line}{"".join(parts)}'
        f"{ticks}</svg>"
    )
