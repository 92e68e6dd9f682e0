"""The plots of the labs say what they show."""

import matplotlib
import numpy as np
import pytest

from course.toolkit import show

matplotlib.use("Agg")


def drawn(figure):
    """The axes of a figure that has been drawn without complaint."""
    figure.canvas.draw()
    return figure.axes[0]


def test_learning_curves_name_each_network_and_the_axes():
    ax = drawn(show.learning_curves({"plain": [2, 1, 0.5], "residual": [2, 0.1]}))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["plain", "residual"]
    assert ax.get_xlabel() == "epoch" and ax.get_ylabel() == "training loss"
    assert ax.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert ax.lines[0].get_color() != ax.lines[1].get_color()
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()


def test_gradients_stand_on_a_logarithmic_axis_and_zeros_leave_gaps():
    ax = drawn(show.gradients_by_depth({"ReLU": {"a": 1e-9, "b": 0.0, "c": 1.0}}))
    assert ax.get_yscale() == "log"
    values = ax.lines[0].get_ydata()
    assert np.isnan(values[1]) and values[0] == 1e-9


def test_accuracy_has_a_logarithmic_axis_and_one_standard_error():
    rows = [("VGG", 50_000, 0.98), ("VGG", 10_000, 0.9), ("ResNet", 20_000, 0.99)]
    figure = show.accuracy_by_parameters(rows, pictures=100)
    ax = drawn(figure)
    assert ax.get_xscale() == "log" and "parameters" in ax.get_xlabel()
    line, _, (bars,) = ax.containers[0].lines
    assert line.get_xdata().tolist() == [10_000, 50_000]
    low, high = bars.get_segments()[0][:, 1]
    assert high - low == pytest.approx(2 * 100 * np.sqrt(0.9 * 0.1 / 100))


def test_lines_pass_through_the_means_of_the_runs():
    values = np.array([[1.0, 3.0], [5.0, 7.0]])
    ax = drawn(show.lines([1, 64], {"": values}, xlabel="channels", ylabel="%"))
    assert ax.lines[0].get_ydata().tolist() == [2, 6]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "64"]


def test_pictures_have_a_place_each_with_its_label():
    figure = show.pictures(np.zeros((7, 8, 8, 1)), range(7), columns=3)
    figure.canvas.draw()
    assert [len(ax.images) for ax in figure.axes] == [1] * 7 + [0] * 2
    assert figure.axes[6].get_title() == "6"


def test_a_figure_is_shown_once():
    from matplotlib import pyplot

    show.learning_curves({"a": [1]})
    assert not pyplot.get_fignums()


@pytest.mark.parametrize(
    ("draw", "reason"),
    [
        (lambda: show.learning_curves({}), "curves is empty"),
        (lambda: show.gradients_by_depth({"a": {}}), "norms\\['a'\\] is empty"),
        (lambda: show.accuracy_by_parameters([], pictures=1), "rows is empty"),
        (lambda: show.accuracy_by_parameters([("a", 1, 1)], pictures=0), "at least 1"),
        (lambda: show.lines([1, 2], {"a": [1]}), "1 values for 2 settings"),
        (lambda: show.pictures(np.zeros((8, 8))), r"\(8, 8\)"),
        (lambda: show.pictures(np.zeros((2, 8, 8)), ["a"]), "1 labels for 2"),
    ],
)
def test_nothing_to_draw_is_an_error(draw, reason):
    with pytest.raises(ValueError, match=reason):
        draw()
