"""Questions whose answer is a number: the student writes what computes it."""

from course.checks.probe import Probe, bad_calls
from course.exercises.exercise import Exercise, mistakes
from course.toolkit.types import InceptionWidths


def _inception_parameters(rng):
    channels = int(rng.integers(20, 500))
    drawn = rng.choice(range(5, 200), 12, replace=False)
    widths, others = (InceptionWidths(*map(int, six)) for six in drawn.reshape(2, 6))
    yield Probe((channels, widths))
    yield Probe((1, others), note="one channel comes in")
    yield Probe((channels, InceptionWidths(*[1] * 6)), note="every width is 1")
    wide = InceptionWidths(*(100 * width for width in widths))
    yield Probe((channels, wide), note="more than 32 bits count")
    yield from bad_calls(channels, widths)
    for name in widths._fields:
        yield Probe((channels, widths._replace(**{name: 0})), claim="errors")
    yield Probe((channels, widths._replace(conv3x3=-2)), claim="errors")


_INCEPTION_PARAMETERS_MISTAKES = mistakes("""
forgets the biases
    + 1) * int(outputs)  =>  ) * int(outputs)
    You count the weights. What else does each convolution have?

counts one bias for each convolution
    + 1) * int(outputs)  =>  ) * int(outputs) + 1
    A bias is added to an output channel. How many of those does a convolution have?

counts a bias for each slice of a kernel
    side**2 * int(inputs) + 1  =>  (side**2 + 1) * int(inputs)
    A kernel has a slice for each channel that it reads, but its sum gets only one bias.

lets the large kernels read the block's input
    -        (3, widths.reduce3x3, widths.conv3x3),
    -        (1, channels, widths.reduce5x5),
    -        (5, widths.reduce5x5, widths.conv5x5),
    +        (3, channels, widths.conv3x3),
    +        (1, channels, widths.reduce5x5),
    +        (5, channels, widths.conv5x5),
    Follow the branches with a large kernel from the input on: how many channels does
    that kernel read when its turn comes?

leaves out the reductions
    -        (1, channels, widths.reduce3x3),
    -        (3, widths.reduce3x3, widths.conv3x3),
    -        (1, channels, widths.reduce5x5),
    +        (3, widths.reduce3x3, widths.conv3x3),
    The 1x1 reductions make the large convolutions cheap. What do they cost themselves?

leaves out the projection behind the pool
    -        (1, channels, widths.pool_proj),
    How many convolutions does the block have? `widths` has a number for each.

counts the pool's window as a kernel
    (1, channels, widths.pool_proj)  =>  (3, channels, widths.pool_proj)
    A pool has a window but no weights. Which kernel does the convolution after it have?

lets the projection read pool_proj channels
    (1, channels, widths.pool_proj)  =>  (1, widths.pool_proj, widths.pool_proj)
    A max pool takes each channel by itself. How many come out of it?

counts the kernel's side once
    side**2  =>  side
    How many places does a kernel of side 3 have for each channel?
""")

INCEPTION_PARAMETERS = Exercise(
    "modern_cnn.inception_parameters",
    points=1,
    observer="array",
    probes=_inception_parameters,
    mistakes=_INCEPTION_PARAMETERS_MISTAKES,
)


def _bottleneck_weights(rng):
    filters, more = int(rng.integers(8, 100)), int(rng.integers(1, 4))
    yield Probe((4 * filters, filters), note="as many channels come in as go out")
    yield Probe((filters, filters), note="as many come in as there are inside")
    yield Probe((2 * filters, filters), note="the first block of a later stage")
    yield Probe((4 * filters + more, filters), note="more come in than go out")
    yield Probe((8 * filters, filters), note="twice as many come in as go out")
    yield Probe((filters // 2, filters), note="fewer come in than there are inside")
    yield Probe((1, 1), note="one channel")
    yield Probe((1 << 20, 20_000), note="more than 32 bits count")
    yield from bad_calls(4 * filters, filters)
    yield Probe((-1, -1), claim="errors")


_BOTTLENECK_WEIGHTS_MISTAKES = mistakes("""
forgets the projection
    weights += channels * wide  =>  pass
    Where the input has another number of channels than the branch puts out, the two
    cannot be added as they are.

always projects
    -    if channels != wide:
    -        weights += channels * wide
    +    weights += channels * wide
    Your number is too large where `4 * filters` channels come in. Does the shortcut
    need a convolution there?

projects where channels and filters differ
    channels != wide  =>  channels != filters
    When is a projection needed? The shortcut is added to the end of the branch: how
    many channels does that have?

projects to filters channels
    weights += channels * wide  =>  weights += channels * filters
    The shortcut is added to what comes out of the branch. How many channels is it to
    have after the projection?

projects with a 3x3 kernel
    weights += channels * wide  =>  weights += 9 * channels * wide
    The projection only changes the number of channels. Which kernel is enough for that?

does not widen at the end
    wide = 4 * filters  =>  wide = filters
    A bottleneck is narrow inside only. How many channels does its last convolution put
    out?

counts the kernel's side once
    9 * filters**2  =>  3 * filters**2
    How many places does a kernel of side 3 have for each channel?

convolves 3x3 on all the channels
    9 * filters**2  =>  9 * wide**2
    The 3x3 convolution stands between the 1x1 ones. How many channels does it see
    there?

lets the first convolution read filters channels
    channels * filters + 9  =>  filters * filters + 9
    What does the first convolution read: the inside of the block, or what comes in?

adds biases
    filters * wide  =>  filters * wide + 2 * filters + wide
    You have one parameter too many for each filter. What is counted here, weights or
    parameters?

adds the parameters of the batch normalizations
    filters * wide  =>  filters * wide + 2 * (2 * filters + wide)
    What comes after each convolution has parameters too. Are they asked for?
""")

BOTTLENECK_WEIGHTS = Exercise(
    "modern_cnn.bottleneck_weights",
    points=1,
    observer="array",
    probes=_bottleneck_weights,
    mistakes=_BOTTLENECK_WEIGHTS_MISTAKES,
)


def _densenet_channels(rng):
    layers = tuple(int(n) for n in rng.integers(2, 12, 4))
    # Behind the first block there are 4n + 3 channels, so that rounding shows.
    channels, growth = 4 * int(rng.integers(2, 30)) + 3, 4 * int(rng.integers(1, 10))
    yield Probe((channels, layers[:1], growth), note="one block: no transition")
    yield Probe((channels, layers[:2], growth), note="half of an odd number")
    yield Probe((channels, layers[1:], growth), dict(compression=0.25))
    five = (*layers, 3)
    yield Probe(
        (channels + 1, five, growth), dict(compression=0.75), note="five blocks"
    )
    yield Probe((channels, layers[:3], growth), dict(compression=1.0))
    yield Probe((1, (1, 1), 1), note="one channel")
    yield from bad_calls(channels, layers, growth)
    for bad in ((), (layers[0], 0, layers[1]), (-1, layers[0])):
        yield Probe((channels, bad, growth), claim="errors")
    for compression in (0, 1.5, -0.5):
        yield Probe((12, (2,), 4), dict(compression=compression), claim="errors")
    few = dict(compression=0.25)
    yield Probe((1, (1, 2), 1), few, claim="errors", note="none stays")


_DENSENET_CHANNELS_MISTAKES = mistakes("""
puts a transition behind the last block too
    -        channels += int(num_layers) * int(growth_rate)
    -    return channels
    +        channels += int(num_layers) * int(growth_rate)
    +    return int(channels * compression)
    Transitions stand between blocks. How many are there with one block, and how many
    with two?

puts a transition before the first block too
    if block > 0:  =>  if block >= 0:
    Between which blocks is there a transition? What comes right before the first one?

forgets the transitions
    channels = int(channels * compression)  =>  pass
    Your channels only ever grow. What stands between two dense blocks?

forgets a block's input
    channels += int(num_layers)  =>  channels = int(num_layers)
    The layers put their channels behind what is there already. Where have the channels
    gone that came into the block?

counts each block as one layer
    int(num_layers) * int(growth_rate)  =>  int(growth_rate)
    Every layer of a block adds channels. How many layers does it have?

adds what the 1x1 convolutions make
    int(num_layers) * int(growth_rate)  =>  int(num_layers) * 4 * int(growth_rate)
    Your layers add too many channels. How many new ones is each layer to put to those
    that are there?

doubles the channels in each layer
    channels += int(num_layers) * int(growth_rate)  =>  channels *= 2 ** int(num_layers)
    How many channels does a layer add? Does that depend on how many it reads?

ignores compression
    int(channels * compression)  =>  int(channels * 0.5)
    Half is only the default: where does your code use `compression`?

takes compression for the part that goes
    int(channels * compression)  =>  int(channels * (1 - compression))
    With `compression` 0.25, how many of 8 channels are to stay? And how many stay in
    your code?

rounds up
    int(channels * compression)  =>  -int(-channels * compression // 1)
    There are no half channels. What does int() do with 12.5?

keeps fractions of a channel
    int(channels * compression)  =>  channels * compression
    A number of channels is an integer, also behind a transition.
""")

DENSENET_CHANNELS = Exercise(
    "modern_cnn.densenet_channels",
    points=1,
    observer="array",
    probes=_densenet_channels,
    mistakes=_DENSENET_CHANNELS_MISTAKES,
)
