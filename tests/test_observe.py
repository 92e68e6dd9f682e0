"""Observing leaves the student's settings alone and sees through spellings."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from course.checks.compare import count, distance, observation_distance
from course.checks.fill import fill, weights_with_roles
from course.checks.keras_observer import build_graph, pinned
from course.checks.observe import describe_error, observe
from course.checks.probe import Graph, Probe, Tensor

PROBE = Probe((Tensor((6, 6, 4)),), options={"seed": 3})


def seen(function, probe=PROBE):
    observation = observe(function, probe, "model")
    assert "outputs" in observation, observation
    return observation


def conv(x):
    return layers.Conv2D(6, 1, activation="relu")(x)


def test_global_settings_are_pinned_and_restored():
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_floatx("float64")
    try:
        observation = seen(conv)
        assert keras.config.dtype_policy().name == "mixed_float16"
        assert keras.config.floatx() == "float64"
    finally:
        keras.config.set_dtype_policy("float32")
        keras.config.set_floatx("float32")
    assert observation["outputs"]["plain"]["output"].dtype == np.float32
    assert observation_distance(seen(conv), observation) == 0


def test_settings_are_restored_after_an_error():
    def broken(x):
        keras.config.set_image_data_format("channels_first")
        raise KeyError("gone")

    assert observe(broken, PROBE, "model")["raised"]["types"][0] == "KeyError"
    assert keras.config.image_data_format() == "channels_last"


def test_spellings_of_one_function_are_equal():
    class Dense(layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(shape[-1], 6), initializer="he_normal")
            self.b = self.add_weight(shape=(6,), initializer="zeros")

        def call(self, x):
            return ops.relu(ops.matmul(x, self.w) + self.b)

    spellings = (
        lambda x: layers.ReLU()(layers.Dense(6)(x)),
        lambda x: ops.relu(layers.Conv2D(6, 1)(x)),
        lambda x: keras.Sequential([layers.Conv2D(6, 1), layers.ReLU()])(x),
        lambda x: keras.Model(i := keras.Input((6, 6, 4)), conv(i))(x),
        lambda x: layers.Conv2D(6, 1, activation="relu", dtype="mixed_float16")(x),
        Dense(),
    )
    expected = seen(conv)
    for spelling in spellings:
        assert observation_distance(expected, seen(spelling)) < 0.1


def test_groups_equal_towers_and_depthwise_equals_groups():
    def towers(x):
        parts = [layers.Conv2D(3, 3)(x[..., i : i + 1]) for i in range(4)]
        return ops.concatenate(parts, axis=-1)

    grouped = seen(lambda x: layers.Conv2D(12, 3, groups=4)(x))
    assert observation_distance(grouped, seen(towers)) < 0.1
    bare = seen(lambda x: layers.Conv2D(12, 3, groups=4, use_bias=False)(x))
    depthwise = seen(
        lambda x: layers.DepthwiseConv2D(3, depth_multiplier=3, use_bias=False)(x)
    )
    assert observation_distance(bare, depthwise) < 0.1


def test_epsilon_of_the_papers_is_not_judged_but_a_large_one_is():
    def normalized(epsilon):
        return seen(lambda x: layers.BatchNormalization(epsilon=epsilon)(x))

    assert observation_distance(normalized(1e-3), normalized(1e-5)) == 0
    assert observation_distance(normalized(1e-3), normalized(0.1)) > 10


def test_the_three_modes_tell_a_forced_flag():
    plain = seen(layers.BatchNormalization())
    forced = seen(lambda x: layers.BatchNormalization()(x, training=True))
    assert np.array_equal(
        plain["outputs"]["training"]["output"], forced["outputs"]["training"]["output"]
    )
    assert observation_distance(plain, forced) > 10


def test_a_shared_layer_shows_in_the_count():
    def twice(x):
        layer = layers.Conv2D(4, 3, padding="same")
        return layer(layer(x))

    def two(x):
        return layers.Conv2D(4, 3, padding="same")(
            layers.Conv2D(4, 3, padding="same")(x)
        )

    once, both = seen(twice), seen(two)
    for mode in once["outputs"]:
        assert np.array_equal(
            once["outputs"][mode]["output"], both["outputs"][mode]["output"]
        )
    assert count(both) == 2 * count(once)


def test_every_weight_has_a_role():
    inputs = keras.Input((8, 8, 3))
    x = layers.SeparableConv2D(4, 3)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.5)(x)
    model = keras.Model(inputs, layers.Dense(2)(x))
    roles = [role for _, role, _ in weights_with_roles(model)]
    assert sorted(roles) == sorted(
        ["kernel", "kernel", "bias", "scale", "offset", "mean", "variance"]
        + ["kernel", "bias"]
    )
    fill(model, 1)
    spread = [float(ops.std(v)) for v, role, _ in weights_with_roles(model)]
    assert min(spread) > 0


@pytest.mark.parametrize(
    "result", [None, 3, "x", (), [], {}, lambda x: x, np.zeros((2, 2))]
)
def test_what_is_no_tensor_is_told_by_its_type(result):
    observation = observe(lambda x: result, PROBE, "model")
    assert observation == {"kind": type(result).__name__}


def test_an_input_that_changes_is_noticed():
    def double(x):
        x *= 2
        return x

    probe = Probe((np.arange(3.0),))
    assert observe(double, probe, "array")["mutated"]
    assert not observe(lambda x: 2 * x, probe, "array")["mutated"]


def test_the_last_line_of_the_students_own_code_is_told():
    def answer(x):
        return np.linalg.inv(np.ones((2, 3)))

    raised = observe(answer, Probe((1,)), "array")["raised"]
    assert raised["types"][0] == "LinAlgError"
    assert "np.linalg.inv" in raised["line"]


def test_an_exception_that_cannot_be_printed_is_told():
    class Rude(Exception):
        def __str__(self):
            raise RuntimeError

    assert describe_error(Rude())["message"] == ""


def test_a_graph_is_built_as_described():
    graph = Graph(
        (5, 5, 2),
        (
            ("conv", "Conv2D", {"filters": 2, "kernel_size": 3}, ("image",)),
            ("crop", "Cropping2D", {"cropping": 1}, ("image",)),
            ("sum", "Add", {}, ("conv", "crop")),
        ),
    )
    with pinned():
        model = build_graph(graph, 0)
    assert [layer.name for layer in model.layers] == ["image", "conv", "crop", "sum"]
    assert model.output.shape == (None, 3, 3, 2)


def test_a_result_that_cannot_be_used_is_not_a_refusal():
    from course.checks.compare import compare

    def unconnected(x):
        return keras.Input((3,))

    def refuses(x):
        raise ValueError("no")

    probe = Probe((Tensor((4, 4, 2)),), claim="errors")
    for function, refused in ((unconnected, False), (refuses, True)):
        seen = observe(function, probe, "model")
        assert "raised" in seen
        (verdict,) = compare(None, seen, "f(x)", "errors")
        assert verdict.passed == refused


@pytest.mark.parametrize(
    "slip", [lambda x: [*x], lambda x: keras.Model()(x), lambda x: sum(x)]
)
def test_an_error_of_kerass_own_is_no_stub(slip):
    """Keras raises NotImplementedError for ordinary slips."""
    assert "raised" in observe(slip, PROBE, "model")


def test_a_stub_is_known_by_its_message_or_its_line():
    def stub(x):
        raise NotImplementedError("toy.square")

    def bare(x):
        raise NotImplementedError

    def other(x):
        raise NotImplementedError("no even kernels yet")

    kinds = [next(iter(observe(f, Probe((1,)), "array"))) for f in (stub, bare, other)]
    assert kinds == ["not_attempted", "not_attempted", "raised"]


def test_a_result_without_end_is_an_error_of_using_it():
    def vast(x):
        return np.broadcast_to(0.0, (10**6, 10**6))

    seen = observe(vast, Probe((1,)), "array")
    assert seen["after"] and "1000000000000 values" in seen["raised"]["message"]


def test_leaving_by_any_exception_but_the_stop_button_is_an_error():
    def leaves(error):
        raise error

    for error in (SystemExit(0), GeneratorExit()):
        assert "raised" in observe(leaves, Probe((error,)), "array")
    with pytest.raises(KeyboardInterrupt):
        observe(leaves, Probe((KeyboardInterrupt(),)), "array")


def test_a_tensor_in_a_list_is_another_kind_than_a_tensor():
    assert seen(lambda x: [conv(x)])["kind"] == "list of tensors"
    assert seen(lambda x: {"a": conv(x)})["kind"] == "dict of tensors"
    assert seen(conv)["kind"] == "tensor"


def test_a_single_number_and_short_floats_are_observed():
    assert seen(lambda x: ops.sum(conv(x)))["shape"] == {"output": []}
    short = seen(lambda x: ops.cast(conv(x), "bfloat16"))
    assert observation_distance(seen(conv), short) < 1


def test_half_precision_has_a_tolerance_of_its_own():
    exact, half = seen(conv), seen(lambda x: ops.cast(conv(x), "float16"))
    single, short = (s["outputs"]["plain"]["output"] for s in (exact, half))
    assert distance(single, short) < 1
    assert distance(single, short.astype("float32")) > 0.1


class _Own(layers.Layer):
    """A 1x1 convolution whose weights have other names, and unit axes for the bias."""

    def build(self, shape):
        self.bias = self.add_weight(shape=(shape[-1], 6), initializer="he_normal")
        self.kernel = self.add_weight(shape=(1, 1, 1, 6), initializer="zeros")

    def call(self, x):
        return ops.relu(ops.matmul(x, self.bias) + self.kernel)


def test_a_custom_layers_weights_are_known_by_how_they_start_not_by_their_names():
    assert observation_distance(seen(conv), seen(lambda x: _Own()(x))) < 0.1
    model = keras.Sequential([keras.Input((6, 6, 4)), _Own()])
    assert [role for _, role, _ in weights_with_roles(model)] == ["kernel", "offset"]


def test_a_sequential_model_that_was_never_built_gets_the_probes_input():
    def build(*, input_shape):
        return keras.Sequential([layers.Conv2D(6, 1, activation="relu")])

    probe = Probe((), {"input_shape": (6, 6, 4)}, options={"seed": 3})
    built = seen(build, probe)
    assert built["kind"] == "keras.Model" and built["shape"]["output"][1:] == [6, 6, 6]
