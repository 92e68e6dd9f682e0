"""Mistakes in the layers that blocks share, ``course/modern_cnn/_blocks.py``.

A block that is made of them takes those that its probes can tell apart.
"""

from course.exercises.exercise import mistakes

NO_BIAS, BIAS, BIAS_BEFORE_BN, NO_BN, BATCH_STATISTICS = mistakes("""
has no biases
    kernel_size, strides=stride,  =>  kernel_size, use_bias=False, strides=stride,
    You have one parameter too few for each filter. What is added to the sum of a
    convolution where no batch normalization follows?

has biases
    use_bias=False,  =>
    Your block has one parameter too many for each filter. Is any of its convolutions to
    have a bias?

has biases before the batch normalizations
    use_bias=False,  =>
    Your block has one parameter too many for each filter. A batch normalization takes
    the mean away: which parameter of the convolution before it has no effect then?

has no batch normalization
    layers.BatchNormalization(name=_join(name, "bn"))(x)  =>  x
    What stands between each convolution and its ReLU?

always normalizes with the statistics of the batch
    name=_join(name, "bn"))(x)  =>  name=_join(name, "bn"))(x, training=True)
    In inference your block normalizes with the statistics of the batch, as in training.
    Keras tells each layer in which mode it runs. What in your code overrules that?
""")
