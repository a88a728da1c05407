"""Knowledge distillation: a student learns from a teacher's outputs beside the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcugen.train.options import COEFFICIENT, TEMPERATURE
from mcugen.train.tensorflow import tf


@dataclass(frozen=True, eq=False)
class Teacher:
    """A trained Keras model that maps features to logits, or to probabilities.

    `coefficient` is its share in the student's loss.
    """

    model: Any
    name: str
    probabilities: bool = False
    coefficient: float = COEFFICIENT
    temperature: float = TEMPERATURE

    def logits(self, features: Any) -> Any:
        """[batch, classes]; the logarithms of probabilities serve as logits."""
        outputs = self.model(features, training=False)
        return tf.math.log(outputs + 1e-7) if self.probabilities else outputs


def distillation_loss(teacher: Any, student: Any, temperature: float) -> Any:
    """Kullback-Leibler divergence [batch] of softened logits, times the temperature's square.

    The square keeps its gradients as large as those of the labels' loss.
    Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015.
    """
    soft = tf.nn.softmax(teacher / temperature)
    gap = tf.nn.log_softmax(teacher / temperature) - tf.nn.log_softmax(student / temperature)
    return temperature**2 * tf.reduce_sum(soft * gap, axis=-1)
