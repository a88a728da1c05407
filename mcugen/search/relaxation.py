"""Choices as probabilities with gradients: the architecture's parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.search.space import Decision, Space
from mcugen.train.tensorflow import keras, tf

KEPT = 2.0
"""The logit with which an optional block begins to be there, against 0: it is, at 88 %. Blocks that
begin even are dropped before their weights have learnt anything."""

LEAST_UNIFORM = 1e-6
"""Single precision has draws of 0, of which there is no logarithm."""

Probabilities = tuple[Any, ...]
"""A vector for each decision, in their order; each sums to 1."""


class Relaxation:
    """One vector of logits for each decision of a space."""

    def __init__(self, space: Space) -> None:
        self.variables = [
            keras.Variable(_beginning(decision), name=f"{decision.node}_{decision.field}")
            for decision in space.decisions
        ]

    def probabilities(self) -> Probabilities:
        """Without noise: what costs are computed from, and what a network is decoded from."""
        return tuple(tf.nn.softmax(variable.value) for variable in self.variables)

    def sample(self, temperature: Any, seed: Any) -> Probabilities:
        """A draw that has gradients; the colder, the nearer to a single choice.

        `seed` [2] is all that the noise depends on. Source: Jang et al., "Categorical
        Reparameterization with Gumbel-Softmax", ICLR 2017.
        """
        drawn = []
        for index, variable in enumerate(self.variables):
            uniform = tf.random.stateless_uniform(
                variable.shape, tf.random.fold_in(seed, index), LEAST_UNIFORM, 1.0
            )
            noise = -tf.math.log(-tf.math.log(uniform))
            drawn.append(tf.nn.softmax((variable.value + noise) / temperature))
        return tuple(drawn)

    def arrays(self) -> tuple[npt.NDArray[np.float64], ...]:
        """The probabilities as they are now, for what does without TensorFlow."""
        exact = (tf.nn.softmax(tf.cast(v.value, tf.float64)) for v in self.variables)
        return tuple(np.asarray(probabilities.numpy()) for probabilities in exact)


def spread(probabilities: Probabilities) -> Any:
    """How far likely choices lie apart, on average: 1 where the extremes are even, 0 if certain.

    Of a decision it is four times the variance of the choice's place, from 0, the first, to 1.
    """
    variances = []
    for p in probabilities:
        places = np.linspace(0.0, 1.0, p.shape[0], dtype=np.float32)
        mean = tf.reduce_sum(p * places)
        variances.append(4.0 * tf.reduce_sum(p * (places - mean) ** 2))
    return tf.add_n(variances) / max(1, len(variances)) if variances else tf.zeros(())


def certainty(probabilities: Probabilities) -> float:
    """How far decisions are taken, on average: 0 where all choices are alike, 1 if one is certain.

    Of a decision it is the largest probability, less what that is of equal ones.
    """
    shares = [
        (float(np.max(p)) - 1.0 / len(p)) / (1.0 - 1.0 / len(p))
        for p in probabilities
        if len(p) > 1
    ]
    return float(np.mean(shares)) if shares else 1.0


def _beginning(decision: Decision) -> npt.NDArray[np.float32]:
    logits = np.zeros(len(decision.choices), np.float32)
    if decision.field == "keep":
        logits[-1] = KEPT
    return logits
