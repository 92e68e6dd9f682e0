"""Observe functions that build Keras models: shapes, parameters, what they compute."""

import logging
from contextlib import contextmanager
from dataclasses import replace

import keras
import numpy as np

from course.checks import fill as filling
from course.checks.observe import after_call
from course.checks.probe import MODES, Graph, Tensor
from course.toolkit.trace import trace

_DEFAULT_BATCH = 4
_NAME = 80


@contextmanager
def pinned():
    """Fix the global settings that a notebook may have changed, then restore them."""
    policy = keras.config.dtype_policy()
    floatx, data_format = keras.config.floatx(), keras.config.image_data_format()
    logger = logging.getLogger("tensorflow")  # warns of each grouped convolution
    level = logger.level
    logger.setLevel(logging.ERROR)
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    try:
        with keras.device("cpu:0"):
            yield
    finally:
        logger.setLevel(level)
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
        keras.config.set_image_data_format(data_format)


def build_graph(graph, seed):
    """The Keras model that a ``Graph`` describes, freshly built.

    Kernels are drawn from ``seed``; all other weights are as Keras starts them.
    """
    tensors = {"image": keras.Input(graph.shape, name="image")}
    images = [tensors["image"]]
    for name, layer, arguments, inputs in graph.layers:
        if layer == "Input":
            tensors[name] = keras.Input(**arguments, name=name)
            images.append(tensors[name])
            continue
        made = getattr(keras.layers, layer)(**arguments, name=name)
        given = [tensors[i] for i in inputs]
        tensors[name] = made(given if len(given) > 1 else given[0])
    output = tensors[graph.layers[-1][0]]
    model = keras.Model(images if len(images) > 1 else images[0], output)
    for variable, role, _ in filling.weights_with_roles(model):
        if role == "kernel":
            variable.assign(filling.value(role, tuple(variable.shape), seed))
    return model


def materialized(probe):
    """The probe with what its stand-ins stand for: inputs and models."""
    seed = probe.options.get("seed", 0)

    def make(value):
        if isinstance(value, Tensor):
            return keras.Input(value.shape, dtype=value.dtype)
        return build_graph(value, seed) if isinstance(value, Graph) else value

    kwargs = {key: make(value) for key, value in probe.kwargs.items()}
    return replace(probe, args=tuple(make(v) for v in probe.args), kwargs=kwargs)


def observe_model(function, probe):
    """Call a block on symbolic inputs, or a builder, and run what it built.

    Returns:
        {"kind", "shape", "weights", "layers", "outputs": {mode: {name: array}}}.
    """
    real = materialized(probe)
    result = filling.built_empty(lambda: function(*real.args, **real.kwargs))
    with after_call():
        kind, model = _as_model(result, real)
        return {"kind": kind} if model is None else _observe_built(kind, model, probe)


def _observe_built(kind, model, probe):
    inputs, outputs = _inputs(model, probe), {}
    if not all(layer.built for layer in model._flatten_layers()):
        model(inputs, training=False)  # some layers make their weights when called
    filling.neutralize(model)
    zero_bias = bool(probe.options.get("zero_bias"))
    modes = ["training"] if zero_bias else MODES  # no other is compared
    filling.fill(model, probe.options.get("seed", 0), zero_bias=zero_bias)
    saved = filling.statistics(model)
    for mode in modes:
        outputs[mode] = _named(model(inputs, **MODES[mode]))
        filling.restore(saved)  # a call in training mode moves the moving averages
    return {
        "kind": kind,
        "shape": _named_shapes(model.output),
        "weights": _trainable(model),
        "layers": _steps(model),
        "outputs": outputs,
    }


def _as_model(result, probe):
    if isinstance(result, keras.Model):
        return "keras.Model", _functional(result, probe)
    values = list(result.values()) if isinstance(result, dict) else result
    values = values if isinstance(values, (list, tuple)) else [values]
    if not values or not all(isinstance(v, keras.KerasTensor) for v in values):
        return type(result).__name__, None
    given = [*probe.args, *probe.kwargs.values()]
    inputs = [a for a in given if isinstance(a, keras.KerasTensor)]
    name = "dict" if isinstance(result, dict) else type(result).__name__
    kind = "tensor" if values[0] is result else f"{name} of tensors"
    return kind, keras.Model(inputs[0] if len(inputs) == 1 else inputs, result)


def _functional(model, probe):
    """A Sequential or subclassed model as a functional one, which tells its shapes."""
    if not getattr(model, "inputs", None):  # not built yet
        image = keras.Input({**probe.options, **probe.kwargs}["input_shape"])
        return keras.Model(image, model(image))
    if isinstance(model, keras.Sequential):
        return keras.Model(model.inputs[0], model.outputs[0])
    return model


def _inputs(model, probe):
    """Normal values for each input; unknown sizes come from the probe's options."""
    rng = np.random.default_rng(probe.options.get("seed", 0))
    batch = probe.options.get("batch", _DEFAULT_BATCH)
    unknown = probe.options.get("size", 8)
    scale = probe.options.get("scale", 1.0)
    arrays = []
    for tensor in model.inputs:
        shape = [unknown if size is None else size for size in tensor.shape[1:]]
        arrays.append(rng.normal(0.0, scale, (batch, *shape)).astype(tensor.dtype))
    return arrays[0] if len(arrays) == 1 else arrays


def _named(outputs):
    if isinstance(outputs, dict):
        return {name: _array(value) for name, value in outputs.items()}
    if isinstance(outputs, (list, tuple)):
        return {str(i): _array(value) for i, value in enumerate(outputs)}
    return {"output": _array(outputs)}


def _array(value):
    """A tensor as an array; numpy has no bfloat16 of its own."""
    short = keras.backend.standardize_dtype(value.dtype) == "bfloat16"
    return np.asarray(keras.ops.cast(value, "float16") if short else value)


def _named_shapes(outputs):
    if isinstance(outputs, dict):
        return {name: _sizes(value.shape) for name, value in outputs.items()}
    if isinstance(outputs, (list, tuple)):
        return {str(i): _sizes(value.shape) for i, value in enumerate(outputs)}
    return {"output": _sizes(outputs.shape)}


def _sizes(shape):
    """A shape as plain integers; a student's may be numpy's."""
    return [None if size is None else int(size) for size in shape]


def _trainable(model):
    """The trainable weights themselves, so that the trusted side counts them."""
    found = {"bias": [], "other": []}
    for variable, role, _ in filling.weights_with_roles(model):
        if variable.trainable:
            found["bias" if role == "bias" else "other"].append(np.asarray(variable))
    return found


def _steps(model):
    """Calls that own weights or change a shape; for hints only.

    Returns:
        Rows [level, class, shape without batch, trainable parameters] by level: one
        more than that of the steps before it. Branches come in no order of building.
    """
    try:
        calls = trace(model)
    except Exception:  # whatever a student's layers do, their outputs count
        return []
    before = {id(tensor): (0, tuple(tensor.shape[1:])) for tensor in model.inputs}
    rows = []
    for call in calls:
        read = [before[source] for source in call.sources]
        level = max(level for level, _ in read)
        if call.trainable or {shape for _, shape in read} != {call.output}:
            level, kind = level + 1, call.kind[:_NAME]
            rows.append([level, kind, _sizes(call.output), int(call.trainable)])
        before |= dict.fromkeys(call.targets, (level, call.output))
    return sorted(rows, key=lambda row: (row[0], row[3], row[1]))


def observe_weights(function, probe):
    """Give a function a model to change; report its weights and its sums.

    Returns:
        {"kind", "weights": {layer/weight: array}, "outputs": {mode: {name: array}}},
        the outputs of each Add layer and of the model, by name. Trainable weights of
        the layers named in ``options["free"]`` are left out.
    """
    real = materialized(probe)
    model = next(a for a in real.args if isinstance(a, keras.Model))
    sums = [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]
    result = function(*real.args, **real.kwargs)
    with after_call():
        return _observe_change(result, model, sums, probe)


def _observe_change(result, model, sums, probe):
    free = probe.options.get("free", ())
    weights = {
        f"{layer.name}/{variable.name}": np.asarray(variable)
        for layer in model.layers
        for variable in layer.weights
        if not (variable.trainable and layer.name in free)
    }
    seen = {layer.name: layer.output for layer in sums}
    given = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    probed = keras.Model(given, {**seen, "output": model.output})
    inputs = _inputs(model, probe)
    outputs = {mode: _named(probed(inputs, **how)) for mode, how in MODES.items()}
    return {"kind": type(result).__name__, "weights": weights, "outputs": outputs}


OBSERVERS = {"model": observe_model, "weights": observe_weights}
