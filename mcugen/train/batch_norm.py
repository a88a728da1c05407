"""Batch normalisation in one fused kernel."""

from __future__ import annotations

from typing import Any

from mcugen.train.tensorflow import keras, tf


@keras.saving.register_keras_serializable(package="mcugen")
class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Keras's BatchNormalization over the last axis of [n, h, w, c] or [n, c], computed faster.

    Keras composes the normalisation of a dozen operations; TensorFlow has it as one, and its
    gradient as another. Weights and results are the same, but for the moving variance, which here
    averages unbiased estimates: n - 1 in the denominator.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalises by the batch's statistics if `training`, else by the moving ones."""
        image = inputs if inputs.shape.rank == 4 else inputs[:, None, None, :]
        learning = bool(training) and self.trainable
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            image,
            self.gamma if self.scale else tf.ones_like(self.moving_mean),
            self.beta if self.center else tf.zeros_like(self.moving_mean),
            mean=None if learning else self.moving_mean,
            variance=None if learning else self.moving_variance,
            epsilon=self.epsilon,
            is_training=learning,
        )
        if learning:
            for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))
        return outputs if inputs.shape.rank == 4 else outputs[:, 0, 0, :]
