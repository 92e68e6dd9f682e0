"""The array functions of lecture 05 against sums written out, and their errors."""

import numpy as np
import pytest
import tensorflow as tf

from course.modern_cnn import (
    local_response_norm,
    receptive_field,
    stacked_conv_params,
)


@pytest.mark.parametrize(
    ("layers", "side"),
    [
        ([], 1),
        ([(3, 1), (3, 1)], 5),
        ([(3, 2), (3, 1)], 7),
        ([(3, 1), (3, 2)], 5),  # the last stride moves nothing
        ([(3, 1, 2), (3, 1, 4)], 13),
        ([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)], 195),
        (((np.uint8(200), np.uint8(3)), (3, 1)), 206),
    ],
)
def test_receptive_field_known_values(layers, side):
    assert receptive_field(layers) == side
    assert isinstance(receptive_field(layers), int)


@pytest.mark.parametrize("seed", range(10))
def test_receptive_field_equals_marking_pixels(seed):
    rng = np.random.default_rng(seed)
    layers = [tuple(rng.integers(1, 5, 3)) for _ in range(rng.integers(1, 5))]
    seen = {0}
    for kernel, stride, dilation in reversed(layers):
        seen = {i * stride + k * dilation for i in seen for k in range(kernel)}
    assert receptive_field(layers) == max(seen) - min(seen) + 1


@pytest.mark.parametrize(
    "layers",
    [[(3,)], [(3, 1, 1, 1)], [(0, 1)], [(3, 0)], [(3, 1, 0)], [(3, 1), (-1, 1)]],
)
def test_receptive_field_refuses(layers):
    with pytest.raises(ValueError, match=r"must be"):
        receptive_field(layers)


def test_two_small_kernels_cost_less_than_one_large():
    assert stacked_conv_params(3, 2, 64) == 18 * 64**2
    assert stacked_conv_params(5, 1, 64) == 25 * 64**2
    assert stacked_conv_params((1, 7), 1, 3) == 63
    assert stacked_conv_params(3, np.uint8(2), np.uint8(200)) == 720_000


@pytest.mark.parametrize("bad", [(0, 1, 1), (3, 0, 1), (3, 1, 0), ((3, 0), 1, 1)])
def test_stacked_conv_params_refuses(bad):
    with pytest.raises(ValueError, match="must be at least 1, got"):
        stacked_conv_params(*bad)


@pytest.mark.parametrize("size", [1, 3, 5, 9])
def test_local_response_norm_equals_tensorflow(size):
    x = np.random.default_rng(0).normal(size=(4, 3, 6))
    expected = tf.nn.local_response_normalization(
        x[None].astype("float32"), size // 2, bias=1.5, alpha=0.3, beta=0.6
    )[0]
    found = local_response_norm(x, size=size, alpha=0.3, beta=0.6, bias=1.5)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_local_response_norm_takes_bytes_and_lists_and_changes_nothing():
    image = np.full((2, 3, 4), 255, "uint8")
    before = image.copy()
    found = local_response_norm(image)
    np.testing.assert_array_equal(image, before)
    inner = 255 / (2 + 1e-4 * 4 * 255.0**2) ** 0.75  # all four channels are near
    assert found[0, 0, 1] == pytest.approx(inner)
    np.testing.assert_array_equal(local_response_norm(image.tolist()), found)


@pytest.mark.parametrize(
    ("x", "size"),
    [(np.ones((2, 2)), 5), (np.ones((1, 2, 2, 2)), 5)]
    + [(np.ones((2, 2, 2)), size) for size in (0, -1, 2, 4)],
)
def test_local_response_norm_refuses(x, size):
    with pytest.raises(ValueError, match=r"must be"):
        local_response_norm(x, size=size)
