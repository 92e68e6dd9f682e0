"""What one output sees of the input, and what seeing it costs.

Simonyan and Zisserman 2014, https://arxiv.org/abs/1409.1556, section 2.3.
"""

import numpy as np

from course.modern_cnn._blocks import _check_sizes


def receptive_field(layers):
    """Find how many input pixels, along one axis, one output value depends on.

    Every layer is a convolution or a pooling. A value of its output sees ``kernel``
    values of its input, which lie ``dilation`` apart, and ``stride`` moves that
    window from one output value to the next. Two 3x3 convolutions see 5 pixels; the
    same two with a stride of 2 in the first see 7.

    Write it in plain Python or numpy, not with TensorFlow or Keras.

    Args:
        layers: sequence of (kernel, stride) or (kernel, stride, dilation), the layer
            next to the input first. All are integers; a dilation left out is 1.

    Returns:
        int: the side of the receptive field in pixels, as if there were no border.
        Without layers it is 1: a pixel sees itself.

    Raises:
        ValueError: a layer is not two or three numbers, or one of them is below 1.

    Source: Simonyan and Zisserman 2014, section 2.3.
    """
    field, jump = 1, 1  # jump: input pixels between two neighboring outputs
    for layer in layers:
        if len(layer) not in (2, 3):
            raise ValueError(
                "a layer must be (kernel, stride) or (kernel, stride, dilation), "
                f"got {layer}."
            )
        kernel, stride, dilation = (int(number) for number in (*layer, 1)[:3])
        _check_sizes(kernel=kernel, stride=stride, dilation=dilation)
        field += (kernel - 1) * dilation * jump
        jump *= stride
    return field


def stacked_conv_params(kernel, depth, channels):
    """Count the weights of convolutions stacked on each other, without biases.

    Each of the ``depth`` convolutions reads ``channels`` channels and writes as
    many. Two of 3x3 have 18 c^2 weights and see what one of 5x5 sees for 25 c^2.

    Write it in plain Python or numpy, not with TensorFlow or Keras.

    Args:
        kernel: side of every kernel: an int, or (height, width).
        depth: number of convolutions.
        channels: channels before and after each of them.

    Returns:
        int: the number of weights.

    Raises:
        ValueError: ``kernel``, ``depth`` or ``channels`` is below 1.

    Source: Simonyan and Zisserman 2014, section 2.3.
    """
    _check_sizes(kernel=kernel, depth=depth, channels=channels)
    height, width = (int(side) for side in np.broadcast_to(kernel, 2))
    return height * width * int(channels) ** 2 * int(depth)
