"""Receptive field and weights of stacked convolutions."""

from course.checks.probe import Probe, bad_calls
from course.exercises.exercise import Exercise, mistakes


def _integers(rng, low, high, count):
    return [int(n) for n in rng.integers(low, high, count)]


def _receptive_field(rng):
    kernels, strides = _integers(rng, 2, 8, 8), _integers(rng, 2, 4, 8)
    plain = list(zip(kernels[:2], (1, 1), strict=True))
    strided = list(zip(kernels[2:5], strides[:3], strict=True))
    dilated = (kernels[5], strides[3], int(rng.integers(2, 5)))
    yield Probe(([],), note="no layers: a pixel sees itself")
    yield Probe((plain,), note="every stride is 1")
    yield Probe((strided,), note="strides")
    yield Probe(([plain[0], dilated, strided[0]],), note="one layer is dilated")
    yield Probe(([list(strided[1]), (1, 2), dilated],), note="a 1x1 layer strides")
    many = list(zip(kernels, strides, strict=True))
    yield Probe((many,), note="eight layers")
    for layers in (
        [(3,)],
        [(3, 1), (3, 1, 1, 1)],
        [(0, 1)],
        [(0, 1), (3, 1)],
        [(3, 0)],
        [(3, 1, 0)],
        [(-3, 1)],
    ):
        yield Probe((layers,), claim="errors")


_RECEPTIVE_FIELD_MISTAKES = mistakes("""
ignores the strides of the layers before
    field += (kernel - 1) * dilation * jump  =>  field += (kernel - 1) * dilation
    After a layer with stride 2, neighboring values lie two input pixels apart. How far
    apart do the strides before a layer put its inputs?

counts a layer's own stride in its own window
    -        field += (kernel - 1) * dilation * jump
    -        jump *= stride
    +        jump *= stride
    +        field += (kernel - 1) * dilation * jump
    A layer's stride says how far its outputs lie apart. Its own window reads its
    inputs: only the strides of earlier layers matter there.

ignores dilation
    (kernel - 1) * dilation * jump  =>  (kernel - 1) * jump
    A layer's third number is the dilation: the values that its kernel reads lie that
    far apart.

adds the kernel instead of kernel - 1
    (kernel - 1)  =>  kernel
    Draw two layers of kernel 3 along one axis: they see 5 pixels. How many new pixels
    does each kernel add to a window that is already there?

multiplies the kernel by the dilation
    (kernel - 1) * dilation * jump  =>  (kernel * dilation - 1) * jump
    A kernel of 3 with dilation 2 covers x.x.x, which is 5 pixels and not 6: the
    dilation stretches the gaps, of which there is one fewer.

adds the strides instead of multiplying them
    jump *= stride  =>  jump += stride - 1
    Two layers of stride 3 move a window by 9 pixels, not by 5.

starts at 0
    field, jump = 1, 1  =>  field, jump = 0, 1
    Without any layer, a value is a pixel. How many pixels does it see, and how many
    does your function say?

reads the list from the output to the input
    for layer in layers:  =>  for layer in layers[::-1]:
    The first of `layers` is the one next to the input. Which strides lie between the
    image and the second layer?
""")

RECEPTIVE_FIELD = Exercise(
    "modern_cnn.receptive_field",
    points=4,
    observer="array",
    probes=_receptive_field,
    mistakes=_RECEPTIVE_FIELD_MISTAKES,
)


def _stacked_conv_params(rng):
    # Kernel and depth are never the same number, so that neither hides the other.
    kernel, depth, channels = 3, int(rng.choice((2, 4, 5))), int(rng.integers(5, 200))
    sides = (int(rng.integers(1, 4)), int(rng.integers(4, 8)))
    yield Probe((kernel, depth, channels))
    yield Probe((int(rng.integers(5, 12)), 1, channels + 1), note="one layer")
    yield Probe((sides, depth + 1, 64), note="a kernel that is not square")
    yield Probe((3, 16, 4096), note="more weights than 32 bits count")
    yield from bad_calls(3, 1, 4)
    for sides in ((3, 0), (0, 3)):
        yield Probe((sides, 1, 4), claim="errors")


_STACKED_CONV_PARAMS_MISTAKES = mistakes("""
forgets the depth
    ** 2 * int(depth)  =>  ** 2
    This is what one of the convolutions costs. How many are there?

counts the channels once
    int(channels) ** 2  =>  int(channels)
    Each of the c output channels has a kernel of its own, and that kernel is c channels
    deep.

counts the kernel's side once
    height * width  =>  height
    A kernel has a height and a width. What does your count do with a kernel of 3x7?

adds biases
    ** 2 * int(depth)  =>  ** 2 * int(depth) + int(channels) * int(depth)
    You have one parameter too many for each filter. What is counted here, weights or
    parameters?

adds the biases of one layer
    ** 2 * int(depth)  =>  ** 2 * int(depth) + int(channels)
    Your number is too large, by as many as one layer has filters. What is counted here,
    weights or parameters?

takes depth as a power
    * int(depth)  =>  ** int(depth)
    Your count grows far too fast with the depth. What happens to the weights when one
    more layer is put on top?
""")

STACKED_CONV_PARAMS = Exercise(
    "modern_cnn.stacked_conv_params",
    points=3,
    observer="array",
    probes=_stacked_conv_params,
    mistakes=_STACKED_CONV_PARAMS_MISTAKES,
)
