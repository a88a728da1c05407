"""Keras models of architectures: shapes, names, weights, and what they compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.architecture import Architecture, read_architecture
from mcugen.architecture.blocks import AveragePool, Classifier, Conv, InvertedBottleneck
from mcugen.train.float_model import float_model
from mcugen.train.pad_channels import PadChannels
from mcugen.train.tensorflow import keras, tf

pytestmark = pytest.mark.train

NAMES = (
    *("digits", "ds_cnn_m", "micronet_kws_s", "micronet_ad_s", "micronet_vww_2"),
    *("mobilenet_v1:0.25", "resnet8", "ad_autoencoder"),
)


def examples(architecture: Architecture, count: int = 2) -> Any:
    shape = (count, *architecture.input)
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_layers_weights_and_shapes_are_the_architectures(name: str) -> None:
    architecture = read_architecture(name)
    model = float_model(architecture)
    assert model.name == name
    assert model(examples(architecture)).shape == (2, architecture.outputs)
    for layer in architecture.layers:
        if layer.kind != "SOFTMAX":
            built = model.get_layer(layer.name)
            assert built.output.shape[1:] == layer.shape
            assert any(kernel_elements(built)) == bool(layer.weights)
            assert sum(kernel_elements(built)) == layer.weights
    # A folded batch normalisation leaves one bias a channel, and so does its beta.
    gammas = sum(w.value.shape[0] for w in model.trainable_weights if w.name == "gamma")
    assert model.count_params() - 3 * gammas == architecture.params


def kernel_elements(layer: Any) -> list[int]:
    return [int(np.prod(w.shape)) for w in layer.weights if w.name == "kernel"]


def test_logits_not_probabilities_come_out() -> None:
    architecture = read_architecture("digits")
    assert architecture.has_softmax
    assert not np.allclose(np.sum(float_model(architecture)(examples(architecture)), axis=1), 1.0)


def test_the_seed_decides_the_weights() -> None:
    architecture = read_architecture("digits")
    first, same, other = (float_model(architecture, seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[5].ravel()[:9], first[10].ravel()[:9])


def test_fresh_weights_keep_the_signals_size() -> None:
    """A depthwise layer sums 9 inputs, not 9 times its channels."""
    model = float_model(read_architecture("ds_cnn_m"))
    for name, fan_in in (("ds_2.depthwise", 9), ("ds_2.pointwise", 172)):
        kernel = model.get_layer(name).get_weights()[0]
        # The initializer cuts the normal distribution at two deviations and makes up for nothing.
        assert np.std(kernel) == pytest.approx(0.88 * np.sqrt(2 / fan_in), rel=0.05)


def test_relu6_is_cut() -> None:
    architecture = read_architecture("micronet_kws_s")
    model = float_model(architecture)
    activation = model.get_layer("conv_0.activation")
    assert float(tf.reduce_max(activation(tf.constant([[9.0]])))) == 6.0
    assert float_model(read_architecture("digits")).get_layer("conv_0.activation").max_value is None


def test_narrower_maps_are_padded_with_zeros() -> None:
    blocks = (
        InvertedBottleneck(channels=2, residual="pad_add"),
        InvertedBottleneck(channels=5, residual="pad_add"),
        AveragePool(),
        Classifier(),
    )
    architecture = Architecture("pads", (4, 4, 3), 2, "relu6", blocks)
    model = float_model(architecture)
    names = ("ibn_0.project.batch_norm", "ibn_0.add", "ibn_1.project.batch_norm", "ibn_1.add")
    inner = keras.Model(model.input, [model.get_layer(name).output for name in names])
    x = examples(architecture)
    narrow, first, wide, second = (np.array(y) for y in inner(x))
    np.testing.assert_array_equal(first, x + np.pad(narrow, [(0, 0)] * 3 + [(0, 1)]))
    np.testing.assert_array_equal(second, np.pad(first, [(0, 0)] * 3 + [(0, 2)]) + wide)
    assert isinstance(model.get_layer("ibn_0.pad"), PadChannels)


# Keras asks for arrays in a way that NumPy 2 deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_model_comes_back_from_a_keras_file(tmp_path: Path) -> None:
    blocks = (
        Conv(channels=3, kernel=(3, 3)),
        InvertedBottleneck(channels=5, expansion=4, residual="pad_add"),
        AveragePool(),
        Classifier(kind="conv"),
    )
    architecture = Architecture("saved", (4, 4, 1), 2, "relu6", blocks)
    model = float_model(architecture)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(examples(architecture)), again(examples(architecture)))


def test_mobilenet_v2_is_kerass() -> None:
    options = {"input_shape": (96, 96, 3), "classes": 2, "weights": None}
    theirs = keras.applications.MobileNetV2(alpha=0.35, **options)
    ours = float_model(read_architecture("mobilenet_v2:0.35"))
    assert kernel_shapes(ours) == kernel_shapes(theirs)


def kernel_shapes(model: Any) -> list[tuple[int, ...]]:
    return [tuple(w.shape) for w in model.trainable_weights if w.name == "kernel"]


def test_training_repeats_itself_and_learns() -> None:
    architecture = read_architecture("micronet_kws_s").with_input((12, 6, 1)).with_outputs(2)
    x = examples(architecture, 32)
    labels = (x.mean((1, 2, 3)) > 0).astype(np.int32)
    runs = [losses(float_model(architecture, seed=5), x, labels) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0][-1] < 0.5 * runs[0][0]


def losses(model: Any, x: Any, labels: Any) -> list[float]:
    """Of a few steps of Adam on one batch."""
    optimizer = keras.optimizers.Adam(3e-3)
    optimizer.build(model.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator]
    def step() -> Any:
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(each)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return [float(step()) for _ in range(12)]
