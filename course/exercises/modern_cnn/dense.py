"""The blocks of DenseNet."""

from course.checks.probe import Probe, Tensor, bad_calls
from course.exercises.exercise import Exercise, mistakes
from course.exercises.modern_cnn.common import BATCH_STATISTICS, BIAS


def _dense_block(rng):
    growth = int(rng.integers(2, 5))
    large = {"scale": 8.0}  # so that a ReLU with a ceiling shows
    yield Probe((Tensor((5, 6, growth + 2)), 3, growth), options=large)
    yield Probe((Tensor((7, 5, 1)), 1, 1), note="one layer, one channel")
    yield from bad_calls(Tensor((6, 7, 4)), 2, 4)


_DENSE_BLOCK_MISTAKES = mistakes("""
puts the new channels in front
    ([x, new])  =>  ([new, x])
    Your channels stand in another order. Which come first, the oldest or the newest?

adds instead of concatenating
    -        x = layers.Concatenate(name=_join(layer, "concat"))([x, new])
    +        x = new if i else layers.Conv2D(growth_rate, 1, use_bias=False)(x)
    +        x = layers.Add()([x, new])
    Your layers add, as ResNet's blocks do. What does DenseNet do instead, so that the
    channels grow with each layer?

shows each layer only the one before
    -        new = _bn_relu(x, name=_join(layer, "1"))
    +        new = _bn_relu(new if i else x, name=_join(layer, "1"))
    What does your second layer read: only what the first one made, or all the channels
    that are there?

leaves the input out of the result
    return x  =>  return x[..., -num_layers * growth_rate:]
    Where is the block's input in your output? And which of the output's channels is it
    to be?

has no bottleneck
    -        new = _conv(new, 4 * growth_rate, 1, name=_join(layer, "1_conv"))
    -        new = _bn_relu(new, name=_join(layer, "2"))
    How many convolutions has each of your layers, and how many has one of the
    docstring? Look also at what comes before each.

makes the bottleneck growth_rate wide
    4 * growth_rate  =>  growth_rate
    How many channels does your 1x1 convolution put out? Compare with the docstring.

convolves before it normalizes
    -        new = _conv(new, 4 * growth_rate, 1, name=_join(layer, "1_conv"))
    -        new = _bn_relu(new, name=_join(layer, "2"))
    -        new = _conv(new, growth_rate, 3, name=_join(layer, "2_conv"))
    +        new = _conv(new, 4 * growth_rate, 1)
    +        new = _conv(new, growth_rate, 3)
    +        new = _bn_relu(new)
    In which order do BN, ReLU and convolution come in a layer of the docstring, and in
    which order in yours?

forgets the ReLUs
    return layers.ReLU(name=_join(name, "relu"))(x)  =>  return x
    Each layer has two BNs. What follows each of them in yours, and what in the
    docstring?

has one layer fewer
    range(num_layers)  =>  range(max(1, num_layers - 1))
    Count how often your loop runs: each layer adds `growth_rate` channels.
""")

DENSE_BLOCK = Exercise(
    "modern_cnn.dense_block",
    points=8,
    observer="model",
    probes=_dense_block,
    mistakes=(BIAS, BATCH_STATISTICS, *_DENSE_BLOCK_MISTAKES),
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
    yield from bad_calls(x)


_TRANSITION_BLOCK_MISTAKES = mistakes("""
pools with a maximum
    layers.AveragePooling2D(  =>  layers.MaxPooling2D(
    Of each four values, what does your pool pass on, and what is it to pass on?

forgets the pool
    -    return layers.AveragePooling2D(2, padding="same", name=_join(name, "pool"))(x)
    +    return x
    Your map is as large as before. What halves its height and width?

ignores compression
    int(x.shape[-1] * compression)  =>  x.shape[-1] // 2
    Half is only the default: where does your code use `compression`?

takes compression for the part that goes
    int(x.shape[-1] * compression)  =>  max(1, int(x.shape[-1] * (1 - compression)))
    With `compression` 0.25, how many of 8 channels are to be left? And does your code
    notice when none is?

forgets the ReLU
    return layers.ReLU(name=_join(name, "relu"))(x)  =>  return x
    What is to stand between the batch normalization and the convolution?

convolves before it normalizes
    -    x = _bn_relu(x, name=name)
    -    x = _conv(x, filters, 1, name=_join(name, "conv"))
    +    x = _conv(x, filters, 1)
    +    x = _bn_relu(x)
    Your normalization has too few parameters: it sees the channels that are left. Is it
    to come before or after the convolution?

drops the last row of an odd size
    -    return layers.AveragePooling2D(2, padding="same", name=_join(name, "pool"))(x)
    +    return layers.AveragePooling2D(2, padding="valid", name=_join(name, "pool"))(x)
    From 7 rows, 4 are to come out. What does your pool do with the seventh?

uses a 3x3 convolution
    _conv(x, filters, 1,  =>  _conv(x, filters, 3,
    Your convolution has nine times the weights. Which kernel is enough to change
    nothing but the number of channels?

has a bias
    -        use_bias=False,
    You have one parameter too many for each filter: does the convolution have a bias?
""")

TRANSITION_BLOCK = Exercise(
    "modern_cnn.transition_block",
    points=5,
    observer="model",
    probes=_transition_block,
    mistakes=(BATCH_STATISTICS, *_TRANSITION_BLOCK_MISTAKES),
)
