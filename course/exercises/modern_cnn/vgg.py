"""The block of VGG."""

from course.checks.probe import Probe, Tensor, bad_calls
from course.exercises.exercise import Exercise, mistakes
from course.exercises.modern_cnn.common import NO_BIAS


def _vgg_block(rng):
    filters = int(rng.integers(4, 8))
    yield Probe((Tensor((8, 8, 3)), filters, 2))
    yield Probe((Tensor((7, 9, 1)), filters + 1, 1), note="odd sizes, one channel")
    yield Probe((Tensor((8, 10, filters)), filters, 3), note="three convolutions")
    yield from bad_calls(Tensor((8, 6, 3)), 4, 2)


_MISTAKES = mistakes("""
forgets the ReLU
    return layers.ReLU(name=_join(name, "relu"))(x)  =>  return x
    Without something between them, two convolutions are one larger convolution. What
    comes after each?

has a ReLU only behind the last convolution
    -        x = _conv_relu(x, filters, 3, name=_join(name, i + 1))
    +        activation = "relu" if i == num_convs - 1 else None
    +        x = layers.Conv2D(filters, 3, padding="same", activation=activation)(x)
    How many ReLUs does your block have? Compare with its convolutions.

has one convolution fewer
    range(num_convs)  =>  range(max(1, num_convs - 1))
    Count the convolutions that your loop makes.

forgets the pool
    -    return layers.MaxPooling2D(2, padding="same", name=_join(name, "pool"))(x)
    +    return x
    The block ends at half the height and width. What halves them?

pools with an average
    layers.MaxPooling2D(2  =>  layers.AveragePooling2D(2
    Of each four values, what does your pool keep, and what is it to keep?

drops the last row of an odd size
    layers.MaxPooling2D(2, padding="same"  =>  layers.MaxPooling2D(2, padding="valid"
    From 7 rows, 4 are to come out. What does your pool do with the seventh?

does not pad the convolutions
    -        x = _conv_relu(x, filters, 3, name=_join(name, i + 1))
    +        x = _conv_relu(x, filters, 3, padding="valid", name=_join(name, i + 1))
    A 3x3 convolution without padding takes off a row at every side. What do VGG's
    convolutions do to the size?

pools behind every convolution
    -        x = _conv_relu(x, filters, 3, name=_join(name, i + 1))
    -    return layers.MaxPooling2D(2, padding="same", name=_join(name, "pool"))(x)
    +        x = _conv_relu(x, filters, 3)
    +        x = layers.MaxPooling2D(2, padding="same")(x)
    +    return x
    How often does your block halve the height, and how often is it to do so?
""")

VGG_BLOCK = Exercise(
    "modern_cnn.vgg_block",
    points=5,
    observer="model",
    probes=_vgg_block,
    mistakes=(NO_BIAS, *_MISTAKES),
)
