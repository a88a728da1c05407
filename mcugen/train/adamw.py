"""AdamW with a cosine schedule, one fused kernel a variable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.train.tensorflow import tf

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7
LAST_SHARE = 0.01
"""Of the peak learning rate, at the end of the schedule."""


class AdamW:
    """Adam with decoupled weight decay, for Keras variables.

    The learning rate falls from `peak` to a hundredth of it as half a cosine over `steps`. Only
    variables of two or more axes decay: neither biases, nor normalisation, nor scales do.
    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
    """

    def __init__(self, variables: Sequence[Any], peak: float, steps: int, decay: float) -> None:
        self._names = [variable.path for variable in variables]
        self.variables = [variable.value for variable in variables]
        self._means = [tf.Variable(tf.zeros_like(v)) for v in self.variables]
        self._squares = [tf.Variable(tf.zeros_like(v)) for v in self.variables]
        self._peak, self._steps, self._decay = peak, steps, decay
        self.step = tf.Variable(0, dtype=tf.int64)

    def learning_rate(self, step: int) -> float:
        """The rate of the step with this number, counted from 0."""
        fallen = (1 + math.cos(math.pi * min(1.0, step / self._steps))) / 2
        return self._peak * (LAST_SHARE + (1 - LAST_SHARE) * fallen)

    def apply(self, gradients: Sequence[Any]) -> None:
        """One step down the gradients, in the order of the variables."""
        share = tf.minimum(1.0, tf.cast(self.step, tf.float32) / self._steps)
        fallen = (1 + tf.cos(math.pi * share)) / 2
        rate = self._peak * (LAST_SHARE + (1 - LAST_SHARE) * fallen)
        count = tf.cast(self.step.assign_add(1), tf.float32)
        for variable, mean, square, gradient in zip(
            self.variables, self._means, self._squares, gradients, strict=True
        ):
            if self._decay and len(variable.shape) >= 2:
                variable.assign_sub(rate * self._decay * variable)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=BETA1**count,
                beta2_power=BETA2**count,
                lr=rate,
                beta1=BETA1,
                beta2=BETA2,
                epsilon=EPSILON,
                grad=gradient,
            )

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that the next step depends on besides the variables, as arrays by stable names."""
        arrays = {"step": np.asarray(self.step.numpy())}
        for name, mean, square in zip(self._names, self._means, self._squares, strict=True):
            arrays[f"mean/{name}"] = mean.numpy()
            arrays[f"square/{name}"] = square.numpy()
        return arrays

    def restore(self, arrays: dict[str, npt.NDArray[Any]]) -> None:
        """Takes a `state` back; raises KeyError or ValueError for that of other variables."""
        self.step.assign(arrays["step"])
        for name, mean, square in zip(self._names, self._means, self._squares, strict=True):
            mean.assign(arrays[f"mean/{name}"])
            square.assign(arrays[f"square/{name}"])
