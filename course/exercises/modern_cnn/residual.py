"""The blocks of the residual networks."""

from course.checks.probe import Probe, Tensor
from course.exercises.exercise import Exercise, Mistake

_ALWAYS = "Is your shortcut ever `x` itself, without any weight? When is it to be?"


def _blocks(rng, expansion):
    """Probes for a block whose output has ``expansion`` * filters channels.

    No height or width equals a number of channels, so that no axis can be mixed up.
    """
    filters = int(rng.integers(3, 6))
    wide = expansion * filters
    note = "stride 1 and equal channels; odd sizes"
    yield Probe((Tensor((7, 9, wide)), filters), note=note)
    x, note = Tensor((7, 8, wide)), "odd height, even width"
    yield Probe((x, filters), dict(stride=3), note=note)
    # Padding "same" puts the first window elsewhere than on odd sizes.
    x, note = Tensor((8, 6, wide)), "a stride of 2 on even sizes"
    yield Probe((x, filters), dict(stride=2), note=note)
    yield Probe((Tensor((5, 6, wide + 2)), filters), note="the channels become fewer")
    large = {"scale": 8.0}  # so that a ReLU with a ceiling shows
    x, note = Tensor((7, 9, 1)), "one channel comes in"
    other = filters if expansion == 1 else 1  # as many as come in, but not as go out
    yield Probe((x, other), note=note, options=large)
    # The stride leaves this shape as it is, and yet asks for a projection.
    note, many = "a map of one pixel", {"batch": 32}
    x = Tensor((1, 1, wide))
    yield Probe((x, filters), dict(stride=2), note=note, options=many)
    for size in (0, -4):
        yield Probe((Tensor((6, 6, 4)), size), claim="errors")
        yield Probe((Tensor((6, 6, 4)), 4), dict(stride=size), claim="errors")
    yield Probe((Tensor((6, 4)), 4), claim="errors", note="three axes")
    yield Probe((Tensor((6, 5, 7, 4)), 4), claim="errors", note="five axes")


_STRIDED_PADDING = Mistake(
    "pads with ZeroPadding2D before a strided convolution",
    "x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, ",
    "x = x if stride == 1 else layers.ZeroPadding2D(1)(x)\n"
    '    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, padding="same" '
    'if stride == 1 else "valid")(x)\n    x = layers.BatchNormalization()(x)\n'
    "    _ = (lambda *_, name: x)(x, name=_join(name, ",
    "At stride 2 this is right on odd sizes and off on even ones. Where does your "
    "strided convolution put its first window there? Draw it for a row of 8 pixels, "
    "and again with the padding of the docstring.",
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
    "The block outputs more than its branch. You may have made the shortcut, but does "
    "what your block returns contain it?",
)
_BN_BIAS = Mistake(
    "has biases before the batch normalizations",
    "        use_bias=False,\n",
    "",
    "Your block has too many parameters by one for each filter. A batch "
    "normalization takes the mean away: what of the convolution before it goes with "
    "the mean?",
)
_FROZEN_BN = Mistake(
    "always normalizes with the statistics of the batch",
    'layers.BatchNormalization(name=_join(name, "bn"))(x)',
    'layers.BatchNormalization(name=_join(name, "bn"))(x, training=True)',
    "In inference your block normalizes with the statistics of the batch, as in "
    "training. Keras tells each layer in which mode it runs. What in your code "
    "overrules that?",
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
            "Where only the stride is not 1, your shortcut has no weights. When may "
            "`x` itself be the shortcut, and what else is it to be?",
        ),
        Mistake(
            "projects only when the block strides",
            "if stride != 1 or x.shape[-1] != filters:",
            "if stride != 1:",
            "Where only the channels change, your shortcut is still `x`. When may `x` "
            "itself be the shortcut, and what else is it to be?",
        ),
        Mistake(
            "lets the second convolution stride",
            'x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "1"))\n'
            '    x = layers.ReLU(name=_join(name, "1_relu"))(x)\n'
            "    x = _conv_bn(x, filters, 3, ",
            "x = _conv_bn(x, filters, 3)\n    x = layers.ReLU()(x)\n"
            "    x = _conv_bn(x, filters, 3, stride=stride, ",
            "Which of the two convolutions is to stride, so that the other one works "
            "on the smaller map?",
        ),
        Mistake(
            "forgets the ReLU between the convolutions",
            '    x = layers.ReLU(name=_join(name, "1_relu"))(x)\n',
            "",
            "In inference, two convolutions with only a normalization between them are "
            "one linear map. What keeps them from that?",
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
            "Your first 1x1 convolution strides, so at stride 2 it never looks at "
            "three quarters of its input. Which convolution can stride and still see "
            "all of it?",
        ),
        Mistake(
            "strides in the last 1x1 convolution",
            'x = _conv_bn(x, filters, 3, stride=stride, name=_join(name, "2"))\n'
            '    x = layers.ReLU(name=_join(name, "2_relu"))(x)\n'
            "    x = _conv_bn(x, 4 * filters, 1, ",
            "x = _conv_bn(x, filters, 3)\n"
            "    x = layers.ReLU()(x)\n"
            "    x = _conv_bn(x, 4 * filters, 1, stride=stride, ",
            "The last 1x1 convolution of your branch strides, so at stride 2 it throws "
            "three quarters of its input away. Which convolution can stride and still "
            "see all of it?",
        ),
        Mistake(
            "does not widen to 4 * filters",
            "x = _conv_bn(x, 4 * filters, 1, ",
            "shortcut = _conv_bn(shortcut, filters, 1)\n"
            "    x = _conv_bn(x, filters, 1, ",
            "The block is narrow in the middle and wide at both ends. How many "
            "channels is the last 1x1 convolution to write, and what does that mean "
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
            "Two of the three convolutions in the branch are to be followed by a BN "
            "and a ReLU. How many of yours are?",
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
            "Your output has no negative values, and so cannot pass an `x` on that has "
            "some. What may stand behind the addition?",
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
            "Where stride is 1 and the channels stay the same, which layers does your "
            "shortcut pass through?",
        ),
        Mistake(
            "convolves before it normalizes",
            'x = _bn_relu(x, name=_join(name, "2"))\n'
            '    x = _conv(x, filters, 3, name=_join(name, "2_conv"))',
            "x = _conv(x, filters, 3)\n    x = _bn_relu(x)",
            "Pre-activation: what stands before *each* convolution, and what before "
            "yours?",
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
            "Your projection has more layers than the docstring gives it. Which of "
            "them is too many?",
        ),
        Mistake(
            "lets the second convolution stride",
            'x = _conv(x, filters, 3, stride=stride, name=_join(name, "1_conv"))\n'
            '    x = _bn_relu(x, name=_join(name, "2"))\n'
            "    x = _conv(x, filters, 3, ",
            'x = _conv(x, filters, 3)\n    x = _bn_relu(x, name=_join(name, "2"))\n'
            "    x = _conv(x, filters, 3, stride=stride, ",
            "Which of the two convolutions is to stride?",
        ),
        Mistake(
            "forgets the shortcut",
            'layers.Add(name=_join(name, "add"))([shortcut, x])',
            "x",
            "The block outputs more than its branch. You may have made the shortcut, "
            "but does what your block returns contain it?",
        ),
        Mistake(
            "forgets the first BN-ReLU",
            '    x = _bn_relu(x, name=_join(name, "1"))\n',
            "",
            "Each of the two convolutions is to have a BN and a ReLU before it. Has "
            "the very first one? The projection reads what comes out there.",
        ),
        Mistake(
            "has biases",
            "        use_bias=False,\n",
            "",
            "Your block has too many parameters by one for each filter. Which of its "
            "convolutions are to have a bias?",
        ),
        _FROZEN_BN,
    ),
)
