"""The digits: real, the same each time, nothing on both sides of the split."""

import subprocess
import sys

import numpy as np
import pytest

from course.toolkit.data import digits

FIRST_LABELS = [6, 6, 6, 2, 5, 6, 6, 2, 2, 1]


def test_digits_are_pictures_from_paper_to_ink():
    data = digits()
    assert data.x_train.shape == (1347, 8, 8, 1) and data.x_test.shape == (450, 8, 8, 1)
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert x.dtype == np.float32 and y.dtype == np.int32
        assert x.min() == 0 and x.max() == 1
        assert set(y) == set(range(10)) and len(x) == len(y)


def test_the_split_keeps_every_picture_once_with_its_label():
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    data = digits(seed=3, test=500)
    x = np.concatenate([data.x_train, data.x_test]).reshape(-1, 64) * 16
    y = np.concatenate([data.y_train, data.y_test])
    found = np.c_[x, y]
    wanted = np.c_[pictures, labels]
    order = np.lexsort(found.T), np.lexsort(wanted.T)
    np.testing.assert_array_equal(found[order[0]], wanted[order[1]])


def test_the_seed_decides_the_split():
    same, again, other = digits(seed=1), digits(seed=1), digits(seed=2)
    np.testing.assert_array_equal(same.x_test, again.x_test)
    assert (same.y_test != other.y_test).any()
    # The split of the lab, so that its numbers stay what they are.
    assert digits().y_test[:10].tolist() == FIRST_LABELS


def test_changing_the_pictures_leaves_the_next_call_alone():
    digits().x_train[:] = 5
    assert digits().x_train.max() == 1


@pytest.mark.parametrize("test", [0, -1, 1797, 5000])
def test_a_split_without_pictures_on_both_sides_is_an_error(test):
    with pytest.raises(ValueError, match=rf"between 1 and 1796.*got {test}"):
        digits(test=test)


def test_importing_the_toolkit_is_light():
    program = (
        "import sys, course.toolkit as t; t.InceptionWidths\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert set(t.__all__) <= set(dir(t))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_name_of_the_toolkit_is_there():
    from course import toolkit

    for name in toolkit.__all__:
        assert callable(getattr(toolkit, name)), name
    with pytest.raises(AttributeError, match="nothing"):
        toolkit.nothing  # noqa: B018
