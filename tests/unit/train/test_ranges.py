"""First ranges of activations."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.errors import McugenError
from mcugen.train.ranges import Observed, Range, best_step, linear_range, observe, relu_range
from mcugen.train.tensorflow import keras

pytestmark = pytest.mark.train


def observed(values: object) -> Observed:
    sample = np.array(values, np.float32)
    return Observed(float(sample.min()), float(sample.max()), sample)


def test_eight_bits_hold_everything() -> None:
    assert relu_range(observed([0.0, 1.0, 5.1]), 8) == Range(pytest.approx(0.02), -128)
    assert linear_range(observed([-1.0, 4.1]), 8) == Range(pytest.approx(0.02), -78)
    assert linear_range(observed([2.0, 5.1]), 8) == Range(pytest.approx(0.02), -128)
    assert linear_range(observed([-5.1, -2.0]), 8) == Range(pytest.approx(0.02), 127)


def test_four_bits_have_the_scales_of_fused_activations() -> None:
    relu = relu_range(observed(np.arange(16.0)), 4)
    assert relu == Range(1.0, -128, -128, -113, float(np.float32(0.4)))
    linear = linear_range(observed(np.arange(-7.0, 8.0)), 4)
    assert linear == Range(1.0, 0, -7, 7, float(np.float32(1 / 7)))


def test_a_search_clips_outliers() -> None:
    rng = np.random.default_rng(0)
    values = np.abs(rng.normal(size=10000)).astype(np.float32)
    values[0] = 8.0
    step = best_step(values, 8.0 / 15, 0, 15)
    assert 2.0 < 15 * step < 4.0

    def error(step: float) -> float:
        return float(np.mean((values - step * np.clip(np.rint(values / step), 0, 15)) ** 2))

    assert error(step) < 0.5 * error(8.0 / 15)
    assert error(step) <= min(error(0.95 * step), error(1.05 * step)) * 1.01


def test_an_activation_that_is_always_zero() -> None:
    zeros = observed(np.zeros(5))
    for found in (relu_range(zeros, 8), relu_range(zeros, 4), linear_range(zeros, 8)):
        assert found.step > 0.0


def test_observe_sees_all_batches_and_samples_them() -> None:
    inputs = keras.Input((50, 40, 1), name="input")
    model = keras.Model(inputs, keras.layers.ReLU()(inputs))
    examples = np.random.default_rng(0).normal(size=(150, 50, 40, 1)).astype(np.float32)
    examples[149, 0, 0] = 99.0
    examples[0, 1, 1] = -77.0
    found = observe(model, {"input": inputs, "relu": model.outputs[0]}, examples)
    assert (found["input"].low, found["input"].high) == (-77.0, 99.0)
    assert (found["relu"].low, found["relu"].high) == (0.0, 99.0)
    assert 1 << 14 < len(found["relu"].sample) <= 1 << 16


def test_values_that_are_not_finite_are_named() -> None:
    inputs = keras.Input((2,), name="input")
    layer = keras.layers.Dense(3, name="broken")
    model = keras.Model(inputs, layer(inputs))
    layer.kernel.assign(np.full((2, 3), np.nan))
    with pytest.raises(McugenError, match="the output of 'broken' is not finite"):
        observe(model, {"broken": layer.output}, np.ones((1, 2), np.float32))
