"""Probabilities of choices, the schedule that makes them certain, and the budgets' multipliers."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcugen.search.multipliers import Multipliers
from mcugen.search.relaxation import Relaxation, certainty, spread
from mcugen.search.schedule import Plan
from mcugen.search.walk import one_hot, uniform
from mcugen.train.tensorflow import tf
from tests.unit.search import toy

pytestmark = pytest.mark.train

PLAN = Plan(
    epochs=50,
    warmup_epochs=10,
    batch=16,
    learning_rate=1e-2,
    weight_decay=0.0,
    label_smoothing=0.0,
    seed=0,
)


def test_widths_begin_even_and_blocks_kept() -> None:
    space = toy.space()
    for decision, p in zip(space.decisions, Relaxation(space).arrays(), strict=True):
        assert p.sum() == pytest.approx(1)
        if decision.field == "keep":
            assert p[1] > 0.85
        else:
            np.testing.assert_allclose(p, 1 / len(p))


def test_samples_follow_the_seed_and_the_temperature() -> None:
    relaxation = Relaxation(toy.space())
    seeds = [tf.constant([1, step], tf.int64) for step in (0, 0, 1)]
    a, b, c = (np.concatenate(relaxation.sample(1.0, seed)) for seed in seeds)
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    hot, cold = (relaxation.sample(t, seeds[0]) for t in (10.0, 0.1))
    assert all(p.numpy().sum() == pytest.approx(1, abs=1e-5) for p in (*hot, *cold))
    assert certainty(cold) > certainty(hot) + 0.3


def test_cold_samples_are_as_likely_as_their_probabilities() -> None:
    relaxation = Relaxation(toy.space())
    chosen = [
        int(relaxation.sample(0.01, tf.constant([0, step], tf.int64))[1].numpy().argmax())
        for step in range(400)
    ]
    assert np.mean(chosen) == pytest.approx(relaxation.arrays()[1][1], abs=0.06)


def test_certainty_and_spread() -> None:
    space = toy.space()
    even, certain = uniform(space), one_hot(space, tuple(0 for _ in space.decisions))
    assert certainty(even) == pytest.approx(0) and certainty(certain) == pytest.approx(1)
    assert float(spread(certain)) == 0 < float(spread(even)) < 1
    extremes = (np.array([0.5, 0, 0.5]),)
    assert float(spread(extremes)) == pytest.approx(1)
    assert certainty(()) == 1 and float(spread(())) == 0


def test_the_temperature_falls_only_as_decisions_are_taken() -> None:
    assert PLAN.temperature_of(10, 0.0) == PLAN.temperature == PLAN.temperature_of(50, 0.0)
    falling = [PLAN.temperature_of(epoch, 0.6) for epoch in range(11, 51)]
    assert falling == sorted(falling, reverse=True) and falling[-1] > 1
    assert PLAN.temperature_of(50, 0.9) == 1.0
    assert 0.5 <= PLAN.temperature_of(50, 1.0) < 1.0
    assert PLAN.temperature_of(20, 1.0) > 1.0
    decisive = [PLAN.decisiveness_of(epoch) for epoch in (1, 10, 26, 42, 50)]
    assert decisive == [0, 0, 0.5, 1, 1]


@pytest.mark.parametrize("cost", [0.2, 5.0])
def test_multipliers_bring_a_cost_to_its_budget_and_hold_it(cost: float) -> None:
    """Against a pull of the task that is not known, from far below and from far above."""
    multipliers = Multipliers(("ops", "sram"))
    size, task = tf.Variable(0.0), tf.Variable(0.0)  # of the loss, what a larger cost gains

    @tf.function
    def path() -> tf.Tensor:
        costs = tf.TensorArray(tf.float32, 600)
        for step in tf.range(600):
            with tf.GradientTape() as tape:
                excesses = {"ops": tf.exp(size) - 1.0, "sram": tf.exp(size) * 0.5 - 1.0}
                violations = multipliers.violations(excesses)
                loss = -task * size + multipliers.penalty(violations)
            size.assign_sub(tf.clip_by_value(tape.gradient(loss, size), -0.02, 0.02))
            multipliers.follow(violations)
            costs = costs.write(step, tf.exp(size))
        return costs.stack()

    for gain in (-0.05, 0.05, 0.3):
        multipliers.values.assign(tf.zeros(3))
        size.assign(np.log(cost))
        task.assign(gain)
        costs = path().numpy()
        assert 0.95 <= costs[-100:].mean() <= 1.02, gain
        assert costs[200:].min() > 0.8
        assert multipliers.values.numpy()[1] == 0  # of the budget that never binds
