"""The fused batch normalisation against Keras's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.train.batch_norm import FusedBatchNormalization
from mcugen.train.tensorflow import keras, tf

pytestmark = pytest.mark.train

SHAPES = ((6, 5, 4, 3), (16, 3))


def pair(shape: tuple[int, ...], **options: Any) -> tuple[Any, Any]:
    """Keras's layer and the fused one, with the same random weights."""
    rng = np.random.default_rng(1)
    layers = (keras.layers.BatchNormalization(**options), FusedBatchNormalization(**options))
    for layer in layers:
        layer.build((None, *shape[1:]))
    weights = [rng.uniform(0.5, 2.0, w.shape) for w in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def batch(shape: tuple[int, ...]) -> Any:
    return tf.constant(np.random.default_rng(2).normal(1.0, 2.0, shape), tf.float32)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}])
def test_outputs_and_gradients(
    shape: tuple[int, ...], training: bool, options: dict[str, bool]
) -> None:
    x, results = batch(shape), []
    for layer in pair(shape, **options):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=training)
            loss = tf.reduce_sum(tf.sin(y))
        results.append([y, *tape.gradient(loss, [x, *layer.trainable_variables])])
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_moving_statistics(shape: tuple[int, ...]) -> None:
    theirs, ours = pair(shape, momentum=0.8)
    before = theirs.moving_variance.numpy()
    for layer in (theirs, ours):
        layer(batch(shape), training=True)
    np.testing.assert_allclose(theirs.moving_mean, ours.moving_mean, rtol=1e-5)
    count = np.prod(shape[:-1])
    unbiased = count / (count - 1)
    gained = (theirs.moving_variance - 0.8 * before) * unbiased
    np.testing.assert_allclose(ours.moving_variance - 0.8 * before, gained, rtol=1e-4)


def test_a_frozen_layer_keeps_its_statistics() -> None:
    _, layer = pair(SHAPES[0])
    before = layer.get_weights()
    layer.trainable = False
    frozen, inference = (layer(batch(SHAPES[0]), training=t) for t in (True, False))
    np.testing.assert_array_equal(frozen, inference)
    np.testing.assert_array_equal(before, layer.get_weights())


# Keras asks for arrays in a way that NumPy 2 deprecates.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_it_comes_back_from_a_keras_file(tmp_path: Path) -> None:
    inputs = keras.Input(SHAPES[0][1:])
    model = keras.Model(inputs, FusedBatchNormalization(momentum=0.7)(inputs))
    model(batch(SHAPES[0]), training=True)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.layers[1]) is FusedBatchNormalization
    np.testing.assert_array_equal(model(batch(SHAPES[0])), again(batch(SHAPES[0])))
