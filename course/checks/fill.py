"""Set every weight of a model from its shape and role alone.

Two layers of equal shape get equal weights, so what a model computes does not
depend on the order in which its branches were built, on layer names, or on how
the model is nested. Only the wiring is left to tell two models apart.
"""

import hashlib

import keras
import numpy as np

_ROLES = {
    "kernel": "kernel",
    "bias": "bias",
    "gamma": "scale",
    "beta": "offset",
    "moving_mean": "mean",
    "moving_variance": "variance",
}
# Keras's default is 1e-3, the papers use 1e-5: the choice moves a block by a
# thousandth, more than some mistakes do, and is not graded.
_EPSILON, _LARGEST_EPSILON = 1e-3, 2e-3
_LAST_KERNEL_SCALE = 0.3


def weights_with_roles(model):
    """All weights of a model with what they are for.

    Returns:
        A list of (variable, role, layer that owns it); roles are "kernel", "bias",
        "scale", "offset", "mean" and "variance".
    """
    owners = {}
    for layer in model._flatten_layers():
        for name, value in vars(layer).items():
            if isinstance(value, keras.Variable):
                owners[id(value)] = (layer, name.lstrip("_"))
    rows = []
    for variable in model.weights:
        layer, name = owners.get(id(variable), (None, ""))
        standard = layer is not None and _is_standard(layer)
        role = _ROLES.get(name) if standard else None
        rows.append((variable, role or _guess(variable), layer))
    return rows


def _is_standard(layer):
    """Whether a layer is one of Keras's own, or made from one."""
    return any(
        c.__module__.startswith("keras.src.layers.") and c is not keras.Layer
        for c in type(layer).__mro__
    )


def _guess(variable):
    """Role of a custom layer's weight, from how it starts.

    A bias may have unit axes, to be added to a map. It starts at 0, and a kernel does
    not.
    """
    start = np.asarray(variable.value)
    if len(variable.shape) > 1 and (_squeezed(variable.shape) > 1 or np.any(start % 1)):
        return "kernel"
    ones = start.size > 0 and bool(np.all(start == 1))
    if variable.trainable:
        return "scale" if ones else "offset"
    return "variance" if ones else "mean"


def built_empty(build):
    """Call ``build`` so that Keras starts no weight; ``fill`` starts them all.

    Starting weights at random costs half of the building, and fill would throw the
    numbers away. A layer that makes a weight from an array cannot be built so, and
    is built as usual.
    """
    try:
        with keras.StatelessScope(initialize_variables=False):
            return build()
    except ValueError as error:
        if "stateless scope" not in str(error):
            raise
    return build()


def fill(model, seed, *, zero_bias=False):
    """Set all weights from ``seed``; start those that were never started."""
    shape = tuple(model.outputs[0].shape)
    classifier = shape[-1] if len(model.outputs) == 1 and len(shape) == 2 else None
    for variable, role, layer in weights_with_roles(model):
        shape = tuple(variable.shape)
        if role == "bias" and zero_bias:
            _set(variable, np.zeros(shape, "float32"))
            continue
        values = _grouped_value(role, shape, layer, seed)
        if role == "kernel" and classifier == shape[-1] and _squeezed(shape) <= 2:
            values = values * _LAST_KERNEL_SCALE  # keeps a softmax from saturating
        _set(variable, values)
    with keras.StatelessScope():
        pass  # leaving a scope starts every weight that waits, seeds of dropout too


def _set(variable, values):
    if variable._value is None:  # made by built_empty; there is no public way to ask
        variable._initializer = lambda shape, dtype: values.astype(dtype)
    else:
        variable.assign(values)


def statistics(model):
    """The weights that a call can change, with their values."""
    return [(v, np.asarray(v)) for v in model.weights if not v.trainable]


def restore(saved):
    """Set back what ``statistics`` saved where a call has changed it."""
    for variable, values in saved:
        if not np.array_equal(np.asarray(variable), values):
            variable.assign(values)


def _squeezed(shape):
    return sum(size != 1 for size in shape)


def _grouped_value(role, shape, layer, seed):
    """The same values for each group, so that a split into towers is equal."""
    if isinstance(layer, keras.layers.DepthwiseConv2D) and role == "kernel":
        height, width, channels, multiplier = shape
        one = value(role, (height, width, 1, multiplier), seed)
        return np.repeat(one, channels, axis=2)
    groups = getattr(layer, "groups", 1)
    if groups == 1 or role not in ("kernel", "bias"):
        return value(role, shape, seed)
    one = value(role, (*shape[:-1], shape[-1] // groups), seed)
    return np.concatenate([one] * groups, axis=-1)


def value(role, shape, seed):
    """The float32 values of a weight, the same for equal fan-in and width."""
    # A kernel is hashed as (fan in, filters): a Dense layer equals a 1x1 convolution,
    # and a Dense layer behind Flatten a convolution over the whole map.
    fan_in = int(np.prod(shape[:-1], dtype=np.int64))
    # A bias and an offset are one role: a custom layer's cannot be told apart.
    hashed = "offset" if role == "bias" else role
    key = f"{hashed}:{fan_in}:{shape[-1] if shape else 1}:{seed}".encode()
    digest = hashlib.sha256(key).digest()[:8]
    rng = np.random.default_rng(int.from_bytes(digest, "big"))
    if role == "kernel":
        values = rng.normal(0.0, np.sqrt(2.0 / max(fan_in, 1)), shape)
    elif role == "scale":
        values = rng.uniform(0.5, 1.5, shape)
    elif role == "variance":
        values = rng.uniform(1.0, 4.0, shape)
    else:
        values = rng.normal(0.0, 0.4, shape)
    return values.astype("float32")


def neutralize(model):
    """Undo the student's choices that are not graded: epsilon and precision."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            if layer.epsilon <= _LARGEST_EPSILON:
                layer.epsilon = _EPSILON
        if layer.dtype_policy.compute_dtype in ("float16", "bfloat16"):
            layer.dtype_policy = "float32"
