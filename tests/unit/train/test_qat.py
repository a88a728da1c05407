"""Quantization-aware training computes what its file computes, and learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import mcugen.train
from mcugen.errors import InputRejected, McugenError
from mcugen.reference import evaluate
from mcugen.train.checkpoint import set_weights, weights_of
from mcugen.train.export import export_graph
from mcugen.train.network import Network
from mcugen.train.qat import layer_codes, quantize, to_network
from mcugen.train.spec import Bits, QuantizationSpec, parse_bits
from mcugen.train.tensorflow import keras, tf
from tests.unit.train.models import MODELS, ds_cnn, examples, residual
from tests.unit.train.networks import codes_of_input

pytestmark = pytest.mark.train

CASES = [(name, bits) for name in MODELS for bits in ("w8a8", "w4a4")]
CASES += [("ds_cnn", "w4a8"), ("residual", "w8a4")]


def disturb(model: Any, seed: int = 0) -> None:
    """Moves all that is learnt, as training would."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        value = variable.numpy()
        noise = rng.normal(0, 0.1, value.shape)
        variable.assign(value + noise * (1.0 if not value.shape else np.abs(value).max()))


def assert_exact(quantized: Any, features: Any) -> Network:
    """Every activation has the codes that the exported integers give."""
    network = to_network(quantized)
    graph = export_graph(network, softmax=False)
    codes = layer_codes(quantized, features)
    np.testing.assert_array_equal(
        codes[network.activations[0].name], codes_of_input(network, features)
    )
    for i in range(len(features)):
        values = evaluate(graph, [codes[network.activations[0].name][i : i + 1]])
        for t, activation in enumerate(network.activations):
            mine = codes[activation.name][i : i + 1]
            assert mine.min() >= activation.low and mine.max() <= activation.high
            np.testing.assert_array_equal(values[t], mine, activation.name)
    last = network.activations[-1]
    real = (codes[last.name].astype(np.float32) - last.zero_point) * np.float32(last.scale)
    np.testing.assert_array_equal(quantized(features, training=False), real)
    return network


@pytest.mark.parametrize(("name", "bits"), CASES)
def test_exact(name: str, bits: str) -> None:
    """Every code of every layer, when all that is learnt has moved."""
    model = MODELS[name]()
    quantized = quantize(model, parse_bits(bits), examples(model, 100))
    disturb(quantized)
    assert_exact(quantized, examples(model, 3, seed=1))


@pytest.mark.parametrize("bits", ["w8a8", "w4a4"])
def test_training_mode_is_a_rare_code_off(bits: str) -> None:
    model = ds_cnn()
    quantized = quantize(model, parse_bits(bits), examples(model, 100))
    disturb(quantized)
    inner = keras.Model(quantized.inputs[0], [layer.output for layer in quantized.layers[1:-1]])
    features = examples(model, 200, seed=1)
    exact, trained = inner(features, training=False), inner(features, training=True)
    differences = np.concatenate(
        [np.abs(a - b).ravel() for a, b in zip(exact, trained, strict=True)]
    )
    assert differences.max() <= 1
    assert np.mean(differences > 0) < 1e-3


def test_eight_bits_are_nearly_the_float_model() -> None:
    """What comes out is logits, the model's softmax left out."""
    model = ds_cnn()
    features = examples(model, 100)
    logits = keras.Model(model.inputs[0], model.layers[-1].input)(features).numpy()
    quantized = quantize(model, QuantizationSpec(), features)
    assert np.abs(quantized(features).numpy() - logits).max() < 0.03 * np.ptp(logits)


def test_gradients_are_nearly_the_float_models() -> None:
    model = residual()
    features = examples(model, 64)
    targets = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    quantized = quantize(model, QuantizationSpec(), features)

    def gradient(model: Any, variables: list[Any]) -> list[Any]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(features, training=model is quantized) * targets)
        return list(tape.gradient(loss, variables))

    for name in ("conv", "linear", "last", "logits"):
        pairs = [(m.get_layer(name).kernel, m.get_layer(name).bias) for m in (model, quantized)]
        expected = gradient(model, [v.value for v in pairs[0]])
        found = gradient(quantized, [v.value for v in pairs[1]])
        for a, b in zip(expected, found, strict=True):
            cosine = np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b))
            assert cosine > 0.98, name
            assert 0.9 < np.linalg.norm(b) / np.linalg.norm(a) < 1.1, name


@pytest.mark.parametrize("bits", ["w8a8", "w4a4"])
def test_steps_have_the_gradients_of_learned_step_size_quantization(bits: str) -> None:
    """Of step * clip(round(v / step)): the code less v / step if it is not clipped, else the code.

    Seen where nothing else depends on the step: between a layer and one that is the identity.
    """
    channels = 6
    inputs = keras.Input((3, 3, 4), name="input")
    x = keras.layers.Conv2D(channels, 1, activation="relu", name="first")(inputs)
    identity = keras.layers.Conv2D(channels, 1, name="second")
    model = keras.Model(inputs, identity(x))
    identity.kernel.assign(np.eye(channels)[None, None])
    features = examples(model, 50)
    quantized = quantize(model, parse_bits(bits), features)
    first = quantized.get_layer("first")
    first.target.log_step.assign(first.target.log_step - 0.3)
    weights = np.random.default_rng(0).normal(size=(50, 3, 3, channels)).astype(np.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(quantized(features, training=True) * weights)
    found = tape.gradient(loss, first.target.log_step.value)
    inner = keras.Model(quantized.inputs[0], [first.input, first.output])
    sources, codes = (x.numpy() for x in inner(features, training=True))
    constants = first.constants()
    products = tf.nn.conv2d(sources, constants.kernel, 1, "VALID") + constants.bias
    real = (products * constants.multiplier.real).numpy()
    clipped = (np.rint(real) < 0) | (np.rint(real) > first.target.high + 128)
    assert clipped.mean() > 0.05
    step = float(first.target.step)
    expected = np.sum(weights * step * (codes - np.where(clipped, 0.0, real)))
    np.testing.assert_allclose(found, expected, rtol=0.02)


def test_restored_from_its_arrays() -> None:
    """Whatever it was calibrated with."""
    model = residual()
    spec = parse_bits("w4a4")
    first = quantize(model, spec, examples(model, 50))
    disturb(first)
    second = quantize(model, spec, examples(model, 50, seed=9) * 3)
    set_weights(second, weights_of(first), "memory")
    features = examples(model, 20, seed=1)
    np.testing.assert_array_equal(first(features), second(features))
    names = [variable.path for variable in first.variables]
    assert len(set(names)) == len(names)
    assert "expand_0/kernel" in names and "expand_0/log_step" in names
    assert "image.codes/zero_point" in names


def test_bits_of_layers() -> None:
    model = residual()
    layers = (("project_*", Bits(4, 4)), ("linear", Bits(8, 4)))
    spec = QuantizationSpec(Bits(4, 8), layers, depthwise_weights=8)
    network = assert_exact(quantize(model, spec, examples(model, 50)), examples(model, 2))
    codes = {a.name: a.high - a.low + 1 for a in network.activations}
    weights = {layer.name: layer.weights.bits for layer in network.layers if layer.weights}
    assert weights["expand_0"] == 4 and weights["depthwise_0"] == 8 and weights["linear"] == 8
    assert codes["linear"] == 15 and codes["expand_0"] == 256
    assert codes["project_0"] == 256, "an addition reads it"


def test_what_additions_and_the_end_touch_keeps_eight_bits() -> None:
    network = to_network(quantize(residual(), parse_bits("w4a4"), examples(residual(), 50)))
    wide = {a.name for a in network.activations if a.high - a.low == 255}
    additions = {"add_0", "add_1", "project_0", "project_1", "widen_1", "conv"}
    # The map before the end is 4 bits wide, its mean has a scale of its own.
    assert wide == {"image", "pad", "pool", "logits", "flat"} | additions
    assert [layer.kind for layer in network.layers][-3:] == ["MEAN", "CONV_2D", "RESHAPE"]
    one_bits = QuantizationSpec(Bits(4, 4), (("last", Bits(8, 8)),))
    network = to_network(quantize(residual(), one_bits, examples(residual(), 50)))
    assert [layer.kind for layer in network.layers][-3] == "AVERAGE_POOL_2D"


def test_dense_layers_of_four_bits_have_one_scale() -> None:
    model = ds_cnn()
    for bits, scales in (("w8a8", 5), ("w4a8", 1)):
        network = to_network(quantize(model, parse_bits(bits), examples(model, 20)))
        weights = network.layers[-1].weights
        assert weights is not None and len(weights.scales) == scales
        assert np.abs(weights.codes).max() == (127 if scales == 5 else 7)


def test_dead_channels_are_no_trouble() -> None:
    """Weights of zero, with a bias and without; a layer whose output is always 0."""
    inputs = keras.Input((4, 4, 2), name="input")
    layer = keras.layers.Conv2D(3, 1, activation="relu", name="conv")
    last = keras.layers.Conv2D(2, 1, activation="relu", name="dead")
    model = keras.Model(inputs, keras.layers.Conv2D(2, 1, name="out")(last(layer(inputs))))
    layer.kernel.assign(layer.kernel * np.array([1.0, 0.0, 0.0]))
    layer.bias.assign([0.1, 3.0, 0.0])
    last.kernel.assign(-np.abs(last.kernel))
    for bits in ("w8a8", "w4a4"):
        quantized = quantize(model, parse_bits(bits), examples(model, 30))
        assert_exact(quantized, examples(model, 3, seed=1))
        codes = layer_codes(quantized, examples(model, 3))["conv"]
        assert np.all(codes[..., 1] > -128) and np.all(codes[..., 2] == -128)


def test_public_name() -> None:
    assert mcugen.train.quantize is quantize
    with pytest.raises(AttributeError):
        _ = mcugen.train.nothing


@pytest.mark.parametrize(
    ("calibration", "problem"),
    [
        (np.zeros((0, 20, 6, 1), np.float32), r"float32 \[0, 20, 6, 1\]"),
        (np.zeros((5, 20, 6), np.float32), r"float32 \[5, 20, 6\]"),
        (np.full((5, 20, 6, 1), "x"), r"<U1 \[5"),
    ],
)
def test_calibration_that_does_not_fit(calibration: Any, problem: str) -> None:
    with pytest.raises(InputRejected, match=problem) as caught:
        quantize(ds_cnn(), QuantizationSpec(), calibration)
    assert "[examples, 20, 6, 1]" in caught.value.hint


def test_patterns_are_checked() -> None:
    spec = QuantizationSpec(layers=(("pool", Bits(4, 4)),))
    with pytest.raises(InputRejected, match="no layer is called 'pool'"):
        quantize(ds_cnn(), spec, examples(ds_cnn(), 5))


def test_training_recovers_what_quantizing_lost() -> None:
    """scikit-learn's digits: after some epochs at 4 bits as good as the float model, or nearly."""
    datasets = pytest.importorskip("sklearn.datasets")
    digits = datasets.load_digits()
    features = (digits.images[..., None] / 16).astype(np.float32)
    labels = digits.target.astype(np.int32)
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="input"),
            layers.Conv2D(12, 3, padding="same", use_bias=False, name="conv"),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, 2, padding="same", name="depthwise"),
            layers.ReLU(),
            layers.Conv2D(16, 1, activation="relu", name="pointwise"),
            layers.Flatten(),
            layers.Dense(10, name="classifier"),
        ],
        name="digits",
    )

    def train(model: Any, epochs: int) -> None:
        model.compile(keras.optimizers.Adam(3e-3), loss)
        model.fit(features[:1000], labels[:1000], batch_size=50, epochs=epochs, verbose=0)

    def figures(model: Any) -> tuple[float, float]:
        """Accuracy on what was not trained on, loss on what was."""
        outputs = model(features, training=False).numpy()
        accuracy = np.mean(outputs[1000:].argmax(axis=1) == labels[1000:])
        return float(accuracy), float(loss(labels[:1000], outputs[:1000]))

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    train(model, 12)
    quantized = quantize(model, parse_bits("w4a4"), features[:200])
    before = figures(quantized)
    train(quantized, 5)
    after = figures(quantized)
    assert after[0] > figures(model)[0] - 0.02 > 0.85
    assert after[1] < 0.9 * before[1]
    assert_exact(quantized, features[1000:1003])


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
def test_weights_are_kept_and_the_whole_is_refused_with_a_reason(tmp_path: Path) -> None:
    model = ds_cnn()
    features = examples(model, 8)
    one, other = (quantize(model, parse_bits("w4a4"), features * x) for x in (1, 3))
    one.save_weights(tmp_path / "x.weights.h5")
    other.load_weights(tmp_path / "x.weights.h5")
    np.testing.assert_array_equal(one(features, training=False), other(features, training=False))
    with pytest.raises(McugenError, match="cannot be saved as a whole"):
        one.save(tmp_path / "x.keras")
