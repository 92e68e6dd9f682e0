"""The table of a network, as papers print it; table 1 of the GoogLeNet paper's form.

``summary(model)`` is for notebooks and terminals, ``main`` is ``course model NAME``.
"""

import difflib
import html
import re
import shutil
import sys
from dataclasses import dataclass

from course.checks.columns import padded, width, wrapped
from course.language import deferred, gettext

HEADINGS = {
    "name": deferred("layer"),
    "patch": deferred("patch/stride"),
    "output": deferred("output"),
    "depth": deferred("depth"),
    "parameters": deferred("parameters"),
    "multiply_adds": deferred("multiply-adds"),
    "receptive_field": deferred("receptive field"),
}
NARROW = {
    **HEADINGS,
    "multiply_adds": deferred("mult-adds"),
    "receptive_field": deferred("field"),
}
IMAGE = deferred("image")  # what a layer sees once all places have been merged
UNKNOWN = "?"
# "inception_3a_1x1_conv" belongs to inception_3a, "conv2_block1_1_bn" to conv2_block1.
_BLOCK = re.compile(r"[a-z]+_?\d+[a-z]?(?:_block\d+)?(?=_|$)")


@dataclass(frozen=True)
class Row:
    """One layer, or one block of layers.

    Attributes:
        name: of the layer or block.
        patch: "7x7/2", kernel or pool size and stride, "3x3" where that is 1; of a
            block, that of each kind of convolution in it, then of each pool that
            strides: "3x3, 2x2/2".
        output: shape of the output without the batch axis, "112x112x64".
        depth: weighted layers on the longest path through it.
        parameters: trainable.
        fixed: parameters that training does not change.
        multiply_adds: multiplications of weights with values, for one image; None
            where they are not known.
        receptive_field: side in pixels of what an output value sees, as if the image
            had no border: (height, width), or () once all places have been merged.
    """

    name: str
    patch: str
    output: str
    depth: int
    parameters: int
    fixed: int
    multiply_adds: int | None
    receptive_field: tuple


@dataclass(frozen=True)
class Summary:
    """The table of a model; print it, or leave it as the last line of a cell.

    Attributes:
        name: of the model.
        rows: one per layer, or per block.
        depth: weighted layers on the longest path.
        notes: sentences below the table.
    """

    name: str
    rows: tuple
    depth: int
    notes: tuple = ()

    @property
    def parameters(self):
        """Trainable parameters of the model."""
        return sum(row.parameters for row in self.rows)

    @property
    def fixed(self):
        """Parameters that training does not change, such as running averages."""
        return sum(row.fixed for row in self.rows)

    @property
    def multiply_adds(self):
        """Multiply-adds for one image; None when those of a layer are not known."""
        counts = [row.multiply_adds for row in self.rows]
        return None if None in counts else sum(counts)

    def __str__(self):
        return _text(self, shutil.get_terminal_size((100, 24)).columns)

    def _repr_html_(self):
        return _html(self)


def summary(model, *, blocks=False):
    """Tabulate what each layer of a model does, costs and sees.

    Args:
        model: functional or Sequential keras.Model with a known input shape.
        blocks: one row per block, such as "inception_3a", instead of one per layer;
            blocks are told by the names of their layers.

    Returns:
        Summary: prints as a text table and shows as a table in a notebook.

    Raises:
        ValueError: the model has no graph of layers to follow.
    """
    from course.toolkit.trace import trace  # imports Keras

    calls = trace(model)
    groups = {}
    for i, call in enumerate(calls):
        key = _block(call) if blocks else None
        groups.setdefault(key or (i, call.name), []).append(call)
    rows = tuple(
        _row(key if isinstance(key, str) else key[1], group, calls)
        for key, group in groups.items()
    )
    depth = max((call.depth for call in calls), default=0)
    return Summary(model.name, rows, depth, tuple(_notes(calls)))


def _block(call):
    """Name of the block of a layer; None when it stands alone."""
    automatic = re.sub(r"_\d+$", "", call.name).replace("_", "")
    if automatic == call.kind.lower():
        return None
    found = _BLOCK.match(call.name)
    return found[0] if found else None


def _row(name, group, calls):
    inside = {target for call in group for target in call.targets}
    read = {source for call in group for source in call.sources} - inside
    before = [call.depth for call in calls if read & set(call.targets)]
    used = {source for c in calls if c not in group for source in c.sources}
    ends = [call for call in group if used & set(call.targets)] or group
    last = ends[-1]
    counts = [call.multiply_adds for call in group]
    return Row(
        name=name,
        patch=", ".join(_patches(group)),
        output="x".join(UNKNOWN if n is None else str(n) for n in last.output),
        depth=max(call.depth for call in group) - max(before, default=0),
        parameters=sum(call.trainable for call in group),
        fixed=sum(call.fixed for call in group),
        multiply_adds=None if None in counts else sum(counts),
        receptive_field=tuple(window.size for window in last.windows),
    )


def _patches(group):
    """The patches of what has weights or strides, or of all where nothing does.

    A pool that does not stride, in an inception block, is left out as in the paper.
    """
    patched = [call for call in group if call.patch]
    shown = [c for c in patched if c.weighted or set(c.strides) != {1}] or patched
    kinds = sorted({(not call.weighted, call.patch, call.strides) for call in shown})
    texts = [_patch(patch, strides) for _, patch, strides in kinds]
    return dict.fromkeys(texts)  # a pool may be like a convolution


def _patch(patch, strides):
    stride = strides[0] if len(set(strides)) == 1 else _by(strides)
    return _by(patch) + (f"/{stride}" if stride != 1 else "")


def _by(sizes):
    return "x".join(map(str, sizes))


def _notes(calls):
    fixed = sum(call.fixed for call in calls)
    if fixed:
        said = gettext(
            "{number} further parameters are not trained, such as running averages."
        )
        yield said.format(number=f"{fixed:,}")
    unknown = sorted({call.kind for call in calls if call.multiply_adds is None})
    if unknown:
        said = gettext("The multiply-adds of {layers} are not known here.")
        yield said.format(layers=", ".join(unknown))


def short(number):
    """A large number with three digits that count: 118_013_952 -> "118 M"."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * size:
            scaled = number / size
            decimals = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{decimals}f} {unit}"
    return str(number)


def _cells(row):
    """The texts of a row, in the order of HEADINGS; zeros stay empty."""
    field = row.receptive_field
    work = UNKNOWN if row.multiply_adds is None else short(row.multiply_adds)
    return (
        row.name,
        row.patch,
        row.output,
        str(row.depth) if row.depth else "",
        f"{row.parameters:,}" if row.parameters else "",
        work if row.multiply_adds != 0 else "",
        _by(field if len(set(field)) > 1 else field[:1]) or gettext(IMAGE),
    )


def _total(table):
    work = table.multiply_adds
    return (
        gettext("total"),
        "",
        "",
        str(table.depth),
        f"{table.parameters:,}",
        UNKNOWN if work is None else short(work),
        "",
    )


_LEFT = 2  # columns that are words; the others are numbers


def _text(table, room):
    lines = [
        tuple(map(gettext, HEADINGS.values())),
        *map(_cells, table.rows),
        _total(table),
    ]
    if sum(_widths(lines)) + 2 * (len(HEADINGS) - 1) > room:
        lines[0] = tuple(map(gettext, NARROW.values()))
    widths = _widths(lines)
    # Too wide for the terminal: shorten the patches first, then the names.
    for column, least in ((1, 7), (0, 12)):
        excess = sum(widths) + 2 * (len(widths) - 1) - room
        widths[column] = max(
            widths[column] - max(excess, 0), min(least, widths[column])
        )
    texts = [
        "  ".join(
            padded(_fit(cell, size), size)
            if i < _LEFT
            else " " * (size - width(cell)) + cell
            for i, (cell, size) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    rule = "-" * max(map(width, texts))
    return "\n".join(
        [texts[0], rule, *texts[1:-1], rule, texts[-1], *("", *table.notes)]
    ).rstrip()


def _widths(lines):
    return [max(map(width, column)) for column in zip(*lines, strict=True)]


def _fit(cell, size):
    return cell if width(cell) <= size else cell[: size - 1] + "…"


def _html(table):
    def line(cells, tag):
        return "".join(
            f'<{tag} style="text-align: {"left" if i < _LEFT else "right"}">'
            f"{html.escape(cell)}</{tag}>"
            for i, cell in enumerate(cells)
        )

    head = line(map(gettext, HEADINGS.values()), "th")
    body = "".join(f"<tr>{line(_cells(row), 'td')}</tr>" for row in table.rows)
    foot = line(_total(table), "th")
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in table.notes)
    return (
        f'<table class="model-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody><tfoot><tr>{foot}</tr></tfoot></table>{notes}"
    )


def main(name):
    """Print the table of a network of the lectures.

    Args:
        name: of its builder, such as "googlenet"; a builder by depth takes the depth
            behind it, such as "resnet_cifar20".

    Returns:
        int: exit code; 2 when there is no such network.
    """
    from course.published import BY_DEPTH, PUBLISHED

    by_depth = {row.builder for row in BY_DEPTH}
    family, depth = re.fullmatch(r"(.*?)[-_]?(\d*)", name).groups()
    if name not in PUBLISHED and not (family in by_depth and depth):
        return _no_such_network(name, PUBLISHED, by_depth)
    from course.toolkit.quiet import load_keras

    load_keras()  # before anything else can, with TensorFlow's log lines
    import keras

    from course import modern_cnn

    try:
        with keras.StatelessScope():  # the table needs shapes, not values
            if name in PUBLISHED:
                model = getattr(modern_cnn, name)()
            else:
                model = getattr(modern_cnn, family)(int(depth))
    except ValueError as error:
        print(f"course model {name}: {error}", file=sys.stderr)
        return 2
    print(f"{model.name}\n\n{summary(model, blocks=True)}")
    if name in PUBLISHED:
        print("\n" + _source(PUBLISHED[name]))
    return 0


def _source(row):
    paper = row.paper
    lines = [f"{paper.title}. {paper.authors}, {paper.year}; {row.place}. {paper.url}"]
    if row.multiply_adds:
        said = gettext("Published multiply-adds: {number}.")
        lines.append(said.format(number=f"{row.multiply_adds / 1e9:g} G"))
    if row.note:
        lines.append(gettext("Note: {text}.").format(text=gettext(row.note)))
    room = shutil.get_terminal_size((100, 24)).columns
    return "\n".join(wrapped(line, room) for line in lines)


def _no_such_network(name, published, by_depth):
    if name in by_depth:
        said = gettext("{name} needs its depth behind it, such as {name}20.")
        message = said.format(name=name)
    else:
        known = [*published, *(f"{family}20" for family in sorted(by_depth))]
        close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
        said = gettext("there is no network {name!r}; there is {known}")
        if close:
            said = gettext("there is no network {name!r}; did you mean {known}?")
            known = close
        message = said.format(name=name, known=", ".join(known))
    print(f"course model: {message}", file=sys.stderr)
    return 2
