"""Multipliers that adapt, so that users set budgets and no weights of penalties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcugen.search.costs import CostName
from mcugen.train.tensorflow import tf

STIFFNESS = 2.0
"""Of the quadratic term: how hard a violation counts at once."""

PACE = 0.1
"""How fast multipliers follow a violation, a step."""

MOST_AT_ONCE = 0.1
"""Violations that a multiplier follows: what starts far off must not wind it up."""

RELEASE = 0.9
"""What a step leaves of a multiplier whose bound is kept with room to spare."""

USED = 0.98
"""The share of the binding budget that is to be used at least."""


class Multipliers:
    """Penalties of an augmented Lagrangian: one bound for each budget, one for using them.

    With g the logarithm of a cost's share of its budget, bounds are g <= 0, and that the largest g
    is at least that of `USED`: the task alone hardly feels how wide layers are, so that costs which
    only bounds push would fall and fall.
    Source: Nocedal and Wright, "Numerical Optimization", 2006, section 17.4.
    """

    def __init__(self, names: tuple[CostName, ...]) -> None:
        self._names = names
        self.values = tf.Variable(tf.zeros(len(names) + 1))

    def violations(self, excesses: Mapping[CostName, Any]) -> Any:
        """[budgets + 1] from the relative excesses of the budgets' costs; negative where kept."""
        shares = tf.stack([tf.math.log(1.0 + excesses[name]) for name in self._names])
        unused = tf.math.log(USED) - tf.reduce_max(shares)
        return tf.concat([shares, unused[None]], axis=0)

    def penalty(self, violations: Any) -> Any:
        """What is added to the task's loss."""
        values = tf.convert_to_tensor(self.values)
        reached = tf.maximum(0.0, values + STIFFNESS * violations)
        return tf.reduce_sum(reached**2 - values**2) / (2 * STIFFNESS)

    def follow(self, violations: Any) -> None:
        """Takes the multipliers one step further."""
        kept = tf.where(violations < -MOST_AT_ONCE / 2, RELEASE, 1.0)
        step = PACE * tf.clip_by_value(violations, -MOST_AT_ONCE, MOST_AT_ONCE)
        self.values.assign(tf.maximum(0.0, kept * self.values + step))
