"""Wrong answers to ``zero_init_residual``; the right ones lie in a file of their own."""

import keras
import numpy as np
from keras import layers, ops

from answers.from_docstrings.zero_init_right import (
    RIGHT,
    _adds,
    _branch_end,
    _chain,
    _producer,
    _zero,
    chains,
)


def _zero_weights(select):
    def zero(layer):
        for w in select(layer):
            if w is not None:
                w.assign(ops.zeros_like(w))

    return zero


def _make(zero=_zero, adds=_adds, end=_branch_end):
    def f(model):
        for layer in [end(add) for add in adds(model)]:
            zero(layer)

    return f


def _every_bn(model):
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            _zero(layer)


def _zero_if_can(layer):
    if isinstance(layer, (layers.BatchNormalization, layers.Conv2D)):
        _zero(layer)


def _layer_before(model):
    """Takes the layer in front of the Add in model.layers."""
    for i, layer in enumerate(model.layers):
        if isinstance(layer, layers.Add):
            _zero(model.layers[i - 1])


def _last_bn_before(model):
    last = None
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            last = layer
        if isinstance(layer, layers.Add):
            _zero(last)


def _both(model):
    for add in _adds(model):
        _branch_end(add)
        for t in add.input:
            _zero_if_can(_producer(t))


def _nth(n):
    def end(add):
        _branch_end(add)
        return _producer(add.input[n])

    return end


def _shorter(add):
    last = _branch_end(add)
    return next(_producer(t) for t in add.input if _producer(t) is not last)


def _first_with_weights(add):
    """Whatever input comes from a convolution or BN is the branch."""
    for t in add.input:
        if isinstance(_producer(t), (layers.BatchNormalization, layers.Conv2D)):
            return _producer(t)
    raise ValueError


def _not_add(add):
    """The shortcut is the input that comes from an activation, an Add or a pool."""
    found = [_producer(t) for t in add.input if isinstance(_producer(t), (layers.BatchNormalization, layers.Conv2D))]
    if len(found) != 1:
        raise ValueError("both inputs look like a branch")
    return found[0]


def _paths(add):
    if len(add.input) != 2:
        raise ValueError
    return [_chain(t) for t in add.input]


def _no_equal_check(add):
    a, b = _paths(add)
    ids = {id(t): j for j, (t, _) in enumerate(b)}
    i, j = next(((i, ids[id(t)]) for i, (t, _) in enumerate(a) if id(t) in ids), (None, None))
    if i is None:
        raise ValueError
    return (a if i >= j else b)[0][1]


def _whole_chains(add):
    """Compares how far both chains reach, without looking where they meet."""
    a, b = _paths(add)
    if len(a) == len(b):
        raise ValueError
    return (a if len(a) > len(b) else b)[0][1]


def _more_weights(add):
    a, b = _paths(add)
    _branch_end(add)
    common = {id(t) for t, _ in a} & {id(t) for t, _ in b}
    count = lambda c: sum(op.count_params() for t, op in c if id(t) not in common and isinstance(op, layers.Layer))
    return (a if count(a) > count(b) else b)[0][1]


def _first_two(add):
    """More than two inputs are ignored."""
    a, b = map(_chain, add.input[:2])
    ids = {id(t): j for j, (t, _) in enumerate(b)}
    for i, (t, _) in enumerate(a):
        if id(t) in ids:
            if i == ids[id(t)]:
                raise ValueError
            return (a if i > ids[id(t)] else b)[0][1]
    raise ValueError


def _walks_to_weights(model):
    for add in _adds(model):
        last = _branch_end(add)
        while not isinstance(last, (layers.BatchNormalization, layers.Conv2D)):
            last = _producer(last.input)
        _zero(last)


def _first_of_branch(add):
    last = _branch_end(add)
    layer, first = last, last
    ids = {id(t) for c in ([x for x in add.input if _producer(x) is not last]) for t, _ in _chain(c)}
    while id(layer.input) not in ids:
        layer = _producer(layer.input)
        first = layer if isinstance(layer, (layers.BatchNormalization, layers.Conv2D)) else first
    return first


def _clone(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    chains(copy)
    return copy


def _by_name(model):
    chains_of = [la for la in model.layers if la.name.endswith(("bn2", "bn3"))]
    for layer in chains_of:
        _zero(layer)


def _needs_add(model):
    if not _adds(model):
        raise ValueError("no Add")
    chains(model)


def _before_relu_only(model):
    """Only Adds that a ReLU follows, as in post-activation blocks."""
    for add in _adds(model):
        followers = [n.operation for n in add._outbound_nodes]
        end = _branch_end(add)
        if any(isinstance(op, (layers.ReLU, layers.Activation)) for op in followers):
            _zero(end)


def _bn_only(layer):
    if isinstance(layer, layers.BatchNormalization):
        _zero(layer)
    elif not isinstance(layer, layers.Conv2D):
        raise ValueError


def _raises_for_conv(layer):
    if not isinstance(layer, layers.BatchNormalization):
        raise ValueError
    _zero(layer)


def _gamma_and_stats(layer):
    _zero(layer)
    if isinstance(layer, layers.BatchNormalization):
        layer.set_weights([np.zeros(w.shape) for w in layer.get_weights()])


def _bn_tiny(layer):
    if isinstance(layer, layers.BatchNormalization):
        layer.gamma.assign(ops.full_like(layer.gamma, 1e-3))
        layer.beta.assign(ops.zeros_like(layer.beta))
    else:
        _zero(layer)


def _end_and_conv_before(model):
    """Also zeroes the convolution in front of a final BN."""
    for add in _adds(model):
        last = _branch_end(add)
        _zero(last)
        if isinstance(last, layers.BatchNormalization):
            _zero_if_can(_producer(last.input))


def _beta_only(layer):
    if isinstance(layer, layers.BatchNormalization):
        layer.beta.assign(ops.zeros_like(layer.beta))
    else:
        _zero(layer)


WRONG = {
    "every BN": (_every_bn, "All BatchNormalizations are zeroed, and no convolution."),
    "last BN before each Add": (_last_bn_before, "Takes the last BN in model.layers before the Add: may be the shortcut's, and is the wrong layer in preact blocks."),
    "layer before in the list": (_layer_before, "Takes the layer before the Add in model.layers, which may be the shortcut's."),
    "first input": (_make(end=_nth(0)), "Takes the Add's first input for the branch, whichever it is."),
    "second input": (_make(end=_nth(1)), "Takes the Add's second input for the branch, whichever it is."),
    "both inputs": (_both, "A projected shortcut is zeroed as well."),
    "shortcut": (_make(zero=_zero_if_can, end=_shorter), "Zeroes the shorter path."),
    "first input with weights": (_make(end=_first_with_weights), "Takes the first input made by a convolution or BN, which may be the projection."),
    "identity shortcuts only": (_make(end=_not_add), "Raises for projected shortcuts."),
    "path with more weights": (_make(end=_more_weights), "Goes by the number of weights, not by length: a wide projection can outweigh a bottleneck branch."),
    "equal lengths pass": (_make(end=_no_equal_check), "Paths of equal length raise nothing."),
    "chains not compared": (_make(end=_whole_chains), "Does not see that paths from different tensors never meet."),
    "three inputs pass": (_make(end=_first_two), "Ignores the third input of an Add instead of raising."),
    "walks on to a weight": (_walks_to_weights, "A branch that ends in another layer is zeroed further back instead of raising."),
    "other ends ignored": (_make(zero=_zero_if_can), "A branch that ends in another layer is skipped instead of raising."),
    "BN only": (_make(zero=_bn_only), "Branches that end in a convolution (preact) stay."),
    "convolution refused": (_make(zero=_raises_for_conv), "Raises for preact blocks."),
    "all four BN weights": (_make(zero=_gamma_and_stats), "Moving mean and variance are zeroed too."),
    "small gamma": (_make(zero=_bn_tiny), "gamma becomes 0.001, not 0."),
    "beta only": (_make(zero=_beta_only), "gamma stays 1, so the branch is not zero."),
    "convolution before the BN too": (_end_and_conv_before, "The convolution in front of a final BN is zeroed too."),
    "first layer of the branch": (_make(end=_first_of_branch), "Zeroes the branch's first layer with weights, not its last."),
    "last Add only": (_make(adds=lambda m: _adds(m)[-1:]), "Only the last block is changed."),
    "first Add only": (_make(adds=lambda m: _adds(m)[:1]), "Only the first block is changed."),
    "copy": (_clone, "Changes and returns a copy; the model itself stays."),
    "by name": (_by_name, "Relies on layer names that the docstring does not promise."),
    "no Add raises": (_needs_add, "A model without Add must stay as it is, not raise."),
    "post-activation only": (_before_relu_only, "Skips Adds that no ReLU follows, such as those of preact blocks."),
}
