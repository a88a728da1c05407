"""What goes wrong in a network is found, and the layer is named."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.train.diagnostics import (
    Examiner,
    not_finite,
    number_findings,
    scale_findings,
    sum_findings,
)
from mcugen.train.network import Network
from mcugen.train.qat import quantize
from mcugen.train.spec import parse_bits
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
    error = not_finite(model, features, gradients or zeros, "float, epoch 2", "lower it")
    assert error.hint == "lower it"
    return error.message


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


def test_channels_too_small_for_a_multiplier_are_named() -> None:
    """A channel that asks for less than the least multiplier gets that one, and zeros as codes."""
    model = quantize(
        toy.network(), parse_bits("w4a8"), toy.Bars().load(None, toy.SHAPE).train.features
    )
    assert number_findings(model) == ()
    conv = model.get_layer("conv")
    kernel, bias = conv.kernel.numpy(), conv.bias.numpy()
    kernel[..., 2], bias[2] = 1e-12, 0.0
    conv.kernel.assign(kernel)
    conv.bias.assign(bias)
    (finding,) = number_findings(model)
    assert str(finding) == "conv: the weights' scales underflow: 1 of 8 channels (2)"


def test_sums_beyond_single_precision_are_named() -> None:
    builder = Builder((1, 4, 4, 1200))
    sound = builder.network(builder.conv(0, 3, (1, 1)))
    (layer,), weights = sound.layers, sound.layers[0].weights
    assert weights is not None
    codes = np.zeros_like(weights.codes)
    codes[1] = 127
    loud = dataclasses.replace(weights, codes=codes)
    network = dataclasses.replace(sound, layers=(dataclasses.replace(layer, weights=loud),))
    (finding,) = sum_findings(network)
    assert finding.layer == layer.name
    assert finding.problem == "sums can exceed 2^24 and be rounded: 1 of 3 channels (1)"
    assert sum_findings(sound) == ()


@pytest.mark.parametrize("scale", [0.0, 1e-40, float("nan"), float("inf"), -0.1])
def test_impossible_scales_of_activations_are_named(scale: float) -> None:
    sound = network()
    first = dataclasses.replace(sound.activations[0], scale=scale)
    broken = dataclasses.replace(sound, activations=(first, *sound.activations[1:]))
    assert scale_findings(broken)[0].layer == "input"
