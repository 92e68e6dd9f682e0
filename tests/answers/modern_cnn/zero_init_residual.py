"""Answers to ``zero_init_residual`` that must pass, and some that must not."""

import keras
import numpy as np
from keras import layers, ops

ENDS = (layers.Conv2D, layers.BatchNormalization)


def following_the_history(model):
    """Walk both paths back at once, tensor by tensor."""

    def path(tensor):
        made = []
        while True:
            layer = tensor._keras_history.operation
            made.append(layer)
            if isinstance(layer, (layers.InputLayer, layers.Add)):
                return made
            tensor = layer.input

    for layer in model.layers:
        if not isinstance(layer, layers.Add):
            continue
        if len(layer.input) != 2:
            raise ValueError("an Add of two is needed")
        one, two = (path(tensor) for tensor in layer.input)
        ids = [id(member) for member in two]
        meeting = [(i, ids.index(id(m))) for i, m in enumerate(one) if id(m) in ids]
        if not meeting:
            raise ValueError("the paths do not meet")
        i, j = meeting[0]
        if i == j:
            raise ValueError("equally long")
        last = one[0] if i > j else two[0]
        if not isinstance(last, ENDS):
            raise ValueError("no convolution or normalization")
        names = ("gamma", "beta", "kernel", "bias")
        for variable in (getattr(last, name, None) for name in names):
            if variable is not None:
                variable.assign(np.zeros(variable.shape))


def with_set_weights(model):
    """Work on the names in the model's configuration."""
    config = model.get_config()["layers"]

    def sources(entry):
        found = []

        def visit(value):
            if isinstance(value, dict):
                if value.get("class_name") == "__keras_tensor__":
                    found.append(value["config"]["keras_history"][0])
                else:
                    for item in value.values():
                        visit(item)
            elif isinstance(value, (list, tuple)):
                for item in value:
                    visit(item)

        visit(entry["inbound_nodes"])
        return found

    before = {entry["config"]["name"]: sources(entry) for entry in config}
    kind = {entry["config"]["name"]: entry["class_name"] for entry in config}

    def chain(name):
        names = [name]
        while len(before[names[-1]]) == 1:
            names.append(before[names[-1]][0])
        return names

    for name in [n for n in before if kind[n] == "Add"]:
        if len(before[name]) != 2:
            raise ValueError(f"{name} has not two inputs")
        a, b = map(chain, before[name])
        common = [n for n in a if n in b]
        if not common or a.index(common[0]) == b.index(common[0]):
            raise ValueError(f"{name} has no shortcut")
        end = model.get_layer(max((a, b), key=lambda c: c.index(common[0]))[0])
        old = end.get_weights()
        if kind[end.name] == "BatchNormalization":
            end.set_weights([0 * old[0], 0 * old[1], *old[2:]])
        elif kind[end.name] == "Conv2D":
            end.set_weights([np.zeros_like(weight) for weight in old])
        else:
            raise ValueError(f"{end.name} cannot be zero")


def with_distances(model):
    """Measure, for each Add, how far back every tensor lies from either input."""
    maker = {}
    for layer in model.layers:
        maker[id(layer.output)] = layer

    def depths(tensor):
        found, queue = {}, [(tensor, 0)]
        while queue:
            tensor, depth = queue.pop(0)
            if id(tensor) in found:
                continue
            found[id(tensor)] = depth
            layer = maker[id(tensor)]
            if not isinstance(layer, layers.InputLayer):
                given = layer.input
                given = given if isinstance(given, list) else [given]
                queue += [(t, depth + 1) for t in given]
        return found

    for add in [layer for layer in model.layers if isinstance(layer, layers.Add)]:
        inputs = add.input
        if len(inputs) != 2:
            raise ValueError("two inputs are needed")
        first, second = map(depths, inputs)
        shared = set(first) & set(second)
        if not shared:
            raise ValueError("no common tensor")
        nearest = min(shared, key=lambda t: first[t] + second[t])
        if first[nearest] == second[nearest]:
            raise ValueError("equally long")
        tensor = inputs[0] if first[nearest] > second[nearest] else inputs[1]
        end = maker[id(tensor)]
        if not isinstance(end, ENDS):
            raise ValueError(end.name)
        for weight in end.trainable_weights:
            weight.assign(ops.zeros(weight.shape))


def by_recursion(model):
    def back(tensor):
        layer = tensor._keras_history[0]
        if isinstance(layer, layers.InputLayer) or isinstance(layer.input, list):
            return [layer]
        return [layer, *back(layer.input)]

    def silence(add):
        if len(add.input) != 2:
            raise ValueError(add.name)
        short, long = sorted(map(back, add.input), key=len)
        if len(short) == len(long) or short[-1] is not long[-1]:
            # Chains that end in different layers meet where the shorter one ends, or
            # not at all.
            raise ValueError(add.name)
        end = long[0]
        if isinstance(end, layers.BatchNormalization):
            end.gamma.assign(ops.zeros_like(end.gamma))
            end.beta.assign(ops.zeros_like(end.beta))
        elif isinstance(end, layers.Conv2D):
            end.kernel.assign(ops.zeros_like(end.kernel))
            if end.use_bias:
                end.bias.assign(ops.zeros_like(end.bias))
        else:
            raise ValueError(end.name)

    for layer in model.layers:
        if isinstance(layer, layers.Add):
            silence(layer)


def checking_all_before_changing_any(model):
    parent = {}
    for layer in model.layers:
        for node in layer._inbound_nodes:
            parent[layer.name] = [
                t._keras_history.operation for t in node.input_tensors
            ]
    ends = []
    for layer in model.layers:
        if type(layer).__name__ != "Add":
            continue
        if len(parent[layer.name]) != 2:
            raise ValueError(f"{layer.name} adds {len(parent[layer.name])} tensors")
        left, right = parent[layer.name]
        seen = {left.name: 0}
        node, steps = left, 0
        while len(parent.get(node.name, [])) == 1:
            node, steps = parent[node.name][0], steps + 1
            seen.setdefault(node.name, steps)
        node, steps = right, 0
        while node.name not in seen:
            if len(parent.get(node.name, [])) != 1:
                raise ValueError(f"the paths into {layer.name} do not meet")
            node, steps = parent[node.name][0], steps + 1
        if seen[node.name] == steps:
            raise ValueError(f"the paths into {layer.name} are equally long")
        ends.append(left if seen[node.name] > steps else right)
    if not all(isinstance(end, ENDS) for end in ends):
        raise ValueError("a branch ends in another layer")
    for end in ends:
        for weight in end.trainable_variables:
            weight.assign(weight * 0)


RIGHT = (
    following_the_history,
    with_set_weights,
    with_distances,
    by_recursion,
    checking_all_before_changing_any,
)


def offsets_left_at_a_half(model):
    with_distances(model)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization) and not np.any(layer.gamma):
            layer.beta.assign(ops.full(layer.beta.shape, 0.5))


def biases_started_at_one(model):
    with_distances(model)
    for layer in model.layers:
        if getattr(layer, "bias", None) is not None:
            layer.bias.assign(ops.ones_like(layer.bias))


def moving_statistics_zeroed_too(model):
    with_distances(model)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization) and not np.any(layer.gamma):
            layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])


def the_first_layer_of_each_branch(model):
    for layer in model.layers:
        if isinstance(layer, layers.Add):
            if len(layer.input) != 2:
                raise ValueError
            tensor = layer.input[0]
            while not isinstance(tensor._keras_history.operation, layers.Conv2D):
                if isinstance(tensor._keras_history.operation, layers.InputLayer):
                    raise ValueError
                tensor = tensor._keras_history.operation.input
                if isinstance(tensor, list):
                    raise ValueError
            kernel = tensor._keras_history.operation.kernel
            kernel.assign(ops.zeros_like(kernel))


def every_convolution(model):
    with_distances(model)
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            layer.kernel.assign(ops.zeros_like(layer.kernel))


def projections_found_by_their_kernel(model):
    """Takes the shortcut for what has a 1x1 kernel, so bottlenecks go wrong."""
    for add in model.layers:
        if isinstance(add, layers.Add):
            for tensor in add.input:
                end = tensor._keras_history.operation
                conv = end
                if isinstance(end, layers.BatchNormalization):
                    conv = end.input._keras_history.operation
                if getattr(conv, "kernel_size", None) == (3, 3):
                    for weight in end.trainable_weights:
                        weight.assign(ops.zeros_like(weight))


def the_first_add_only(model):
    for layer in model.layers:
        if isinstance(layer, layers.Add):
            return with_distances(keras.Model(model.input, layer.output))
    return None


def nothing_refused(model):
    try:
        with_distances(model)
    except ValueError:
        pass


def a_new_model(model):
    copy = keras.models.clone_model(model)
    with_distances(copy)
    return copy


def other_weights_started_anew(model):
    with_distances(model)
    stem = model.layers[1]
    if isinstance(stem, layers.Conv2D):
        stem.kernel.assign(keras.initializers.HeNormal(0)(stem.kernel.shape))


WRONG = (
    offsets_left_at_a_half,
    biases_started_at_one,
    moving_statistics_zeroed_too,
    the_first_layer_of_each_branch,
    every_convolution,
    projections_found_by_their_kernel,
    the_first_add_only,
    nothing_refused,
    a_new_model,
    other_weights_started_anew,
)
