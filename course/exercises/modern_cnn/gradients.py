"""The gradient in a network, and how to start one."""

from course.checks.probe import Graph, Probe
from course.exercises.exercise import Exercise, mistakes


def _small_net(rng, activation):
    """Rows of a small flat network whose training and inference differ."""
    a, b, c = (int(n) for n in rng.integers(2, 5, 3))
    # The layers are not in the order of their names. A penalty is no part of the loss.
    same, l2 = dict(padding="same"), dict(kernel_regularizer="l2")
    return Graph(
        (6, 7, 2),
        (
            ("stem", "Conv2D", dict(filters=a, kernel_size=3, **same), ("image",)),
            ("norm", "BatchNormalization", dict(momentum=0.5), ("stem",)),
            ("act_1", "Activation", dict(activation=activation), ("norm",)),
            ("drop", "Dropout", dict(rate=0.5, seed=5), ("act_1",)),
            (
                "down_2",
                "Conv2D",
                dict(filters=b, kernel_size=(3, 2), strides=2, use_bias=False, **same),
                ("drop",),
            ),
            ("act_2", "Activation", dict(activation=activation), ("down_2",)),
            ("top", "Conv2D", dict(filters=c, kernel_size=1, **l2), ("act_2",)),
            ("flat", "Flatten", {}, ("top",)),
            ("hidden", "Dense", dict(units=5, activation=activation), ("flat",)),
            ("out", "Dense", dict(units=4, activation="softmax"), ("hidden",)),
        ),
    )


def _gradient_norms(rng):
    images, labels = rng.normal(0, 1, (5, 6, 7, 2)), rng.integers(0, 4, 5)
    yield Probe((_small_net(rng, "relu"), images, labels), note="ReLU")
    bytes_in = rng.integers(0, 4, (40, 6, 7, 2)).astype("uint8")
    many = rng.integers(0, 4, 40).astype("int32")
    net = _small_net(rng, "sigmoid")
    yield Probe((net, bytes_in, many), note="sigmoid")
    yield Probe((net, images, labels[:1]), claim="errors", note="one label for all")
    yield Probe((net, images[:4], labels), claim="errors", note="a label too many")
    yield Probe((net, images[:0], labels[:0]), claim="errors", note="no image")


_GRADIENT_NORMS_MISTAKES = mistakes("""
runs the model in training mode
    "float32"), training=False)  =>  "float32"), training=True)
    In training mode dropout is at work, and each batch normalization moves its
    averages, which changes the model. In which mode is the model to run?

sums the loss over the batch
    loss = ops.mean(  =>  loss = ops.sum(
    Your norms grow with the number of images. What is the loss of a batch to be?

includes the dense layers
    layer, layers.Conv2D)  =>  layer, (layers.Conv2D, layers.Dense))
    Your dict has too many keys. Which kind of layer is asked for?

takes the largest value for the norm
    float(np.linalg.norm(gradient))  =>  float(np.abs(gradient).max())
    What do you make of all the numbers of a gradient? And what is an L2 norm?

adds up absolute values
    float(np.linalg.norm(gradient))  =>  float(np.abs(gradient).sum())
    What does an L2 norm add up: the sizes of the numbers, or something made of them?
    And what is done with the sum?

takes the mean of the squares
    float(np.linalg.norm(gradient))  =>  float(np.sqrt(np.square(gradient).mean()))
    Your norm does not grow with the number of weights. Does the L2 norm divide by that
    number?

forgets the root
    float(np.linalg.norm(gradient))  =>  float(np.square(gradient).sum())
    Your numbers are the squares of the norms. What is missing?

takes the norm of the kernel
    zip(convs, gradients,  =>  zip(convs, kernels,
    That is how large the weights themselves are. Of what is the norm to be taken?

goes from the last layer to the first
    for layer in model.layers  =>  for layer in model.layers[::-1]
    The keys are right, but not where they are expected: what comes first in the model?
""")

GRADIENT_NORMS = Exercise(
    "modern_cnn.gradient_norms",
    points=6,
    observer="array",
    probes=_gradient_norms,
    mistakes=_GRADIENT_NORMS_MISTAKES,
)


def _residual_rows(name, x, filters, stride, project):
    """Rows of a basic block, conv-BN-ReLU-conv-BN, add, ReLU."""
    conv = dict(kernel_size=3, padding="same", use_bias=False, filters=filters)
    rows, shortcut = [], x
    if project:
        one = {**conv, "kernel_size": 1, "strides": stride}
        rows += [(f"{name}_0", "Conv2D", one, (x,))]
        rows += [(f"{name}_0n", "BatchNormalization", {}, (f"{name}_0",))]
        shortcut = f"{name}_0n"
    return rows + [
        (f"{name}_1", "Conv2D", {**conv, "strides": stride}, (x,)),
        (f"{name}_1n", "BatchNormalization", {}, (f"{name}_1",)),
        (f"{name}_1a", "ReLU", {}, (f"{name}_1n",)),
        (f"{name}_2", "Conv2D", conv, (f"{name}_1a",)),
        (f"{name}_end", "BatchNormalization", {}, (f"{name}_2",)),
        (f"{name}_add", "Add", {}, (shortcut, f"{name}_end")),
        (f"{name}_out", "ReLU", {}, (f"{name}_add",)),
    ]


def _bottleneck_rows(name, x, filters, stride):
    """Rows of a projected bottleneck whose branch is the Add's first input."""
    conv = dict(padding="same", use_bias=False)
    narrow, wide = {**conv, "filters": filters}, {**conv, "filters": 4 * filters}
    return [
        (f"{name}_1", "Conv2D", {**narrow, "kernel_size": 1}, (x,)),
        (f"{name}_1n", "BatchNormalization", {}, (f"{name}_1",)),
        (f"{name}_1a", "ReLU", {}, (f"{name}_1n",)),
        (
            f"{name}_2",
            "Conv2D",
            {**narrow, "kernel_size": 3, "strides": stride},
            (f"{name}_1a",),
        ),
        (f"{name}_2n", "BatchNormalization", {}, (f"{name}_2",)),
        (f"{name}_2a", "ReLU", {}, (f"{name}_2n",)),
        (f"{name}_3", "Conv2D", {**wide, "kernel_size": 1}, (f"{name}_2a",)),
        (f"{name}_end", "BatchNormalization", {}, (f"{name}_3",)),
        (
            f"{name}_0",
            "Conv2D",
            {**wide, "kernel_size": 1, "strides": stride},
            (x,),
        ),
        (f"{name}_0n", "BatchNormalization", {}, (f"{name}_0",)),
        (f"{name}_add", "Add", {}, (f"{name}_end", f"{name}_0n")),
        (f"{name}_out", "ReLU", {}, (f"{name}_add",)),
    ]


def _preact_rows(name, x, filters, stride, project):
    """Rows of a pre-activation block, which ends in a convolution."""
    conv = dict(kernel_size=3, padding="same", use_bias=False, filters=filters)
    one = {**conv, "kernel_size": 1, "strides": stride}
    rows = [
        (f"{name}_1n", "BatchNormalization", {}, (x,)),
        (f"{name}_1a", "ReLU", {}, (f"{name}_1n",)),
        (f"{name}_1", "Conv2D", {**conv, "strides": stride}, (f"{name}_1a",)),
        (f"{name}_2n", "BatchNormalization", {}, (f"{name}_1",)),
        (f"{name}_2a", "ReLU", {}, (f"{name}_2n",)),
        (f"{name}_end", "Conv2D", conv, (f"{name}_2a",)),
    ]
    shortcut = x
    if project:
        rows += [(f"{name}_0", "Conv2D", one, (f"{name}_1a",))]
        shortcut = f"{name}_0"
    return rows + [(f"{name}_add", "Add", {}, (shortcut, f"{name}_end"))]


def _with_head(shape, *blocks):
    """A model of these blocks between a first convolution and a classifier."""
    stem = dict(filters=4, kernel_size=3, padding="same")
    rows = [("stem", "Conv2D", stem, ("image",))]
    for block in blocks:
        rows += block(rows[-1][0])
    rows += [("pool", "GlobalAveragePooling2D", {}, (rows[-1][0],))]
    rows += [("out", "Dense", dict(units=3, activation="softmax"), ("pool",))]
    ends = [row[0] for row in rows if row[0].endswith("_end")]
    return Graph(shape, tuple(rows)), ends


def _odd_graph(*added):
    """A model whose only Add is of these layers, none of them a residual branch."""
    conv = dict(filters=3, kernel_size=3, padding="same")
    rows = [("other", "Input", dict(shape=(5, 5, 2)), ())] if "c" in added else []
    rows += [(name, "Conv2D", conv, ("image",)) for name in ("a", "b")]
    rows += [("c", "Conv2D", conv, ("other",))] if "c" in added else []
    rows += [("deep", "Conv2D", conv, ("b",)), ("act", "ReLU", {}, ("deep",))]
    rows += [("dense", "Dense", dict(units=3), ("deep",))]
    return Graph((5, 5, 2), (*rows, ("sum", "Add", {}, added)))


def _zero_init_residual(rng):
    wide = int(rng.integers(12, 16))  # a projection of c has more weights than c
    model, ends = _with_head(
        (8, 7, 2),
        lambda x: _residual_rows("a", x, 4, 1, False),
        lambda x: _residual_rows("b", x, wide, 2, True),
        lambda x: _bottleneck_rows("c", x, 2, 1),
    )
    # Only the ends: with a convolution at zero as well, no gradient would ever
    # reach the branch.
    note, free = "two residual blocks and a bottleneck", {"free": ends, "batch": 4}
    yield Probe((model,), note=note, options=free)
    model, ends = _with_head(
        (6, 8, 3),
        lambda x: _preact_rows("p", x, 4, 1, False),
        lambda x: _preact_rows("q", x, wide, 2, True),
    )
    options = {"free": ends, "batch": 4}
    yield Probe((model,), note="pre-activation blocks", options=options)
    plain, _ = _with_head((5, 5, 2))
    yield Probe((plain,), note="no Add at all", options={"batch": 8})
    three = _odd_graph("a", "deep", "b")
    yield Probe((three,), claim="errors", note="an Add of three")
    yield Probe((_odd_graph("a", "b"),), claim="errors", note="equally long paths")
    yield Probe((_odd_graph("a", "act"),), claim="errors", note="ends in a ReLU")
    yield Probe((_odd_graph("a", "dense"),), claim="errors", note="ends in a Dense")
    apart = _odd_graph("c", "deep")
    yield Probe((apart,), claim="errors", note="paths from two inputs")


_ZERO_INIT_RESIDUAL_MISTAKES = mistakes("""
changes nothing
    weight.assign(ops.zeros_like(weight))  =>  pass
    The branches still add something to their shortcuts. What does your code do to the
    weights of the layer that ends a branch?

zeroes the shortcut's projection too
    -            for weight in end.trainable_weights:
    +            for t in add.input:
    +                w = producer[id(t)].trainable_weights
    +                [v.assign(ops.zeros_like(v)) for v in w]
    +            for weight in end.trainable_weights:
    Both inputs of some Adds give 0 in your model. Which of them is the branch, and what
    is to stay as it is?

forgets branches that end in a convolution
    -            for weight in end.trainable_weights:
    +            if isinstance(end, layers.Conv2D):
    +                continue
    +            for weight in end.trainable_weights:
    Does every residual branch end in a batch normalization? Look at a pre-activation
    block.

zeroes every batch normalization
    -    for add in model.layers:
    +    for layer in model.layers:
    +        if isinstance(layer, layers.BatchNormalization):
    +            layer.gamma.assign(ops.zeros_like(layer.gamma))
    +    for add in model.layers:
    Too many layers start at 0. Which single layer of a branch is enough to make the
    branch give 0?

takes the first input of each Add for the branch
    -            end = _residual_branch(add, producer)[0]
    +            end = producer[id(add.input[0])]
    +            if not end.trainable_weights:
    +                continue
    Either input of an Add may be the branch. What tells them apart?

silences only the first branch
    -                weight.assign(ops.zeros_like(weight))
    +                weight.assign(ops.zeros_like(weight))
    +            break
    One branch gives 0, the others do not. How many Add layers has the model?

starts at a tenth instead of 0
    weight.assign(ops.zeros_like(weight))  =>  weight.assign(0.1 * weight)
    Each Add is to give exactly its shortcut. What does the end of your branches still
    give?
""")

ZERO_INIT_RESIDUAL = Exercise(
    "modern_cnn.zero_init_residual",
    points=6,
    observer="weights",
    probes=_zero_init_residual,
    mistakes=_ZERO_INIT_RESIDUAL_MISTAKES,
)
