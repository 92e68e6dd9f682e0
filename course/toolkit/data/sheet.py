"""A sheet of scenes to look at."""

import numpy as np

# Okabe and Ito's colors and two greys, one for each digit.
_COLORS = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2",
    "#D55E00", "#CC79A7", "#FFFFFF", "#999999", "#000000",
)  # fmt: skip


def show_scenes(images, masks=None, boxes=None, labels=None, *, names=None, columns=6):
    """Draw pictures with the outlines of their masks, their boxes and labels.

    ``show_scenes(*digit_scenes("train", 12))`` draws twelve scenes. What is padded in a
    batch (label -1) is not drawn.

    Args:
        images: array (N, H, W, 3), uint8 or from 0 to 1.
        masks: integer array (N, H, W), 0 for background, or None.
        boxes: N arrays (objects, 4) of (x1, y1, x2, y2) in pixels, half-open, or None.
        labels: N integer arrays (objects,), or None.
        names: of the labels, or None for their numbers.
        columns: pictures in a row.

    Returns:
        matplotlib Figure.

    Raises:
        ValueError: there is no picture, or not one entry of masks, boxes or labels for
            each picture.
    """
    from matplotlib import pyplot

    images = np.asarray(images)
    if len(images) == 0:
        raise ValueError("images is empty: there is nothing to draw.")
    for name, given in {"masks": masks, "boxes": boxes, "labels": labels}.items():
        if given is not None and len(given) != len(images):
            raise ValueError(
                f"{name} must have an entry for each of the {len(images)} images; "
                f"it has {len(given)}."
            )
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure, axes = pyplot.subplots(
        rows, columns, figsize=(2 * columns, 2 * rows), layout="constrained",
        squeeze=False,
    )  # fmt: skip
    # A closed figure is drawn once, where it is returned, and not again by pyplot.
    pyplot.close(figure)
    for ax in axes.flat:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes.flat, images, strict=False)):
        height, width = image.shape[:2]
        # Pixel (0, 0) spans 0 to 1, as boxes count.
        ax.imshow(image, extent=(0, width, height, 0), interpolation="nearest")
        if masks is not None:
            _outline(ax, np.asarray(masks[i]))
        if boxes is not None:
            shown = np.zeros(len(boxes[i]), "int64") if labels is None else labels[i]
            _frames(ax, boxes[i], shown, names, named=labels is not None)
    return figure


def _outline(ax, mask):
    """Border lines between pixels of different classes, black on white."""
    for color, width in (("white", 1.4), ("black", 0.6)):
        style = {"colors": color, "linewidths": width}
        beside = np.argwhere(mask[:, 1:] != mask[:, :-1])
        ax.vlines(beside[:, 1] + 1, beside[:, 0], beside[:, 0] + 1, **style)
        below = np.argwhere(mask[1:] != mask[:-1])
        ax.hlines(below[:, 0] + 1, below[:, 1], below[:, 1] + 1, **style)


def _frames(ax, boxes, labels, names, named):
    """A rectangle for each box that is not padding, with its label."""
    from matplotlib.patches import Rectangle

    for (x1, y1, x2, y2), label in zip(np.asarray(boxes), labels, strict=True):
        if label < 0:
            continue
        color = _COLORS[int(label) % len(_COLORS)]
        # Black under the color: it shows on any photograph.
        for edge, width in (("black", 3.0), (color, 1.5)):
            corner, style = (x1, y1), {"fill": False, "color": edge, "lw": width}
            ax.add_patch(Rectangle(corner, x2 - x1, y2 - y1, **style))
        if named:
            text = names[int(label)] if names is not None else str(int(label))
            ax.text(
                x1, y1, text, fontsize=7, va="bottom", color="white",
                bbox={"facecolor": "black", "pad": 0.8, "linewidth": 0},
            )  # fmt: skip
