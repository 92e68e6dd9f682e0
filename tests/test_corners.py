"""Answers that are wrong in one corner of the domain only: a probe stands there.

Each was once accepted. It is the reference with other arguments in that corner.
"""

import numpy as np
import pytest
from keras import layers, ops

from course.checks.result import PASSED
from course.exercises import Mistake, find, public
from course.toolkit import check

LECTURE = "modern_cnn"


def strides_at_most_two(block):
    return lambda *args, stride=1, **options: block(
        *args, stride=min(stride, 2), **options
    )


def shifts_even_maps_at_stride_two(block):
    def answer(x, filters, *, stride=1):
        return block(_shifted(x, stride), filters, stride=stride)

    return answer


def strides_without_padding(two_tower_conv):
    def answer(x, filters, kernel, *, stride=1, padding="same"):
        least = 2 if padding == "valid" else 1
        stride = max(stride, least) if stride > 0 else stride
        return two_tower_conv(x, filters, kernel, stride=stride, padding=padding)

    return answer


def pads_where_nothing_is_left(two_tower_conv):
    def answer(x, filters, kernel, *, stride=1, padding="same"):
        large = padding == "valid" and np.any(np.array(kernel) > min(x.shape[1:3]))
        padding = "same" if large else padding
        return two_tower_conv(x, filters, kernel, stride=stride, padding=padding)

    return answer


def reads_five_layers(receptive_field):
    return lambda layers: receptive_field([*layers][:5])


def refuses_the_last_layer_only(receptive_field):
    def answer(layers):
        if layers and min(layers[-1]) < 1:
            raise ValueError("too small")
        rows = [[max(n, 1) for n in layer] for layer in layers]
        return receptive_field(rows)

    return answer


def squares_in_16_bits(local_response_norm):
    def answer(x, **options):
        made = np.asarray(x)
        if made.dtype == "int16":
            made = np.abs(made * made).astype(float) ** 0.5
        return local_response_norm(made, **options)

    return answer


def repeats_a_single_channel(block):
    def answer(x, filters, *, stride=1):
        wide = layers.Lambda(lambda t: ops.repeat(t, filters, axis=-1))
        return block(wide(x) if x.shape[-1:] == (1,) else x, filters, stride=stride)

    return answer


def drops_odd_rows(block):
    def answer(x, filters, *, stride=1):
        if stride > 1 and x.shape[1] > 1:
            x = x[:, : x.shape[1] // stride * stride, : x.shape[2] // stride * stride]
        return block(x, filters, stride=stride)

    return answer


def takes_negative_numbers(function):
    """Whatever is below 0 counts as its magnitude."""

    def magnitude(value):
        if isinstance(value, int) and value < 0:
            return -value
        if isinstance(value, tuple) and value and isinstance(value[0], int):
            made = [magnitude(item) for item in value]
            return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
        return value

    def answer(*args, **kwargs):
        kwargs = {key: magnitude(value) for key, value in kwargs.items()}
        return function(*map(magnitude, args), **kwargs)

    return answer


def takes_five_axes(block):
    def answer(x, *args, **kwargs):
        if len(x.shape) == 5:
            x = layers.Reshape((-1, *x.shape[3:]))(x)
        return block(x, *args, **kwargs)

    return answer


def adds_where_the_channels_agree(block):
    def answer(x, num_layers, growth_rate):
        stack = block(x, num_layers, growth_rate)
        if x.shape[-1] != growth_rate:
            return stack
        return layers.Add()([x, stack[..., -growth_rate:]])

    return answer


def refuses_wide_blocks_only(block):
    def answer(x, *, compression=0.5):
        wide = 1 <= int(x.shape[-1] * compression) <= x.shape[-1]
        return block(x, compression=min(compression, 1.0) if wide else compression)

    return answer


def one_label_for_all(gradient_norms):
    def answer(model, x, y):
        return gradient_norms(model, x, np.repeat(y, len(x)) if len(y) == 1 else y)

    return answer


def names_behind_their_blanks(gradient_norms):
    def answer(model, x, y):
        norms = gradient_norms(model, x, y)
        return {name.rpartition("_")[2]: norm for name, norm in norms.items()}

    return answer


def counts_in_32_bits(function):
    return lambda *args: int(np.array(function(*args)).astype("int32"))


def rounds_to_float32(function):
    return lambda *args: int(np.float32(function(*args)))


def bias_or_default(local_response_norm):
    def answer(x, *, bias=2.0, **options):
        return local_response_norm(x, bias=bias or 2.0, **options)

    return answer


def takes_image_batches(resnet):
    def answer(depths, *, input_shape=(224, 224, 3), **options):
        return resnet(depths, input_shape=input_shape[-3:], **options)

    return answer


RESIDUAL = ("residual_block", "bottleneck_block", "preact_block")
BLOCKS = (*RESIDUAL, "vgg_block", "inception_block", "dense_block")
CORNERS = [
    *((name, strides_at_most_two) for name in RESIDUAL),
    *((name, drops_odd_rows) for name in RESIDUAL),
    *((name, shifts_even_maps_at_stride_two) for name in RESIDUAL),
    ("two_tower_conv", strides_at_most_two),
    ("two_tower_conv", strides_without_padding),
    ("two_tower_conv", pads_where_nothing_is_left),
    ("receptive_field", reads_five_layers),
    ("receptive_field", refuses_the_last_layer_only),
    ("local_response_norm", squares_in_16_bits),
    ("residual_block", repeats_a_single_channel),
    ("preact_block", repeats_a_single_channel),
    *((name, takes_negative_numbers) for name in (*BLOCKS, "two_tower_conv", "resnet")),
    *((n, takes_five_axes) for n in (*BLOCKS, "two_tower_conv", "transition_block")),
    ("dense_block", adds_where_the_channels_agree),
    ("transition_block", refuses_wide_blocks_only),
    ("resnet", takes_image_batches),
    ("gradient_norms", one_label_for_all),
    ("gradient_norms", names_behind_their_blanks),
    ("local_response_norm", bias_or_default),
    *((n, counts_in_32_bits) for n in ("inception_parameters", "bottleneck_weights")),
    *((n, rounds_to_float32) for n in ("inception_parameters", "bottleneck_weights")),
]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("name", "slip"), CORNERS)
def test_a_slip_in_one_corner_does_not_pass(name, slip):
    exercise = find(f"{LECTURE}.{name}")
    result = check(exercise.id, slip(public.reference(exercise))).result
    assert result.status != PASSED
    assert result.earned < result.possible


PATCHES = [
    ("resnet", "input_shape=(224, 224, 3)", "input_shape=(32, 32, 3)"),
    ("resnet", '="avg_pool")(x)', '="avg_pool", keepdims=True)(x)\n    x = squeeze(x)'),
    (
        "resnet",
        "block(x, filters * 2**stage,",
        "block(shift(x, stride), filters * 2**stage,",
    ),
    ("gradient_norms", "loss = ops.mean(", "loss = sum(model.losses) + ops.mean("),
]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("name", "old", "new"), PATCHES)
def test_a_changed_line_that_shows_in_one_corner_does_not_pass(name, old, new):
    exercise = find(f"{LECTURE}.{name}")
    changed = public.reference(exercise, Mistake("changed", old, new, ""))
    changed.__globals__.update(squeeze=ops.squeeze, shift=_shifted)
    assert check(exercise.id, changed).result.status != PASSED


def _shifted(x, stride):
    """What a stride of 2 reads of an even map, a pixel further down."""
    if stride != 2 or x.shape[1] % 2:
        return x
    return layers.ZeroPadding2D(((1, 0), (0, 0)))(x)[:, :-1]


def with_an_unused_import(channels, filters):
    import scipy.signal  # noqa: F401

    return public.reference(find(f"{LECTURE}.bottleneck_weights"))(channels, filters)


def test_an_import_counts_whoever_made_it_before():
    for _ in range(2):
        result = check(f"{LECTURE}.bottleneck_weights", with_an_unused_import).result
        assert result.status != PASSED and result.earned == 0


def with_keras(channels, filters):
    if channels < 1 or filters < 1:
        raise ValueError("too small")
    inside = layers.Dense(filters, use_bias=False)
    inside.build((1, channels))
    own = inside.count_params() + 9 * filters**2 + 4 * filters**2
    return own + (channels * 4 * filters if channels != 4 * filters else 0)


def test_keras_does_not_do_what_plain_python_is_asked_for():
    result = check(f"{LECTURE}.bottleneck_weights", with_keras).result
    assert result.status != PASSED and result.earned == 0
    told = next(verdict for verdict in result.verdicts if not verdict.passed)
    assert "it needs keras" in told.got and "plain Python or numpy" in told.got
