"""The student's steps beside the expected ones, for a terminal and for a page."""

from html import escape

from course.checks.columns import padded, width
from course.checks.flow import is_equal
from course.language import gettext

_BEFORE, _AFTER = 2, 6

STYLE = """
.course-flow{display:grid;grid-template-columns:auto auto;gap:.25em 1em;
 margin:.5em 0 .2em 1.5em;width:fit-content;font-size:13px}
.course-flow>*{border-radius:5px;padding:.15em .7em;background:#8881;
 border-left:3px solid #8884}
.course-flow>.head{background:none;border:0;padding-left:0;font-weight:600}
.course-flow>.same{opacity:.65}
.course-flow>.own{background:#c4320a18;border-color:#c4320a}
.course-flow>.wanted{background:#1a7f3718;border-color:#1a7f37}
.course-flow>.none{background:none;border-left-style:dashed}
.course-flow small{opacity:.75;margin-left:.6em}
.course-flow>.more,.course-flow>.call{grid-column:1/3;background:none;border:0;
 padding-left:0}
.course-flow>.more{opacity:.65}
"""


def flow_text(flow, call):
    """Lines for a terminal; none without a flow.

    Args:
        flow: of a ``Result``.
        call: whose steps these are.
    """
    if not flow:
        return []
    above, shown, below = _window(flow)
    rows = [(_words(own), _words(wanted), own, wanted) for own, wanted in shown]
    heads = gettext("your steps"), gettext("expected")
    wide = max(width(text) for text in (heads[0], *(row[0] for row in rows)))
    lines = [f"    {call}", f"    {padded(heads[0], wide)}   {heads[1]}"]
    if above:
        lines.append(f"    {_equal_above(above)}")
    for mine, theirs, own, wanted in rows:
        mark = " " if is_equal(own, wanted) else ">"
        lines.append(f"  {mark} {padded(mine, wide)}   {theirs}".rstrip())
    return lines + ([f"    {_more_below(below)}"] if below else [])


def flow_html(flow, call):
    """A grid of two columns; "" without a flow. Everything is escaped."""
    if not flow:
        return ""
    above, shown, below = _window(flow)
    heads = (gettext("your steps"), gettext("expected"))
    cells = [f'<div class="call"><code>{escape(call)}</code></div>']
    cells += [f'<div class="head">{escape(head)}</div>' for head in heads]
    if above:
        cells.append(f'<div class="more">{escape(_equal_above(above))}</div>')
    for own, wanted in shown:
        same = is_equal(own, wanted)
        cells.append(_cell(own, "same" if same else "own"))
        cells.append(_cell(wanted, "same" if same else "wanted"))
    if below:
        cells.append(f'<div class="more">{escape(_more_below(below))}</div>')
    return f'<div class="course-flow">{"".join(cells)}</div>'


def _window(flow):
    """How many steps lie above, those around the first difference, how many below."""
    first = next(i for i, pair in enumerate(flow) if not is_equal(*pair))
    start, end = max(0, first - _BEFORE), first + _AFTER
    return start, flow[start:end], max(0, len(flow) - end)


def _equal_above(number):
    return gettext("... equal steps above: {number}").format(number=number)


def _more_below(number):
    return gettext("... further steps: {number}").format(number=number)


def _parts(step):
    """Shape, parameters, and the class of an own step."""
    *kind, shape, parameters = step
    sizes = " x ".join("?" if size is None else str(size) for size in shape)
    told = gettext("{number} parameters").format(number=f"{parameters:,}")
    return [sizes, told if parameters else "", *kind]


def _words(step):
    return "-" if step is None else "  ".join(part for part in _parts(step) if part)


def _cell(step, kind):
    if step is None:
        return f'<div class="{kind} none">&ndash;</div>'
    sizes, *others = map(escape, _parts(step))
    small = "".join(f"<small>{part}</small>" for part in others if part)
    return f'<div class="{kind}"><b>{sizes.replace(" x ", " × ")}</b>{small}</div>'
