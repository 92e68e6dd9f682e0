"""Local response normalization and the two towers of AlexNet."""

from course.checks.probe import Probe, Tensor, bad_calls
from course.exercises.exercise import Exercise, mistakes


def _local_response_norm(rng):
    image = rng.integers(0, 256, (3, 4, 8)).astype("uint8")
    wide = rng.normal(0.0, 3.0, (2, 3, 9))
    yield Probe((image,), note="a picture of bytes, the constants of the paper")
    options = dict(size=3, alpha=0.5, beta=0.6, bias=1.0)
    yield Probe((wide,), options)
    narrow = rng.normal(0.0, 2.0, (4, 2, 3)).astype("float32")
    options = dict(size=7, alpha=0.2, beta=1.25, bias=0.5)
    yield Probe((narrow,), options, note="more neighbors than channels")
    single = rng.normal(0.0, 2.0, (3, 3, 1)).tolist()
    yield Probe((single,), dict(alpha=0.3), note="a list, one channel")
    short = rng.integers(190, 300, (2, 3, 9)).astype("int16")
    options = dict(size=1, alpha=2e-5, bias=0.0)
    yield Probe((short,), options, note="int16; no neighbors, no bias")
    yield Probe((wide[0],), claim="errors", note="no height")
    yield Probe((wide[None],), claim="errors", note="a batch")
    for size in (4, 0, -1):
        yield Probe((wide,), dict(size=size), claim="errors")


_LOCAL_RESPONSE_NORM_MISTAKES = mistakes("""
divides alpha by size
    alpha * total  =>  alpha / size * total
    Some libraries divide alpha by the number of neighbors. Does the formula of this
    exercise?

forgets to square
    np.pad(x**2,  =>  np.pad(x,
    What is summed up over the neighbors: the values themselves?

wraps around at the ends
    (size // 2, size // 2)))  =>  (size // 2, size // 2)), mode="wrap")
    Which neighbors does your first channel get? Is the last channel one of them?

repeats the first and last channel at the ends
    (size // 2, size // 2)))  =>  (size // 2, size // 2)), mode="edge")
    What do you take for the neighbors beyond the first and the last channel? What are
    channels that do not exist to count as?

adds up along the width
    -    squares = np.pad(x**2, ((0, 0), (0, 0), (size // 2, size // 2)))
    -    total = sum(squares[:, :, i : i + channels] for i in range(size))
    +    squares = np.pad(x**2, ((0, 0), (size // 2, size // 2), (0, 0)))
    +    total = sum(squares[:, i : i + x.shape[1]] for i in range(size))
    Which neighbors do you add up: those beside a pixel, or those in other channels at
    the same pixel?

adds up all channels
    -    total = sum(squares[:, :, i : i + channels] for i in range(size))
    +    total = (x**2).sum(axis=-1, keepdims=True)
    How many channels do you add up for one value, and how many does `size` ask for?

forgets the exponent
    ** beta  =>
    One of the four constants is never used in your formula.

calculates in the integers of the input
    np.asarray(x, dtype=float)  =>  np.asarray(x)
    A picture of bytes cannot hold a square above 255: what comes out when you square
    200 in uint8?

leaves the channel itself out of the sum
    for i in range(size))  =>  for i in range(size) if i != size // 2)
    With `size` 5, five channels are summed up. Is the channel itself one of yours?

looks only at the channels before
    (size // 2, size // 2)))  =>  (size - 1, 0)))
    How many channels before a channel do you add up, and how many after it? Where is
    the channel to be in its window?

adds bias outside the power
    (bias + alpha * total) ** beta  =>  (bias + (alpha * total) ** beta)
    Look at the brackets of the formula: how much of it is to be taken to the power
    beta?
""")

LOCAL_RESPONSE_NORM = Exercise(
    "modern_cnn.local_response_norm",
    points=6,
    observer="array",
    probes=_local_response_norm,
    mistakes=_LOCAL_RESPONSE_NORM_MISTAKES,
)


def _two_tower_conv(rng):
    filters = 4 * int(rng.integers(2, 4))
    large = {"scale": 4.0}  # so that a ReLU with a ceiling shows
    x = Tensor((7, 9, 4))
    yield Probe((x, filters, 3), note="odd height and width", options=large)
    x = Tensor((8, 10, 2 * int(rng.integers(2, 4))))
    note = "a kernel higher than the image"
    yield Probe((x, filters + 2, (9, 5)), dict(stride=3), note=note)
    x, note = Tensor((3, 8, 2)), "a channel a tower; one row is left"
    options = {"batch": 12}
    yield Probe((x, 4, 3), dict(stride=2, padding="valid"), note=note, options=options)
    x, note = Tensor((3, 5, 2)), "no padding, and a stride of 1"
    yield Probe((x, 4, 3), dict(padding="valid"), note=note, options=options)
    x = Tensor((6, 6, 4))
    yield Probe((Tensor((6, 6, 3)), 4, 3), claim="errors", note="odd channels")
    yield Probe((x, 5, 3), claim="errors", note="odd filters")
    yield Probe((x, 4, 3), dict(padding="full"), claim="errors")
    yield Probe((x, 4, 7), dict(padding="valid"), claim="errors")
    yield from bad_calls(x, 4, 3, stride=1)


_TWO_TOWER_CONV_MISTAKES = mistakes("""
lets both towers see all channels
    -        groups=2,
    Your weights are twice as many as two separate towers have. How many of the channels
    does one of your filters read?

forgets the ReLU
    return layers.ReLU(name=_join(name, "relu"))(x)  =>  return x
    There are negative values in your output. What comes after the towers?

has no bias
    groups=2,  =>  groups=2, use_bias=False,
    You have one parameter too few for each filter. What is added to the sum that a
    convolution makes?

ignores the stride
    strides=stride,  =>
    The output is as large as the input. What uses `stride`?

ignores the padding
    padding=padding,  =>  padding="same",
    Your function pads in any case. Where does your code use `padding`?

mixes the channels of the towers
    -    return layers.ReLU(name=_join(name, "relu"))(x)
    +    x = ops.concatenate([x[..., ::2], x[..., 1::2]], axis=-1)
    +    return layers.ReLU()(x)
    Your output holds the right channels in another order. Which tower do the first half
    of them come from, and which the second?

lets both towers read the first half
    -    x = layers.Conv2D(
    +    half = x[..., : x.shape[-1] // 2]
    +    x = ops.concatenate([half, half], axis=-1)
    +    x = layers.Conv2D(
    Which half of the channels does your second tower read?

swaps the towers' outputs
    -    return layers.ReLU(name=_join(name, "relu"))(x)
    +    x = ops.roll(x, filters // 2, axis=-1)
    +    return layers.ReLU()(x)
    Which tower does the first half of your output come from? And which is it to be?

sends both halves through one convolution
    -    x = layers.Conv2D(
    -        filters,
    -        kernel,
    -        strides=stride,
    -        padding=padding,
    -        groups=2,
    -        name=_join(name, "conv"),
    -    )(x)
    +    conv = layers.Conv2D(filters // 2, kernel, strides=stride, padding=padding)
    +    x = ops.concatenate([conv(t) for t in ops.split(x, 2, -1)], axis=-1)
    You call one layer twice. How many sets of weights is that, and how many have two
    towers?
""")

TWO_TOWER_CONV = Exercise(
    "modern_cnn.two_tower_conv",
    points=6,
    observer="model",
    probes=_two_tower_conv,
    mistakes=_TWO_TOWER_CONV_MISTAKES,
)
