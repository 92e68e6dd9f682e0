"""The blocks of DenseNet."""

from course.checks.probe import Probe, Tensor
from course.exercises.exercise import Exercise, Mistake
from course.exercises.modern_cnn.residual import _FROZEN_BN


def _dense_block(rng):
    growth = int(rng.integers(2, 5))
    large = {"scale": 8.0}  # so that a ReLU with a ceiling shows
    yield Probe((Tensor((5, 6, growth + 2)), 3, growth), options=large)
    yield Probe((Tensor((7, 5, 1)), 1, 1), note="one layer, one channel")
    for number in (0, -2):
        yield Probe((Tensor((6, 6, 4)), number, 4), claim="errors")
        yield Probe((Tensor((6, 6, 4)), 2, number), claim="errors")
    yield Probe((Tensor((6, 4)), 2, 2), claim="errors", note="three axes")
    yield Probe((Tensor((6, 5, 7, 4)), 2, 2), claim="errors", note="five axes")


DENSE_BLOCK = Exercise(
    "modern_cnn.dense_block",
    points=8,
    observer="model",
    probes=_dense_block,
    mistakes=(
        Mistake(
            "puts the new channels in front",
            "([x, new])",
            "([new, x])",
            "Your channels stand in another order. Which come first, the oldest or the "
            "newest?",
        ),
        Mistake(
            "adds instead of concatenating",
            'x = layers.Concatenate(name=_join(layer, "concat"))([x, new])',
            "x = new if i else layers.Conv2D(growth_rate, 1, use_bias=False)(x)\n"
            "        x = layers.Add()([x, new])",
            "You add what a layer makes to what it saw, as ResNet does. What does "
            "DenseNet do, so that the channels grow with each layer?",
        ),
        Mistake(
            "shows each layer only the one before",
            'new = _bn_relu(x, name=_join(layer, "1"))',
            'new = _bn_relu(new if i else x, name=_join(layer, "1"))',
            "Each layer reads *everything* that came before it, not only its "
            "predecessor's output.",
        ),
        Mistake(
            "leaves the input out of the result",
            "    return x",
            "    return x[..., -num_layers * growth_rate:]",
            "The first channels of the output are `x` itself.",
        ),
        Mistake(
            "has no bottleneck",
            "        new = _conv("
            'new, 4 * growth_rate, 1, name=_join(layer, "1_conv"))\n'
            '        new = _bn_relu(new, name=_join(layer, "2"))\n',
            "",
            "A 1x1 convolution, with its own BN and ReLU, stands before each 3x3.",
        ),
        Mistake(
            "makes the bottleneck growth_rate wide",
            "4 * growth_rate",
            "growth_rate",
            "How wide is the 1x1 convolution? Compare the parameters of one layer "
            "with the docstring.",
        ),
        Mistake(
            "convolves before it normalizes",
            'new = _conv(new, 4 * growth_rate, 1, name=_join(layer, "1_conv"))\n'
            '        new = _bn_relu(new, name=_join(layer, "2"))\n'
            '        new = _conv(new, growth_rate, 3, name=_join(layer, "2_conv"))',
            "new = _conv(new, 4 * growth_rate, 1)\n"
            "        new = _conv(new, growth_rate, 3)\n"
            "        new = _bn_relu(new)",
            "BN and ReLU come before each convolution, not behind it.",
        ),
        Mistake(
            "forgets the ReLUs",
            'return layers.ReLU(name=_join(name, "relu"))(x)',
            "return x",
            "Each layer has two BNs. What follows each of them in yours, and what in "
            "the docstring?",
        ),
        Mistake(
            "has one layer fewer",
            "range(num_layers)",
            "range(max(1, num_layers - 1))",
            "Count how often your loop runs: each layer adds `growth_rate` channels.",
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


def _transition_block(rng):
    channels = 4 * int(rng.integers(2, 4))
    large = {"scale": 8.0}  # so that a ReLU with a ceiling shows
    x = Tensor((6, 8, channels))
    yield Probe((x,), note="half of the channels", options=large)
    x = Tensor((7, 5, channels))
    yield Probe((x,), dict(compression=0.25), note="odd sizes")
    yield Probe((Tensor((6, 6, 5)),), dict(compression=1.0), note="all channels stay")
    x = Tensor((6, 6, 8))
    # int(8 * 1.1) is 8: who looks at the channels alone does not see it.
    for compression in (0, 1.1, -0.5):
        yield Probe((x,), dict(compression=compression), claim="errors")
    yield Probe((x,), dict(compression=0.1), claim="errors", note="none stays")
    yield Probe((Tensor((6, 8)),), claim="errors", note="three axes")
    yield Probe((Tensor((6, 5, 7, 8)),), claim="errors", note="five axes")


TRANSITION_BLOCK = Exercise(
    "modern_cnn.transition_block",
    points=5,
    observer="model",
    probes=_transition_block,
    mistakes=(
        Mistake(
            "pools with a maximum",
            "layers.AveragePooling2D(",
            "layers.MaxPooling2D(",
            "Of each four values, what does your pool pass on, and what is it to pass "
            "on?",
        ),
        Mistake(
            "forgets the pool",
            'return layers.AveragePooling2D(2, padding="same", '
            'name=_join(name, "pool"))(x)',
            "return x",
            "Your map is as large as before. What halves its height and width?",
        ),
        Mistake(
            "ignores compression",
            "int(x.shape[-1] * compression)",
            "x.shape[-1] // 2",
            "Half is only the default: where does your code use `compression`?",
        ),
        Mistake(
            "takes compression for the part that goes",
            "int(x.shape[-1] * compression)",
            "max(1, int(x.shape[-1] * (1 - compression)))",
            "With `compression` 0.25, how many of 8 channels are to be left? And "
            "does your code notice when none is?",
        ),
        Mistake(
            "forgets the ReLU",
            'return layers.ReLU(name=_join(name, "relu"))(x)',
            "return x",
            "What is to stand between the batch normalization and the convolution?",
        ),
        Mistake(
            "convolves before it normalizes",
            "x = _bn_relu(x, name=name)\n"
            '    x = _conv(x, filters, 1, name=_join(name, "conv"))',
            "x = _conv(x, filters, 1)\n    x = _bn_relu(x)",
            "Your normalization has too few parameters: it sees the channels that are "
            "left. Is it to come before or behind the convolution?",
        ),
        Mistake(
            "drops the last row of an odd size",
            'layers.AveragePooling2D(2, padding="same"',
            'layers.AveragePooling2D(2, padding="valid"',
            "From 7 rows, 4 are to come out: a pool without padding drops the last.",
        ),
        Mistake(
            "uses a 3x3 convolution",
            "_conv(x, filters, 1,",
            "_conv(x, filters, 3,",
            "Your convolution has nine times the weights. Which kernel is enough to "
            "change nothing but the number of channels?",
        ),
        Mistake(
            "has a bias",
            "        use_bias=False,\n",
            "",
            "You have one parameter too many for each filter: does the convolution "
            "have a bias?",
        ),
        _FROZEN_BN,
    ),
)
