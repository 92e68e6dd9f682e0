"""The block of GoogLeNet."""

from course.checks.probe import Probe, Tensor, bad_calls
from course.exercises.exercise import Exercise, mistakes
from course.exercises.modern_cnn.common import NO_BIAS
from course.toolkit.types import InceptionWidths


def _inception_block(rng):
    widths = InceptionWidths(*(int(n) for n in rng.permutation(range(3, 9))))
    large = {"scale": 4.0}  # so that a ReLU with a ceiling shows
    yield Probe((Tensor((6, 6, 5)), widths), options=large)
    others = InceptionWidths(*(int(n) for n in rng.permutation(range(1, 7))))
    # Layers of equal width are two all the same.
    others = others._replace(reduce5x5=others.reduce3x3, pool_proj=others.conv1x1)
    yield Probe((Tensor((5, 7, 1)), others), note="odd sizes, one channel")
    for name, width in dict(reduce5x5=0, conv1x1=0, pool_proj=0, conv3x3=-2).items():
        bad = widths._replace(**{name: width})
        yield Probe((Tensor((6, 6, 5)), bad), claim="errors")
    yield from bad_calls(Tensor((6, 7, 4)), widths)


_MISTAKES = mistakes("""
forgets the ReLU behind the 1x1 reductions
    -    conv3x3 = _conv_relu(x, widths.reduce3x3, 1, name=_join(name, "3x3_reduce"))
    +    conv3x3 = layers.Conv2D(widths.reduce3x3, 1)(x)
    Count the ReLUs of your block, and count its convolutions: the 1x1 reductions are
    convolutions too.

has no ReLU at all
    return layers.ReLU(name=_join(name, "relu"))(x)  =>  return x
    There are negative values in your output. What follows every convolution?

concatenates in another order
    [conv1x1, conv3x3, conv5x5, pool]  =>  [conv1x1, pool, conv3x3, conv5x5]
    The numbers are right but stand in other channels. In which order does the docstring
    name the branches?

concatenates the 5x5 branch before the 3x3 branch
    [conv1x1, conv3x3, conv5x5, pool]  =>  [conv1x1, conv5x5, conv3x3, pool]
    The numbers are right but stand in other channels. In which order does the docstring
    name the branches?

uses 3x3 in the 5x5 branch
    widths.conv5x5, 5,  =>  widths.conv5x5, 3,
    One kernel is smaller than its branch's name says.

leaves out the reduction before the 5x5 convolution
    -    conv5x5 = _conv_relu(conv5x5, widths.conv5x5, 5, name=_join(name, "5x5"))
    +    conv5x5 = _conv_relu(x, widths.conv5x5, 5, name=_join(name, "5x5"))
    In one branch the output of the 1x1 reduction is never used. What does the large
    convolution after it read?

pools with an average
    layers.MaxPooling2D(  =>  layers.AveragePooling2D(
    What does the pool of the fourth branch keep of nine values?

projects before the pool
    -    pool = _conv_relu(pool, widths.pool_proj, 1, name=_join(name, "pool_proj"))
    +    pool = layers.Conv2D(widths.pool_proj, 1)(x)
    +    pool = layers.MaxPooling2D(3, strides=1, padding="same")(pool)
    +    pool = layers.ReLU()(pool)
    In the fourth branch, which comes first: the pool or the projection?

leaves out the pool's projection
    -    pool = _conv_relu(pool, widths.pool_proj, 1, name=_join(name, "pool_proj"))
    +    pass
    The pooled input has as many channels as the block's input. What brings it to
    `pool_proj`?
""")

INCEPTION_BLOCK = Exercise(
    "modern_cnn.inception_block",
    points=8,
    observer="model",
    probes=_inception_block,
    mistakes=(NO_BIAS, *_MISTAKES),
)
