"""The blocks of the residual networks."""

from course.checks.probe import Probe, Tensor, bad_calls
from course.exercises.exercise import Exercise, mistakes
from course.exercises.modern_cnn.common import (
    BATCH_STATISTICS,
    BIAS,
    BIAS_BEFORE_BN,
    NO_BN,
)


def _blocks(rng, expansion):
    """Probes for a block whose output has ``expansion`` * filters channels.

    No height or width equals a number of channels, so that no axis can be mixed up.
    """
    filters = int(rng.integers(3, 6))
    wide = expansion * filters
    note = "stride 1 and equal channels; odd sizes"
    yield Probe((Tensor((7, 9, wide)), filters), note=note)
    # Padding "same" puts the first window elsewhere than on odd sizes.
    x, note = Tensor((8, 6, wide)), "a stride of 2 on even sizes"
    yield Probe((x, filters), dict(stride=2), note=note)
    x, note = Tensor((7, 8, wide)), "odd height, even width"
    yield Probe((x, filters), dict(stride=3), note=note)
    yield Probe((Tensor((5, 6, wide + 2)), filters), note="the channels become fewer")
    large = {"scale": 8.0}  # so that a ReLU with a ceiling shows
    x, note = Tensor((7, 9, 1)), "one channel comes in"
    other = filters if expansion == 1 else 1  # as many as come in, but not as go out
    yield Probe((x, other), note=note, options=large)
    # The stride leaves this shape as it is, and yet asks for a projection.
    note, many = "a map of one pixel", {"batch": 32}
    x = Tensor((1, 1, wide))
    yield Probe((x, filters), dict(stride=2), note=note, options=many)
    yield from bad_calls(Tensor((6, 7, 4)), 4, stride=1)


_NO_LAST_RELU, _NO_SHORTCUT, _PROJECTS_ALWAYS, _ZERO_PADDING = mistakes("""
forgets the ReLU after the addition
    return layers.ReLU(name=_join(name, "out"))(x)  =>  return x
    There are negative values in your output. What follows the addition?

forgets the shortcut
    x = layers.Add(name=_join(name, "add"))([shortcut, x])  =>  _ = shortcut
    The block is to put out more than its branch. You may have made the shortcut, but
    does what your block returns contain it?

projects every shortcut
    if stride != 1 or  =>  if True or
    Is your shortcut ever `x` itself, without any weight? When is it to be?

pads with ZeroPadding2D before a strided convolution
    -    x = _conv_bn(x, filters, 3, stride=stride,
    +    x = x if stride == 1 else layers.ZeroPadding2D(1)(x)
    +    pad = "same" if stride == 1 else "valid"
    +    x = layers.Conv2D(filters, 3, strides=stride, padding=pad, use_bias=False)(x)
    +    x = layers.BatchNormalization()(x)
    +    _ = dict(
    At stride 2 this is right on odd sizes and off on even ones. Where does your strided
    convolution put its first window there? Draw it for a row of 8 pixels, and again
    with the padding of the docstring.
""")
_OF_BOTH = (
    _NO_LAST_RELU,
    _NO_SHORTCUT,
    _PROJECTS_ALWAYS,
    _ZERO_PADDING,
    BIAS_BEFORE_BN,
    BATCH_STATISTICS,
    NO_BN,
)

_RESIDUAL_BLOCK_MISTAKES = mistakes("""
applies the last ReLU before the addition
    -    x = layers.Add(name=_join(name, "add"))([shortcut, x])
    -    return layers.ReLU(name=_join(name, "out"))(x)
    +    return layers.Add()([shortcut, layers.ReLU()(x)])
    What comes first at the end of the block, the addition or the ReLU?

projects only when the channels change
    -    if stride != 1 or x.shape[-1] != filters:
    +    if stride != 1:
    +        shortcut = layers.MaxPooling2D(1, stride)(x)
    +    if x.shape[-1] != filters:
    Where only the stride is not 1, your shortcut has no weights. When may `x` itself be
    the shortcut, and what else is it to be?

projects only when the block strides
    if stride != 1 or x.shape[-1] != filters:  =>  if stride != 1:
    Where only the channels change, your shortcut is still `x`. When may `x` itself be
    the shortcut, and what else is it to be?

lets the second convolution stride
    -    x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "1"))
    -    x = layers.ReLU(name=_join(name, "1_relu"))(x)
    -    x = _conv_bn(x, filters, 3, name=_join(name, "2"))
    +    x = _conv_bn(x, filters, 3)
    +    x = layers.ReLU()(x)
    +    x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "2"))
    Which of the two convolutions is to stride, so that the other one works on the
    smaller map?

forgets the ReLU between the convolutions
    -    x = layers.ReLU(name=_join(name, "1_relu"))(x)
    In inference, two convolutions with only a normalization between them are one linear
    map. What keeps them from that?

does not normalize the projected shortcut
    _conv_bn(x, filters, 1, stride=stride,  =>  _conv(x, filters, 1, stride=stride,
    The projection is a convolution like the others: what follows it?
""")

RESIDUAL_BLOCK = Exercise(
    "modern_cnn.residual_block",
    points=8,
    observer="model",
    probes=lambda rng: _blocks(rng, 1),
    mistakes=(*_OF_BOTH, *_RESIDUAL_BLOCK_MISTAKES),
)

_BOTTLENECK_BLOCK_MISTAKES = mistakes("""
strides in the first 1x1 convolution
    -    x = _conv_bn(x, filters, 1, name=_join(name, "1"))
    -    x = layers.ReLU(name=_join(name, "1_relu"))(x)
    -    x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "2"))
    +    x = _conv_bn(x, filters, 1, stride=stride)
    +    x = layers.ReLU()(x)
    +    x = _conv_bn(x, filters, 3, name=_join(name, "2"))
    Your first 1x1 convolution strides, so at stride 2 it never looks at three quarters
    of its input. Which convolution can stride and still see all of it?

strides in the last 1x1 convolution
    -    x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "2"))
    -    x = layers.ReLU(name=_join(name, "2_relu"))(x)
    -    x = _conv_bn(x, 4 * filters, 1, name=_join(name, "3"))
    +    x = _conv_bn(x, filters, 3)
    +    x = layers.ReLU()(x)
    +    x = _conv_bn(x, 4 * filters, 1, stride=stride, name=_join(name, "3"))
    The last 1x1 convolution of your branch strides, so at stride 2 it throws three
    quarters of its input away. Which convolution can stride and still see all of it?

does not widen to 4 * filters
    -    x = _conv_bn(x, 4 * filters, 1, name=_join(name, "3"))
    +    shortcut = _conv_bn(shortcut, filters, 1)
    +    x = _conv_bn(x, filters, 1, name=_join(name, "3"))
    The block is narrow in the middle and wide at both ends. How many channels is the
    last 1x1 convolution to write, and what does that mean for the shortcut?

compares the channels with filters
    x.shape[-1] != 4 * filters:  =>  x.shape[-1] != filters:
    How many channels leave the block? Compare that with what comes in.

forgets the ReLU behind the 3x3 convolution
    -    x = layers.ReLU(name=_join(name, "2_relu"))(x)
    Two of the three convolutions in the branch are to be followed by a BN and a ReLU.
    How many of yours are?

has a ReLU before the addition
    -    x = layers.Add(name=_join(name, "add"))([shortcut, x])
    +    x = layers.ReLU()(x)
    +    x = layers.Add(name=_join(name, "add"))([shortcut, x])
    Your branch can only add to the shortcut, never take away. What makes it so?

does not normalize the projected shortcut
    _conv_bn(x, 4 * filters, 1, stride=  =>  _conv(x, 4 * filters, 1, stride=
    The projection is a convolution like the others: what follows it?
""")

BOTTLENECK_BLOCK = Exercise(
    "modern_cnn.bottleneck_block",
    points=8,
    observer="model",
    probes=lambda rng: _blocks(rng, 4),
    mistakes=(*_OF_BOTH, *_BOTTLENECK_BLOCK_MISTAKES),
)

_PREACT_BLOCK_MISTAKES = mistakes("""
has a ReLU after the addition
    -    return layers.Add(name=_join(name, "add"))([shortcut, x])
    +    return layers.ReLU()(layers.Add()([shortcut, x]))
    Your output has no negative values, so an `x` that has some cannot come out
    unchanged. What may stand after the addition?

projects x instead of the activated x
    shortcut = _conv(x, filters, 1,  =>  shortcut = _conv(shortcut, filters, 1,
    What does the projection read: the block's input, or what the first BN-ReLU makes of
    it?

takes the activated x as the identity
    -    x = _bn_relu(x, name=_join(name, "1"))
    +    x = shortcut = _bn_relu(x, name=_join(name, "1"))
    Where stride is 1 and the channels stay the same, which layers does your shortcut
    pass through?

convolves before it normalizes
    -    x = _bn_relu(x, name=_join(name, "2"))
    -    x = _conv(x, filters, 3, name=_join(name, "2_conv"))
    +    x = _conv(x, filters, 3)
    +    x = _bn_relu(x)
    Pre-activation: what is to stand before each convolution, and what stands before
    yours?

normalizes the projected shortcut
    -        shortcut = _conv(x, filters, 1, stride=stride, name=_join(name, "0_conv"))
    +        shortcut = _conv(x, filters, 1, stride=stride)
    +        shortcut = layers.BatchNormalization()(shortcut)
    Your projection has more layers than the docstring gives it. Which of them is too
    many?

lets the second convolution stride
    -    x = _conv(x, filters, 3, stride=stride, name=_join(name, "1_conv"))
    -    x = _bn_relu(x, name=_join(name, "2"))
    -    x = _conv(x, filters, 3, name=_join(name, "2_conv"))
    +    x = _conv(x, filters, 3)
    +    x = _bn_relu(x, name=_join(name, "2"))
    +    x = _conv(x, filters, 3, stride=stride, name=_join(name, "2_conv"))
    Which of the two convolutions is to stride?

forgets the shortcut
    layers.Add(name=_join(name, "add"))([shortcut, x])  =>  x
    The block is to put out more than its branch. You may have made the shortcut, but
    does what your block returns contain it?

forgets the first BN-ReLU
    -    x = _bn_relu(x, name=_join(name, "1"))
    Each of the two convolutions is to have a BN and a ReLU before it. Has the very
    first one? The projection reads what comes out there.
""")

PREACT_BLOCK = Exercise(
    "modern_cnn.preact_block",
    points=8,
    observer="model",
    probes=lambda rng: _blocks(rng, 1),
    mistakes=(_PROJECTS_ALWAYS, BIAS, BATCH_STATISTICS, *_PREACT_BLOCK_MISTAKES),
)
