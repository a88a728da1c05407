"""What goes wrong in a network is found, and the layer is named."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.train.diagnostics import Examiner, not_finite, scale_findings
from mcugen.train.network import Network
from mcugen.train.tensorflow import tf
from tests.unit.train import toy
from tests.unit.train.networks import Builder

pytestmark = pytest.mark.train


def examined(model: object) -> dict[str, str]:
    features = toy.Bars().load(None, toy.SHAPE).validation.features
    return {finding.layer: finding.problem for finding in Examiner(model)(features)}


def test_a_sound_network_has_no_findings() -> None:
    model = toy.network()
    model.get_layer("depthwise").kernel.assign(np.full((3, 3, 8, 1), 0.1))
    assert examined(model) == {}


def test_dead_channels_are_counted_and_numbered() -> None:
    model = toy.network(channels=16)
    model.get_layer("norm").beta.assign([-99.0] * 12 + [0.0] * 4)
    assert examined(model)["relu"] == "dead: 12 of 16 channels (0, 1, 2, 3, 4, 5, 6, 7, …)"


def test_a_layer_of_zeros_and_what_follows_it() -> None:
    model = toy.network()
    model.get_layer("conv").kernel.assign(np.zeros((3, 3, 1, 8)))
    found = examined(model)
    assert found["conv"] == "all its weights are zero"
    assert found["relu"] == "its output is always the same"


def blame(model: object, gradients: list[object] | None = None) -> str:
    features = tf.constant(toy.Bars().load(None, toy.SHAPE).train.features[:16])
    zeros = [tf.zeros_like(v.value) for v in model.trainable_variables]
    return not_finite(model, features, gradients or zeros, "float, epoch 2").message


def test_broken_weights_come_before_broken_outputs() -> None:
    model = toy.network()
    kernel = model.get_layer("conv").kernel
    kernel.assign(np.full(kernel.shape, 3e38))
    assert "layer 'conv' is the first whose output is not finite" in blame(model)
    kernel.assign(np.full(kernel.shape, np.inf))
    message = blame(model)
    assert "float, epoch 2" in message and "the weights of layer 'conv' are not finite" in message


def test_broken_gradients_name_the_layer_nearest_to_the_output() -> None:
    model = toy.network()
    gradients = [tf.fill(v.shape, np.float32(np.nan)) for v in model.trainable_variables[:5]]
    gradients += [tf.zeros_like(v.value) for v in model.trainable_variables[5:]]
    assert "the gradients of layer 'depthwise' are not" in blame(model, gradients)


def network() -> Network:
    builder = Builder((8, 8, 4))
    return builder.network(builder.conv(builder.conv(0, 6), 3))


def test_sound_scales_have_no_findings() -> None:
    assert scale_findings(network()) == ()


def test_scales_that_underflow_are_named() -> None:
    sound = network()
    layer = sound.layers[1]
    assert layer.weights is not None
    scales = layer.weights.scales.copy()
    scales[2] = 1e-30
    weights = dataclasses.replace(layer.weights, scales=scales)
    layers = (sound.layers[0], dataclasses.replace(layer, weights=weights))
    (finding,) = scale_findings(dataclasses.replace(sound, layers=layers))
    assert finding.layer == layer.name
    assert finding.problem == "the weights' scales underflow: 1 of 3 channels (2)"


@pytest.mark.parametrize("scale", [0.0, 1e-40, float("nan"), float("inf"), -0.1])
def test_impossible_scales_of_activations_are_named(scale: float) -> None:
    sound = network()
    first = dataclasses.replace(sound.activations[0], scale=scale)
    broken = dataclasses.replace(sound, activations=(first, *sound.activations[1:]))
    assert scale_findings(broken)[0].layer == "input"
