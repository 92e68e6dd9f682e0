"""Plots of the labs. Each function returns a matplotlib Figure.

Colors are those of Okabe and Ito, which people with any color vision can tell
apart; markers and line styles say the same once more.
"""

import numpy as np

_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS = "osD^vP"
_STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))


def _axes(rows=1, columns=1, size=(7, 4)):
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        rows, columns, figsize=size, layout="constrained", squeeze=False
    )
    # A closed figure is drawn once, where it is returned, and not again by pyplot.
    pyplot.close(figure)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.3)
        ax.set_axisbelow(True)
    return figure, axes


def _look(i):
    """Color, marker and line style of the i-th series."""
    return {
        "color": _COLORS[i % len(_COLORS)],
        "marker": _MARKERS[i % len(_MARKERS)],
        "linestyle": _STYLES[i % len(_STYLES)],
        "markersize": 5,
    }


def _legend(ax, count):
    if count > 1:
        ax.legend(frameon=False)


def learning_curves(curves, *, title="", value="training loss"):
    """Draw one value per epoch for several networks.

    Args:
        curves: dict, name of the network -> its value after each epoch.
        title: of the figure.
        value: what is drawn, for the axis.

    Returns:
        matplotlib Figure.

    Raises:
        ValueError: there is no curve.
    """
    _check_some(curves, "curves")
    figure, [[ax]] = _axes()
    for i, (name, values) in enumerate(curves.items()):
        epochs = np.arange(1, len(values) + 1)
        ax.plot(epochs, values, label=name, **_look(i))
    ax.set(title=title, xlabel="epoch", ylabel=value)
    ax.set_ylim(bottom=0)
    ax.xaxis.get_major_locator().set_params(integer=True)
    _legend(ax, len(curves))
    return figure


def gradients_by_depth(norms, *, title="Gradient norm by depth"):
    """Draw the norm of the gradient in each convolution, on a logarithmic axis.

    Args:
        norms: dict, name of the network -> dict, layer -> norm, the layer next to
            the input first, as ``gradient_norms`` gives it.
        title: of the figure.

    Returns:
        matplotlib Figure. A norm of 0 has no place on the axis and leaves a gap.

    Raises:
        ValueError: there is no network, or one without layers.
    """
    _check_some(norms, "norms")
    figure, [[ax]] = _axes()
    for i, (name, by_layer) in enumerate(norms.items()):
        _check_some(by_layer, f"norms[{name!r}]")
        values = np.array([float(norm) for norm in by_layer.values()])
        values[values <= 0] = np.nan
        ax.plot(np.arange(1, len(values) + 1), values, label=name, **_look(i))
    ax.set_yscale("log")
    ax.set(
        title=title,
        xlabel="convolution, counted from the input",
        ylabel="L2 norm of the loss gradient",
    )
    ax.xaxis.get_major_locator().set_params(integer=True)
    _legend(ax, len(norms))
    return figure


def accuracy_by_parameters(rows, *, pictures, title="Accuracy against parameters"):
    """Draw the accuracy of networks against what they weigh, a line per family.

    The bars are one standard error of an accuracy measured on so many pictures:
    sqrt(p (1 - p) / n). Points whose bars overlap are not told apart by the test.

    Args:
        rows: sequence of (family, parameters, accuracy from 0 to 1).
        pictures: number of test pictures behind each accuracy.
        title: of the figure.

    Returns:
        matplotlib Figure.

    Raises:
        ValueError: there is no row, or ``pictures`` is below 1.
    """
    from matplotlib import ticker

    _check_some(rows, "rows")
    if pictures < 1:
        raise ValueError(f"pictures must be at least 1, got {pictures}.")
    figure, [[ax]] = _axes(size=(7, 4.5))
    families = list(dict.fromkeys(family for family, _, _ in rows))
    for i, family in enumerate(families):
        points = np.array(sorted(row[1:] for row in rows if row[0] == family), float)
        weights, accuracy = points.T
        error = np.sqrt(accuracy * (1 - accuracy) / pictures)
        ax.errorbar(
            weights, 100 * accuracy, 100 * error, capsize=3, label=family, **_look(i)
        )
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 3)))
    ax.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
    ax.xaxis.set_minor_formatter(ticker.NullFormatter())
    ax.set(title=title, xlabel="trainable parameters", ylabel="test accuracy (%)")
    figure.legend(frameon=False, loc="outside right center")
    return figure


def lines(x, series, *, title="", xlabel="", ylabel=""):
    """Draw a value against a setting: a dot per run, a line through their means.

    Args:
        x: sequence of settings, numbers or names, evenly spaced on the axis.
        series: dict, name -> array (len(x),) or (len(x), runs).
        title: of the figure.
        xlabel: what ``x`` is, with its unit.
        ylabel: what the values are, with their unit.

    Returns:
        matplotlib Figure.

    Raises:
        ValueError: there is no series, or one has another length than ``x``.
    """
    _check_some(series, "series")
    figure, [[ax]] = _axes()
    places = np.arange(len(x))
    for i, (name, values) in enumerate(series.items()):
        values = np.asarray(values, dtype=float).reshape(len(values), -1)
        if len(values) != len(x):
            raise ValueError(
                f"series[{name!r}] has {len(values)} values for {len(x)} settings."
            )
        look = _look(i)
        ax.plot(places, values.mean(1), label=name, **look)
        if values.shape[1] > 1:
            for run in values.T:
                ax.plot(places, run, ".", color=look["color"], alpha=0.5)
    ax.set_xticks(places, [str(setting) for setting in x])
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    _legend(ax, len(series))
    return figure


def pictures(x, labels=None, *, columns=10, title=""):
    """Draw pictures in a grid, each on its own scale from light to dark.

    Args:
        x: array (N, H, W) or (N, H, W, 1).
        labels: sequence of N titles, or None.
        columns: pictures in a row.
        title: of the figure.

    Returns:
        matplotlib Figure.

    Raises:
        ValueError: ``x`` holds no pictures, or ``labels`` has another length.
    """
    x = np.asarray(x)
    if x.ndim == 4 and x.shape[-1] == 1:
        x = x[..., 0]
    if x.ndim != 3 or len(x) == 0:
        raise ValueError(f"x must be pictures (N, H, W), got the shape {x.shape}.")
    if labels is not None and len(labels) != len(x):
        raise ValueError(f"got {len(labels)} labels for {len(x)} pictures.")
    columns = min(columns, len(x))
    rows = -(-len(x) // columns)
    figure, axes = _axes(rows, columns, size=(0.9 * columns, 1.1 * rows + 0.3))
    for ax in axes.flat:
        ax.set_axis_off()
    for i, picture in enumerate(x):
        axes.flat[i].imshow(picture, cmap="gray_r")
        if labels is not None:
            axes.flat[i].set_title(str(labels[i]), fontsize=10)
    figure.suptitle(title)
    return figure


def _check_some(things, name):
    if len(things) == 0:
        raise ValueError(f"{name} is empty: there is nothing to draw.")
