"""What each layer call of a model does: sizes, work, and what it sees of the input."""

from dataclasses import dataclass, replace
from math import ceil, prod

import keras
from keras import layers

_CONVS = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
_DEPTHWISE = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)
_SEPARABLE = (layers.SeparableConv1D, layers.SeparableConv2D)
_TRANSPOSED = (
    layers.Conv1DTranspose,
    layers.Conv2DTranspose,
    layers.Conv3DTranspose,
)
_POOLS = (
    layers.MaxPooling1D,
    layers.MaxPooling2D,
    layers.MaxPooling3D,
    layers.AveragePooling1D,
    layers.AveragePooling2D,
    layers.AveragePooling3D,
)
_GLOBAL = (
    layers.GlobalAveragePooling1D,
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling1D,
    layers.GlobalMaxPooling2D,
    layers.Flatten,
)
_PADDINGS = (layers.ZeroPadding1D, layers.ZeroPadding2D)
_CROPPINGS = (layers.Cropping1D, layers.Cropping2D)
_UPSAMPLINGS = (layers.UpSampling1D, layers.UpSampling2D)
_WINDOWED = _CONVS + _DEPTHWISE + _SEPARABLE + _TRANSPOSED
WEIGHTED = (*_WINDOWED, layers.Dense)
_UNCOUNTED_IS_FINE = (
    layers.BatchNormalization,
    layers.LayerNormalization,
    layers.GroupNormalization,
    layers.PReLU,
)


@dataclass(frozen=True)
class Window:
    """What output value i sees along an axis: input i * jump + low ... + high."""

    low: float = 0
    high: float = 0
    jump: float = 1

    def slide(self, kernel, stride, dilation=1, before=0):
        """The window after a kernel that starts ``before`` places to the left."""
        reach = (kernel - 1) * dilation - before
        return Window(
            self.low - before * self.jump,
            self.high + reach * self.jump,
            self.jump * stride,
        )

    @property
    def size(self):
        """Side of the receptive field in pixels; after upsampling, the largest one."""
        return ceil(self.high - self.low) + 1


@dataclass(frozen=True)
class Call:
    """One call of one layer.

    Attributes:
        name: of the layer.
        kind: of the layer: the name of its class.
        patch: kernel or pool sizes, one per axis; () for other layers.
        strides: likewise.
        output: shape without the batch axis; a size that is not fixed is None.
        depth: weighted layers on the longest path to here, this one included.
        weighted: whether it is a convolution or a dense layer.
        trainable, fixed: parameters, counted at the first call of a layer.
        multiply_adds: per image; None where they are not known.
        windows: a Window per spatial axis; () once all places have been merged.
        sources: ids of the tensors it reads.
        targets: ids of the tensors it writes.
    """

    name: str
    kind: str
    patch: tuple
    strides: tuple
    output: tuple
    depth: int
    weighted: bool
    trainable: int
    fixed: int
    multiply_adds: int | None
    windows: tuple
    sources: tuple
    targets: tuple


def trace(model):
    """Follow the graph of a model, models inside it included.

    Args:
        model: functional or Sequential keras.Model that knows its input shape.

    Returns:
        list of Call, each after those whose outputs it reads.

    Raises:
        ValueError: the model has no graph of layers that could be followed.
    """
    try:
        graph = keras.Model(model.inputs, model.outputs)
    except (AttributeError, TypeError, ValueError):
        raise ValueError(
            f"{getattr(model, 'name', model)!r} has no graph to follow: only a "
            "functional model, or a Sequential one that starts with keras.Input, "
            "says which layer reads what."
        ) from None
    state = {
        id(tensor): (tuple(Window() for _ in tensor.shape[1:-1]), 0)
        for tensor in graph.inputs
    }
    calls, seen = [], set()
    _follow(graph, state, calls, seen, prefix="")
    return calls


def _follow(graph, state, calls, seen, prefix):
    for node in _nodes(graph):
        operation, inputs = node.operation, node.input_tensors
        name = prefix + operation.name
        if isinstance(operation, keras.Model) and operation.inputs:
            _enter(node, state, calls, seen, f"{name}_")
            continue
        first = id(operation) not in seen
        seen.add(id(operation))
        calls.append(_call(operation, name, node, inputs, state, first=first))
        for tensor in node.outputs:
            state[id(tensor)] = (calls[-1].windows, calls[-1].depth)


def _nodes(graph):
    """The calls in a graph, ordered by their distance from the input."""
    # Keras tells which call made which tensor only here: operation.input fails for
    # a layer that is called twice.
    by_depth = graph._nodes_by_depth
    nodes = [n for depth in sorted(by_depth, reverse=True) for n in by_depth[depth]]
    distance = {}
    for node in nodes:
        read = [distance[id(tensor)] for tensor in node.input_tensors]
        distance.update(dict.fromkeys(map(id, node.outputs), 1 + max(read, default=0)))
    called = [node for node in nodes if not node.is_input]
    return sorted(called, key=lambda node: distance[id(node.outputs[0])])


def _enter(node, state, calls, seen, prefix):
    """Follow a model inside the model, from the tensors it was called on."""
    model = keras.Model(node.operation.inputs, node.operation.outputs)
    entries = list(zip(model.inputs, node.input_tensors, strict=True))
    exits = list(zip(model.outputs, node.outputs, strict=True))
    for inside, outside in entries:
        state[id(inside)] = state[id(outside)]
    start = len(calls)
    _follow(model, state, calls, seen, prefix)
    for inside, outside in exits:
        state[id(outside)] = state[id(inside)]
    outer = {id(inside): id(outside) for inside, outside in entries + exits}
    calls[start:] = [_rename(call, outer) for call in calls[start:]]


def _rename(call, renamed):
    return replace(
        call,
        sources=tuple(renamed.get(i, i) for i in call.sources),
        targets=tuple(renamed.get(i, i) for i in call.targets),
    )


def _call(operation, name, node, inputs, state, *, first):
    windows, depth = _merge([state[id(tensor)] for tensor in inputs])
    patch, strides = _patch(operation)
    output = node.outputs[0]
    weighted = isinstance(operation, WEIGHTED)
    return Call(
        name=name,
        kind=type(operation).__name__,
        patch=patch,
        strides=strides,
        output=tuple(output.shape[1:]),
        depth=depth + weighted,
        weighted=weighted,
        trainable=_count(operation, "trainable_weights") * first,
        fixed=_count(operation, "non_trainable_weights") * first,
        multiply_adds=_multiply_adds(operation, inputs, output),
        windows=_windows(operation, windows, inputs, output),
        sources=tuple(id(tensor) for tensor in inputs),
        targets=tuple(id(tensor) for tensor in node.outputs),
    )


def _count(operation, weights):
    return sum(prod(weight.shape) for weight in getattr(operation, weights, ()))


def _merge(states):
    """Join the paths that meet in a layer: it sees all that any of them sees."""
    depth = max(depth for _, depth in states)
    spatial = [windows for windows, _ in states]
    if len({len(windows) for windows in spatial}) != 1:
        return (), depth
    return tuple(
        Window(
            min(window.low for window in axis),
            max(window.high for window in axis),
            max(window.jump for window in axis),
        )
        for axis in zip(*spatial, strict=True)
    ), depth


def _patch(operation):
    if isinstance(operation, _WINDOWED):
        return tuple(operation.kernel_size), tuple(operation.strides)
    if isinstance(operation, _POOLS):
        return _axes(operation.pool_size), _axes(operation.strides)
    return (), ()


def _axes(sizes):
    return (sizes,) if isinstance(sizes, int) else tuple(sizes)


def _multiply_adds(operation, inputs, output):
    """Multiplications of weights with values; pools and norms count as free."""
    places = output.shape[1:-1]
    if isinstance(operation, _TRANSPOSED):
        places = inputs[0].shape[1:-1]  # each input value meets the whole kernel
    kernels = [
        prod(weight.shape)
        for weight in getattr(operation, "weights", ())
        if len(weight.shape) > 1
    ]
    if not isinstance(operation, WEIGHTED):
        unknown = kernels and not isinstance(operation, _UNCOUNTED_IS_FINE)
        return None if unknown else 0
    return None if None in places else sum(kernels) * prod(places)


def _windows(operation, windows, inputs, output):
    if isinstance(operation, _GLOBAL) or len(output.shape) != len(inputs[0].shape):
        return ()
    if isinstance(operation, _TRANSPOSED + _UPSAMPLINGS):
        return _finer(operation, windows)
    if isinstance(operation, _PADDINGS + _CROPPINGS):
        return _shifted(operation, windows)
    patch, strides = _patch(operation)
    if not patch or not windows:
        return windows
    dilations = _axes(getattr(operation, "dilation_rate", (1,) * len(patch)))
    return tuple(
        window.slide(k, s, d, _pad_before(operation.padding, size, k, s, d))
        for window, size, k, s, d in zip(
            windows, inputs[0].shape[1:-1], patch, strides, dilations, strict=True
        )
    )


def _finer(operation, windows):
    """Windows after a layer whose outputs lie closer together than its inputs."""
    if isinstance(operation, _UPSAMPLINGS):
        factors = _axes(operation.size)
        reaches = (0,) * len(factors)
    else:
        kernels, factors = _patch(operation)
        # An output value meets at most every stride-th row of the kernel.
        reaches = tuple((k - 1) // s for k, s in zip(kernels, factors, strict=True))
    return tuple(
        Window(w.low - reach * w.jump, w.high, w.jump / factor)
        for w, reach, factor in zip(windows, reaches, factors, strict=True)
    )


def _shifted(operation, windows):
    sides = getattr(operation, "padding", None) or operation.cropping
    befores = [side[0] if isinstance(side, tuple) else side for side in sides]
    befores = befores[: len(windows)]
    sign = -1 if isinstance(operation, _CROPPINGS) else 1
    return tuple(
        window.slide(1, 1, before=sign * before)
        for window, before in zip(windows, befores, strict=True)
    )


def _pad_before(padding, size, kernel, stride, dilation):
    span = (kernel - 1) * dilation
    if padding == "causal":
        return span
    if padding != "same":
        return 0
    if size is None:
        return span // 2
    outputs = -(-size // stride)
    return max((outputs - 1) * stride + span + 1 - size, 0) // 2
