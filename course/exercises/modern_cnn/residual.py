"""The blocks of the residual networks."""

from course.checks.probe import Probe, Tensor
from course.exercises.exercise import Exercise, Mistake

_EVERY_CONV = "a convolution right before a batch normalization needs no bias: the "
_NO_BIAS = f"Your block has too many parameters: {_EVERY_CONV}mean takes it away."
_PROJECT = (
    "When may `x` itself be the shortcut? Name the two things that can change between "
    "`x` and the end of the branch."
)
_ALWAYS = (
    "Where stride is 1 and the channels stay the same, the shortcut is `x` itself, "
    "without any weight."
)


def _blocks(rng, expansion):
    """Probes for a block whose output has ``expansion`` * filters channels.

    No height or width equals a number of channels, so that no axis can be mixed up.
    """
    filters = int(rng.integers(3, 6))
    wide = expansion * filters
    yield Probe((Tensor((7, 9, wide)), filters), note="nothing changes; odd sizes")
    yield Probe((Tensor((10, 8, wide)), filters), dict(stride=2), note="even sizes")
    other = wide + 1 if expansion == 1 else filters
    large = {"scale": 8.0}  # so that a ReLU with a ceiling shows
    x = Tensor((7, 8, other))
    yield Probe((x, filters), note="the channels change", options=large)
    # The stride leaves this shape as it is, and yet asks for a projection.
    note, many = "a map of one pixel", {"batch": 32}
    x = Tensor((1, 1, wide))
    yield Probe((x, filters), dict(stride=2), note=note, options=many)
    yield Probe((Tensor((6, 6, 4)), 0), claim="errors")
    yield Probe((Tensor((6, 6, 4)), 4), dict(stride=0), claim="errors")
    yield Probe((Tensor((6, 4)), 4), claim="errors", note="three axes")


_STRIDED_PADDING = Mistake(
    "pads with ZeroPadding2D before a strided convolution",
    "x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, ",
    "x = x if stride == 1 else layers.ZeroPadding2D(1)(x)\n"
    '    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, padding="same" '
    'if stride == 1 else "valid")(x)\n    x = layers.BatchNormalization()(x)\n'
    "    _ = (lambda *_, name: x)(x, name=_join(name, ",
    'On even sizes, ZeroPadding2D(1) and "valid" look one pixel further left than '
    '"same" does. The convolutions here have padding "same".',
)
_FORGETS_LAST_RELU = Mistake(
    "forgets the ReLU after the addition",
    'return layers.ReLU(name=_join(name, "out"))(x)',
    "return x",
    "There are negative values in your output. What follows the addition?",
)
_FORGETS_ADD = Mistake(
    "forgets the shortcut",
    'x = layers.Add(name=_join(name, "add"))([shortcut, x])',
    "_ = shortcut",
    "The block outputs F(x) + x. You may have made the shortcut, but what does "
    "your block return?",
)
_BN_BIAS = Mistake(
    "has biases before the batch normalizations",
    "        use_bias=False,\n",
    "",
    _NO_BIAS,
)
_FROZEN_BN = Mistake(
    "always normalizes with the statistics of the batch",
    'layers.BatchNormalization(name=_join(name, "bn"))(x)',
    'layers.BatchNormalization(name=_join(name, "bn"))(x, training=True)',
    "`training=True` is built into your block, so inference uses the statistics of "
    "the batch too. Keras passes `training` on by itself.",
)
_NO_BN = Mistake(
    "has no batch normalization",
    'layers.BatchNormalization(name=_join(name, "bn"))(x)',
    "x",
    "What stands between each convolution and its ReLU?",
)

RESIDUAL_BLOCK = Exercise(
    "modern_cnn.residual_block",
    points=8,
    observer="model",
    probes=lambda rng: _blocks(rng, 1),
    mistakes=(
        _FORGETS_LAST_RELU,
        _FORGETS_ADD,
        Mistake(
            "applies the last ReLU before the addition",
            'x = layers.Add(name=_join(name, "add"))([shortcut, x])\n'
            '    return layers.ReLU(name=_join(name, "out"))(x)',
            "return layers.Add()([shortcut, layers.ReLU()(x)])",
            "What comes first at the end of the block, the addition or the ReLU?",
        ),
        Mistake(
            "projects every shortcut",
            "if stride != 1 or x.shape[-1] != filters:",
            "if True:",
            _ALWAYS,
        ),
        Mistake(
            "projects only when the channels change",
            "if stride != 1 or x.shape[-1] != filters:",
            "if stride != 1:\n        shortcut = layers.MaxPooling2D(1, stride)(x)\n"
            "    if x.shape[-1] != filters:",
            _PROJECT,
        ),
        Mistake(
            "projects only when the block strides",
            "if stride != 1 or x.shape[-1] != filters:",
            "if stride != 1:",
            _PROJECT,
        ),
        Mistake(
            "lets the second convolution stride",
            'x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "1"))\n'
            '    x = layers.ReLU(name=_join(name, "1_relu"))(x)\n'
            "    x = _conv_bn(x, filters, 3, ",
            "x = _conv_bn(x, filters, 3)\n    x = layers.ReLU()(x)\n"
            "    x = _conv_bn(x, filters, 3, stride=stride, ",
            "The first of the two convolutions strides, so that the second works on "
            "the smaller map.",
        ),
        Mistake(
            "forgets the ReLU between the convolutions",
            '    x = layers.ReLU(name=_join(name, "1_relu"))(x)\n',
            "",
            "Two convolutions with only a normalization between them are one linear "
            "map.",
        ),
        Mistake(
            "does not normalize the projected shortcut",
            '_conv_bn(x, filters, 1, stride=stride, name=_join(name, "0"))',
            "layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)",
            "The projection is a convolution like the others: what follows it?",
        ),
        _STRIDED_PADDING,
        _BN_BIAS,
        _FROZEN_BN,
        _NO_BN,
    ),
)

BOTTLENECK_BLOCK = Exercise(
    "modern_cnn.bottleneck_block",
    points=8,
    observer="model",
    probes=lambda rng: _blocks(rng, 4),
    mistakes=(
        _FORGETS_LAST_RELU,
        _FORGETS_ADD,
        Mistake(
            "strides in the first 1x1 convolution",
            'x = _conv_bn(x, filters, 1, name=_join(name, "1"))\n'
            '    x = layers.ReLU(name=_join(name, "1_relu"))(x)\n'
            "    x = _conv_bn(x, filters, 3, stride=stride, ",
            "x = _conv_bn(x, filters, 1, stride=stride)\n"
            "    x = layers.ReLU()(x)\n"
            "    x = _conv_bn(x, filters, 3, ",
            "Your first 1x1 convolution strides, so it never looks at three "
            "quarters of its input. Which convolution can stride and still see all "
            "of it?",
        ),
        Mistake(
            "strides in the last 1x1 convolution",
            'x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "2"))\n'
            '    x = layers.ReLU(name=_join(name, "2_relu"))(x)\n'
            "    x = _conv_bn(x, 4 * filters, 1, ",
            "x = _conv_bn(x, filters, 3)\n"
            "    x = layers.ReLU()(x)\n"
            "    x = _conv_bn(x, 4 * filters, 1, stride=stride, ",
            "A 1x1 convolution that strides throws three quarters of its input "
            "away. Which convolution can stride and still see all of it?",
        ),
        Mistake(
            "does not widen to 4 * filters",
            "x = _conv_bn(x, 4 * filters, 1, ",
            "shortcut = _conv_bn(shortcut, filters, 1)\n"
            "    x = _conv_bn(x, filters, 1, ",
            "The block is narrow in the middle and wide at both ends. How many "
            "channels does the last 1x1 convolution write, and what does that mean "
            "for the shortcut?",
        ),
        Mistake(
            "compares the channels with filters",
            "x.shape[-1] != 4 * filters:",
            "x.shape[-1] != filters:",
            "How many channels leave the block? Compare that with what comes in.",
        ),
        Mistake(
            "projects every shortcut",
            "if stride != 1 or x.shape[-1] != 4 * filters:",
            "if True:",
            _ALWAYS,
        ),
        Mistake(
            "forgets the ReLU behind the 3x3 convolution",
            '    x = layers.ReLU(name=_join(name, "2_relu"))(x)\n',
            "",
            "Two of the three convolutions in the branch are followed by a BN and "
            "a ReLU. How many are in yours?",
        ),
        Mistake(
            "has a ReLU before the addition",
            "x = layers.Add(",
            "x = layers.ReLU()(x)\n    x = layers.Add(",
            "Your branch can only add to the shortcut, never take away. What makes it "
            "so?",
        ),
        Mistake(
            "does not normalize the projected shortcut",
            '_conv_bn(x, 4 * filters, 1, stride=stride, name=_join(name, "0"))',
            "layers.Conv2D(4 * filters, 1, strides=stride, use_bias=False)(x)",
            "The projection is a convolution like the others: what follows it?",
        ),
        _STRIDED_PADDING,
        _BN_BIAS,
        _FROZEN_BN,
        _NO_BN,
    ),
)

PREACT_BLOCK = Exercise(
    "modern_cnn.preact_block",
    points=8,
    observer="model",
    probes=lambda rng: _blocks(rng, 1),
    mistakes=(
        Mistake(
            "has a ReLU after the addition",
            'return layers.Add(name=_join(name, "add"))([shortcut, x])',
            "return layers.ReLU()(layers.Add()([shortcut, x]))",
            "Nothing stands on the way from one addition to the next: that is what "
            "the paper is about.",
        ),
        Mistake(
            "projects x instead of the activated x",
            "shortcut = _conv(x, filters, 1,",
            "shortcut = _conv(shortcut, filters, 1,",
            "What does the projection read: the block's input, or what the first "
            "BN-ReLU makes of it?",
        ),
        Mistake(
            "takes the activated x as the identity",
            '    x = _bn_relu(x, name=_join(name, "1"))\n',
            '    x = shortcut = _bn_relu(x, name=_join(name, "1"))\n',
            "Where nothing changes, the shortcut is `x` itself, before any layer.",
        ),
        Mistake(
            "convolves before it normalizes",
            'x = _bn_relu(x, name=_join(name, "2"))\n'
            '    x = _conv(x, filters, 3, name=_join(name, "2_conv"))',
            "x = _conv(x, filters, 3)\n    x = _bn_relu(x)",
            "Pre-activation: BN and ReLU come before *each* convolution.",
        ),
        Mistake(
            "projects every shortcut",
            "if stride != 1 or shortcut.shape[-1] != filters:",
            "if True:",
            _ALWAYS,
        ),
        Mistake(
            "normalizes the projected shortcut",
            'stride=stride, name=_join(name, "0_conv"))',
            "stride=stride)\n        shortcut = layers.BatchNormalization()(shortcut)",
            "The projection is a bare 1x1 convolution: no BN and no bias.",
        ),
        Mistake(
            "lets the second convolution stride",
            'x = _conv(x, filters, 3, stride=stride, name=_join(name, "1_conv"))\n'
            '    x = _bn_relu(x, name=_join(name, "2"))\n'
            "    x = _conv(x, filters, 3, ",
            'x = _conv(x, filters, 3)\n    x = _bn_relu(x, name=_join(name, "2"))\n'
            "    x = _conv(x, filters, 3, stride=stride, ",
            "The first of the two convolutions strides.",
        ),
        Mistake(
            "forgets the shortcut",
            'layers.Add(name=_join(name, "add"))([shortcut, x])',
            "x",
            "The block outputs F(x) + x. You may have made the shortcut, but what "
            "does your block return?",
        ),
        Mistake(
            "forgets the first BN-ReLU",
            '    x = _bn_relu(x, name=_join(name, "1"))\n',
            "",
            "Each of the two convolutions has a BN and a ReLU before it, the very "
            "first one too; and a projection reads what these two give.",
        ),
        Mistake(
            "has biases",
            "        use_bias=False,\n",
            "",
            "None of the convolutions here has a bias, the projection included.",
        ),
        _FROZEN_BN,
    ),
)
