"""Answers to ``zero_init_residual`` by someone who had its docstring alone: right ones, wrong ones and why."""

import keras
import numpy as np
from keras import layers, ops


def _zero(layer):
    if isinstance(layer, layers.BatchNormalization):
        for w in (layer.gamma, layer.beta):
            if w is not None:
                w.assign(ops.zeros_like(w))
    elif isinstance(layer, layers.Conv2D):
        layer.set_weights([np.zeros(w.shape) for w in layer.get_weights()])
    else:
        raise ValueError(f"a branch ends in {layer.name}")


def _adds(model):
    return [layer for layer in model.layers if isinstance(layer, layers.Add)]


def _inputs(layer):
    return layer.input if isinstance(layer.input, (list, tuple)) else [layer.input]


def _producer(tensor):
    return tensor._keras_history.operation


def _chain(tensor):
    """[(tensor, layer that made it)] back to a tensor that is not made from a single one."""
    steps = []
    while True:
        node_inputs = _producer(tensor)._inbound_nodes[tensor._keras_history.node_index].input_tensors
        steps.append((tensor, _producer(tensor)))
        if len(node_inputs) != 1:
            return steps
        tensor = node_inputs[0]


def _branch_end(add):
    """The last layer of the residual branch of an Add."""
    inputs = _inputs(add)
    if len(inputs) != 2:
        raise ValueError("an Add needs two inputs")
    a, b = map(_chain, inputs)
    places = {id(t): i for i, (t, _) in enumerate(b)}
    for i, (t, _) in enumerate(a):
        if id(t) in places:
            j = places[id(t)]
            if i == j:
                raise ValueError("the paths are equally long")
            return (a if i > j else b)[0][1]
    raise ValueError("the paths do not meet")


def chains(model):
    ends = [_branch_end(add) for add in _adds(model)]
    for end in ends:
        if not isinstance(end, (layers.BatchNormalization, layers.Conv2D)):
            raise ValueError("the branch must end in a convolution or a BatchNormalization")
    for end in ends:
        _zero(end)


def producer_map(model):
    """Layers by the tensor they make; ids as keys."""
    made_by = {id(layer.output): layer for layer in model.layers}

    def back(tensor):
        path = [tensor]
        while True:
            before = getattr(made_by[id(path[-1])], "input", None)
            if isinstance(made_by[id(path[-1])], layers.InputLayer) or isinstance(before, (list, tuple)):
                return path
            path.append(before)

    to_zero = []
    for layer in model.layers:
        if not isinstance(layer, layers.Add):
            continue
        if len(layer.input) != 2:
            raise ValueError("two inputs")
        left, right = back(layer.input[0]), back(layer.input[1])
        meeting = [(i, j) for i, t in enumerate(left) for j, u in enumerate(right) if t is u]
        if not meeting:
            raise ValueError("no meeting point")
        i, j = min(meeting)
        if i == j:
            raise ValueError("equal paths")
        to_zero.append(made_by[id(left[0] if i > j else right[0])])
    for last in to_zero:
        _zero(last) if isinstance(last, (layers.Conv2D, layers.BatchNormalization)) else _fail(last)


def _fail(layer):
    raise ValueError(f"{layer.name} ends a residual branch")


def recursion_on_depths(model):
    """Distances to all tensors behind, by recursion; the nearest common one is where the paths part."""

    def distances(tensor, so_far=0):
        history = tensor._keras_history
        found = {(history.operation.name, history.tensor_index): so_far}
        parents = history.operation._inbound_nodes[history.node_index].input_tensors
        if len(parents) == 1:
            found |= distances(parents[0], so_far + 1)
        return found

    for add in _adds(model):
        tensors = list(add.input)
        if len(tensors) != 2:
            raise ValueError(f"{add.name} has {len(tensors)} inputs")
        d = [distances(t) for t in tensors]
        common = d[0].keys() & d[1].keys()
        if not common:
            raise ValueError(f"the paths of {add.name} do not meet")
        key = min(common, key=lambda k: d[0][k] + d[1][k])
        if d[0][key] == d[1][key]:
            raise ValueError(f"the paths of {add.name} are equally long")
        _zero(_producer(tensors[0] if d[0][key] > d[1][key] else tensors[1]))


def from_config(model):
    """Names of layers only, read from the model's configuration."""

    def histories(part):
        if isinstance(part, dict):
            if part.get("class_name") == "__keras_tensor__":
                return [part["config"]["keras_history"][0]]
            return [h for v in part.values() for h in histories(v)]
        if isinstance(part, (list, tuple)):
            return [h for v in part for h in histories(v)]
        return []

    adds = _adds(model)
    if not adds:
        return
    parents = {c["name"]: histories(c["inbound_nodes"]) for c in model.get_config()["layers"]}

    def line(name):
        names = [name]
        while len(parents[names[-1]]) == 1:
            names += parents[names[-1]]
        return names

    ends = []
    for add in adds:
        if len(parents[add.name]) != 2:
            raise ValueError("two inputs")
        a, b = (line(n) for n in parents[add.name])
        shared = [n for n in a if n in b]
        if not shared:
            raise ValueError("paths do not meet")
        lengths = a.index(shared[0]), b.index(shared[0])
        if lengths[0] == lengths[1]:
            raise ValueError("equal lengths")
        ends.append(model.get_layer(a[0] if lengths[0] > lengths[1] else b[0]))
    if not all(isinstance(e, (layers.Conv2D, layers.BatchNormalization)) for e in ends):
        raise ValueError("wrong end")
    for e in ends:
        _zero(e)


class _Walker:
    """Walks back on both sides in turn, one step each."""

    def __init__(self, add):
        nodes = add._inbound_nodes[0].parent_nodes
        if len(nodes) != 2:
            raise ValueError("Add with other than two inputs")
        self.ends = nodes
        self.paths = [[n] for n in nodes]

    def step(self, path):
        parents = path[-1].parent_nodes
        if len(parents) != 1:
            return False
        path.append(parents[0])
        return True

    def meet(self):
        while True:
            for i, node in enumerate(self.paths[0]):
                for j, other in enumerate(self.paths[1]):
                    if node is other:
                        return i, j
            if not any([self.step(p) for p in self.paths]):
                raise ValueError("the paths do not meet")

    def last_layer(self):
        i, j = self.meet()
        if i == j:
            raise ValueError("paths of equal length")
        return self.ends[0 if i > j else 1].operation


def walker_class(model):
    kinds = {layers.BatchNormalization: ("gamma", "beta"), layers.Conv2D: ("kernel", "bias")}
    todo = []
    for layer in model.layers:
        if isinstance(layer, layers.Add):
            last = _Walker(layer).last_layer()
            names = next((n for kind, n in kinds.items() if isinstance(last, kind)), None)
            if names is None:
                raise ValueError(f"{last.name} ends a branch")
            todo += [getattr(last, n) for n in names]
    for variable in todo:
        if variable is not None:
            variable.assign(np.zeros(variable.shape))


RIGHT = {"chains of tensors": chains, "producer map": producer_map, "recursive distances": recursion_on_depths,
         "from get_config": from_config, "walker class on nodes": walker_class}
