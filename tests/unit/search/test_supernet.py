"""The supernet: with certain choices it is each of its networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.search.fake_quantization import four_bit_activations, four_bit_weights
from mcugen.search.space import Selection, Space
from mcugen.search.spaces import SPACES
from mcugen.search.supernet import supernet
from mcugen.search.walk import one_hot, uniform
from mcugen.train.checkpoint import set_weights
from mcugen.train.float_model import float_model
from mcugen.train.spec import Bits
from mcugen.train.tensorflow import tf
from tests.unit.search import toy
from tests.unit.search.inherited import inherited

pytestmark = pytest.mark.train

SPACES_AT_TEST = {
    "toy": toy.space,
    "bottlenecks": toy.bottlenecks,
    "kernels": toy.kernels,
    "dense": toy.dense,
    "digits": SPACES["digits"],
}


def constants(probabilities: Any) -> list[Any]:
    return [tf.constant(p, tf.float32) for p in probabilities]


def filled(space: Space, **options: Any) -> Any:
    """A supernet of which no weight is 0 or 1."""
    model = supernet(space, 1, **options)
    rng = np.random.default_rng(0)
    for variable in model.variables:
        if variable.path.split("/")[-1] != "kernel":
            variable.assign(variable.value + rng.uniform(0.1, 0.5, variable.shape))
    return model


def examples(space: Space, count: int = 4) -> Any:
    return tf.constant(np.random.default_rng(1).normal(size=(count, *space.input)), tf.float32)


def discrete(model: Any, space: Space, selection: Selection) -> Any:
    network = float_model(space.architecture(selection))
    set_weights(network, inherited(model, space, selection), "the supernet")
    return network


@pytest.mark.parametrize("name", SPACES_AT_TEST)
def test_certain_choices_give_the_network_that_inherits(name: str) -> None:
    space = SPACES_AT_TEST[name]()
    model, x = filled(space), examples(space)
    rng = np.random.default_rng(2)
    narrowest = tuple(0 for _ in space.decisions)
    widest = tuple(len(d.choices) - 1 for d in space.decisions)
    for selection in (narrowest, widest, *(space.sample(rng) for _ in range(3))):
        network = discrete(model, space, selection)
        inputs = [x, *constants(one_hot(space, selection))]
        for training in (False, True):
            mixed, alone = (m(i, training=training) for m, i in ((model, inputs), (network, x)))
            np.testing.assert_allclose(mixed, alone, rtol=1e-4, atol=1e-5)


def test_channels_added_for_alignment_stay_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcugen.search.supernet.ALIGNMENT", 7)
    space = toy.space()
    model = filled(space)
    assert model.get_layer("conv_0").kernel.shape[-1] == 14
    selection = tuple(len(d.choices) - 1 for d in space.decisions)
    mixed = model([examples(space), *constants(one_hot(space, selection))], training=False)
    alone = discrete(model, space, selection)(examples(space), training=False)
    np.testing.assert_allclose(mixed, alone, rtol=1e-4, atol=1e-5)


def test_every_decision_feels_the_loss() -> None:
    """Widths above all: a mask that is normalised away would have no gradient."""
    space = toy.space()
    model = filled(space)
    probabilities = constants(uniform(space))
    with tf.GradientTape() as tape:
        tape.watch(probabilities)
        loss = tf.reduce_sum(model([examples(space), *probabilities], training=True)[:, 0] ** 2)
    for decision, gradient in zip(space.decisions, tape.gradient(loss, probabilities), strict=True):
        assert np.ptp(gradient.numpy()) > 1e-4, decision


def test_a_soft_mask_survives_the_normalisation_after_a_depthwise_convolution() -> None:
    space = toy.space()
    model = filled(space)
    probabilities = constants(uniform(space))
    layer = model.get_layer("ds_1.depthwise.batch_norm")
    inner = type(model)(model.inputs, layer.output)
    outputs = inner([examples(space, 64), *probabilities], training=True).numpy()
    scale = (layer.gamma + layer.beta).numpy()
    strength = np.abs(outputs).mean(axis=(0, 1, 2)) / scale
    assert strength[:2].mean() > 1.5 * strength[4:8].mean() > 0.1


def test_bfloat16_computes_nearly_the_same() -> None:
    space = toy.bottlenecks()
    probabilities = constants(uniform(space))
    full, half = (filled(space, products=p) for p in ("float32", "bfloat16"))
    a, b = (m([examples(space), *probabilities], training=False) for m in (full, half))
    assert b.dtype == tf.float32
    np.testing.assert_allclose(a, b, atol=0.05 * np.abs(a).max())


def test_the_same_seed_gives_the_same_weights() -> None:
    a, b, c = (supernet(toy.space(), seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    assert not all(np.array_equal(x, y) for x, y in zip(a, c, strict=True))


@pytest.mark.parametrize("name", ["toy", "kernels"])
def test_mixed_bits_lie_between_four_and_eight(name: str) -> None:
    eight = SPACES_AT_TEST[name]()
    space = eight.with_bits(Bits(4, 4), Bits(8, 8))
    model = filled(space)
    outputs = []
    for four in (1.0, 0.5, 0.0):
        probabilities = [
            [four, 1 - four] if d.field == "bits" else p
            for d, p in zip(space.decisions, uniform(space), strict=True)
        ]
        outputs.append(model([examples(space), *constants(probabilities)], training=False).numpy())
    far, near = (np.abs(o - outputs[2]).max() for o in outputs[:2])
    assert far > near > 0
    same = filled(eight)([examples(eight), *constants(uniform(eight))], training=False)
    np.testing.assert_allclose(outputs[2], same, rtol=1e-5)


def test_four_bits_have_so_many_codes() -> None:
    rng = np.random.default_rng(0)
    kernel = tf.constant(rng.normal(size=(3, 3, 4, 2)), tf.float32)
    codes = four_bit_weights(kernel, 1.0).numpy()
    assert all(len(np.unique(codes[..., c])) <= 15 for c in range(2))
    assert np.abs(codes - kernel).max() <= np.abs(kernel).max() / 7
    x = tf.nn.relu(tf.constant(rng.normal(size=(1000, 2)), tf.float32))
    rounded = four_bit_activations(x, tf.ones(2), tf.zeros(2), "relu", 1.0).numpy()
    assert len(np.unique(rounded)) == 16 and rounded.max() == pytest.approx(3.0)
    signed = tf.constant(rng.normal(size=(1000, 2)), tf.float32)
    both = four_bit_activations(signed, tf.ones(2), tf.zeros(2), "none", 1.0).numpy()
    assert len(np.unique(both)) == 15 and both.min() == -both.max()
