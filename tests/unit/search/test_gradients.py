"""Gradients of costs are those that finite differences show."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.isa import Isa
from mcugen.search.costs import CostModel
from mcugen.search.latency import LatencyModel, Rate, features_of
from mcugen.search.space import Space
from mcugen.search.spaces import load_space
from mcugen.search.walk import Floats
from mcugen.train.spec import Bits
from mcugen.train.tensorflow import keras, tf
from tests.unit.search.test_costs import EVERYTHING, MIXED

pytestmark = pytest.mark.train

NAMES = ("ops", "params", "weights_bytes", "flash_bytes", "memory_bytes", "latency")


def model_of(space: Space) -> CostModel:
    rng = np.random.default_rng(0)
    rates = {g: Rate(2.0, 5.0, 300.0) for g in features_of(space.architecture(space.sample(rng)))}
    latency = LatencyModel("qemu_m4", "aot", "instructions", "emulator", rates, 1.0, 20)
    return CostModel(space, Isa.DSP, latency)


def softmax(logits: list[Floats]) -> list[Floats]:
    return [np.exp(x - x.max()) / np.exp(x - x.max()).sum() for x in logits]


@pytest.mark.parametrize(
    ("space", "bits"),
    [(EVERYTHING, (Bits(8, 8),)), (EVERYTHING, MIXED), (load_space("kws"), (Bits(8, 8),))],
)
def test_costs_and_gradients(space: Space, bits: tuple[Bits, ...]) -> None:
    space = space.with_bits(*bits)
    model = model_of(space)
    rng = np.random.default_rng(1)
    logits = [rng.normal(size=len(d.choices)) for d in space.decisions]
    variables = [tf.Variable(x, dtype=tf.float32) for x in logits]

    with tf.GradientTape(persistent=True) as tape:
        found = model.costs([tf.nn.softmax(v) for v in variables], keras.ops, smoothness=0.02)
        values = [getattr(found, name) for name in NAMES]
    gradients = [tape.gradient(value, variables) for value in values]
    exact = model.costs(softmax(logits), smoothness=0.02)
    for i, name in enumerate(NAMES):
        value = getattr(exact, name)
        assert float(values[i]) == pytest.approx(value, rel=1e-4), name
        for _ in range(3):
            direction = [rng.normal(size=len(x)) for x in logits]
            step = 1e-4
            ends = [
                getattr(
                    model.costs(
                        softmax([x + s * d for x, d in zip(logits, direction, strict=True)]),
                        smoothness=0.02,
                    ),
                    name,
                )
                for s in (step, -step)
            ]
            slope = (ends[0] - ends[1]) / (2 * step)
            change = sum(
                float(np.sum(g.numpy() * d))
                for g, d in zip(gradients[i], direction, strict=True)
                if g is not None
            )
            assert change == pytest.approx(slope, rel=2e-3, abs=2e-4 * value), name
