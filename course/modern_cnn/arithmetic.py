"""Counting the blocks of GoogLeNet, ResNet and DenseNet without building them."""

from course.modern_cnn._blocks import _check_sizes


def bottleneck_weights(channels, filters):
    """How many weights do the convolutions of a bottleneck block have?

    The block reads ``channels`` channels and puts out 4 * ``filters``. Its branch is
    a 1x1 convolution to ``filters`` channels, one of 3x3 to ``filters``, and one of
    1x1 to 4 * ``filters``. Its shortcut is the input itself; exactly when the input
    has not 4 * ``filters`` channels, it is a 1x1 convolution to as many instead. The
    strides are 1. No convolution has a bias, and the parameters of the batch
    normalizations are not counted.

    With 64 filters and 256 channels coming in there are 69,632 weights, 36,864 of
    them in the 3x3 convolution.

    Write it in plain Python or numpy, not with TensorFlow or Keras.

    Args:
        channels: channels of the block's input.
        filters: channels between the 1x1 convolutions.

    Returns:
        int: the weights of all convolutions in the block.

    Raises:
        ValueError: ``channels`` or ``filters`` is below 1.

    Source: He et al. 2015, figure 5 right.
    """
    _check_sizes(channels=channels, filters=filters)
    channels, filters = int(channels), int(filters)
    wide = 4 * filters
    weights = channels * filters + 9 * filters**2 + filters * wide
    if channels != wide:
        weights += channels * wide
    return weights


def inception_parameters(channels, widths):
    """How many parameters does an inception block have?

    Four branches read the block's input: a 1x1 convolution; a 1x1 reduction, then a
    3x3 convolution; a 1x1 reduction, then a 5x5 convolution; a 3x3 max pool, then a
    1x1 projection. Every convolution, reductions and projection included, has a bias
    for each of its filters.

    The first block of GoogLeNet reads 192 channels; its widths are 64, 96, 128, 16,
    32 and 32. It has 163,696 parameters, 12,352 of them in the branch of the 1x1
    convolution.

    Write it in plain Python or numpy, not with TensorFlow or Keras.

    Args:
        channels: channels of the block's input.
        widths: ``InceptionWidths``: the filters of the six convolutions.

    Returns:
        int: the weights and biases of all convolutions in the block.

    Raises:
        ValueError: ``channels`` or one of the widths is below 1.

    Source: Szegedy et al. 2014, figure 2(b) and table 1.
    """
    _check_sizes(channels=channels, **widths._asdict())
    convolutions = (
        (1, channels, widths.conv1x1),
        (1, channels, widths.reduce3x3),
        (3, widths.reduce3x3, widths.conv3x3),
        (1, channels, widths.reduce5x5),
        (5, widths.reduce5x5, widths.conv5x5),
        (1, channels, widths.pool_proj),
    )
    return sum(
        (side**2 * int(inputs) + 1) * int(outputs)
        for side, inputs, outputs in convolutions
    )


def densenet_channels(channels, depths, growth_rate, *, compression=0.5):
    """How many channels come out of the last dense block of a DenseNet?

    A stem puts out ``channels`` channels. Dense blocks follow, one for each entry of
    ``depths``: block i has ``depths[i]`` layers, and each layer concatenates
    ``growth_rate`` new channels behind what it has read. Between two blocks, and
    nowhere else, stands a transition, which leaves int(C * ``compression``) of its C
    channels.

    With 64 channels, two blocks of 6 and 12 layers and a growth rate of 32, as
    DenseNet-121 begins, the first block puts out 256 channels and the second one 512.

    Write it in plain Python or numpy, not with TensorFlow or Keras.

    Args:
        channels: channels of the first block's input.
        depths: number of layers in each dense block.
        growth_rate: channels that each layer adds.
        compression: the part of the channels that a transition leaves, above 0 and
            at most 1.

    Returns:
        int: the channels behind the last block.

    Raises:
        ValueError: ``depths`` is empty; ``channels``, one of ``depths`` or
            ``growth_rate`` is below 1; ``compression`` is not above 0 and at most 1,
            or a transition leaves no channel.

    Source: Huang et al. 2016, section 3.
    """
    if len(depths) == 0 or not 0 < compression <= 1:
        raise ValueError(
            "depths must not be empty, and compression must be above 0 and at most 1; "
            f"got {depths} and {compression}."
        )
    _check_sizes(channels=channels, depths=depths, growth_rate=growth_rate)
    channels = int(channels)
    for block, num_layers in enumerate(depths):
        if block > 0:
            channels = int(channels * compression)
            if channels < 1:
                raise ValueError(
                    f"compression must leave a channel; {compression} leaves none "
                    f"for block {block + 1}."
                )
        channels += int(num_layers) * int(growth_rate)
    return channels
