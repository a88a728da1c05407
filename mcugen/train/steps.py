"""Steps of training: data resident as tensors, batches drawn and many steps taken in a graph."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.tasks.base import Data, Task
from mcugen.train.adamw import AdamW
from mcugen.train.augment import augment, suitable
from mcugen.train.diagnostics import not_finite
from mcugen.train.distillation import Teacher, distillation_loss
from mcugen.train.epoch_progress import EpochProgress
from mcugen.train.stages import Stage
from mcugen.train.tensorflow import tf


class Training:
    """A model, its data and its optimizer in one graph.

    `take`, in the graph, takes steps on batches [steps, batch] of indices; it ends with a loss of
    NaN if one fails. It gives the losses of the steps taken, and how many examples were classified
    rightly.
    """

    def __init__(
        self, model: Any, stage: Stage, task: Task, data: Data, teacher: Teacher | None
    ) -> None:
        self.model, self._stage, self._data, self._teacher = model, stage, data, teacher
        self._augmentations = suitable(task.augmentations, data)
        self._examples = len(data.train)
        self._batch = min(stage.batch, self._examples)
        self.steps = self._examples // self._batch
        self._features = tf.constant(data.train.features)
        self._labels = tf.constant(data.train.labels)
        self._key = zlib.crc32(stage.name.encode())
        self._seed = int(np.random.SeedSequence([stage.seed, self._key]).generate_state(1)[0] >> 1)
        self.optimizer = AdamW(
            model.trainable_variables,
            stage.learning_rate,
            stage.epochs * self.steps,
            stage.weight_decay,
        )
        self.take = tf.function(
            self._take, input_signature=[tf.TensorSpec((None, self._batch), tf.int32)]
        )

    def epoch(self, number: int, report: EpochProgress) -> tuple[float, float | None]:
        """One pass over the shuffled examples; gives the mean loss and accuracy.

        Examples that do not fill a batch are left out, others in each epoch.
        """
        order = np.random.default_rng([self._stage.seed, self._key, number])
        shuffled = order.permutation(self._examples)[: self.steps * self._batch]
        batches = shuffled.astype(np.int32).reshape(self.steps, self._batch)
        losses = np.zeros(0)
        hits = 0
        report(0, losses, None)
        while len(losses) < self.steps:
            part = batches[len(losses) :][: report.steps_at_once]
            new, new_hits = self.take(tf.constant(part))
            losses = np.concatenate([losses, new.numpy()])
            if not np.isfinite(losses[-1]):
                place = f"{self._stage.name}, epoch {number}, step {len(losses)} of {self.steps}"
                raise self._explain(batches[len(losses) - 1], place)
            hits += int(new_hits)
            report(len(losses), losses, self._accuracy(hits, len(losses)))
        return float(losses.mean()), self._accuracy(hits, self.steps)

    def _accuracy(self, hits: int, steps: int) -> float | None:
        return None if self._data.target == "inputs" else hits / (steps * self._batch)

    def _explain(self, indices: npt.NDArray[np.int32], place: str) -> McugenError:
        """Repeats the step that failed, which has changed nothing, and names the layer."""
        features, targets = self.draw(tf.constant(indices))
        _, _, gradients = self._gradients(features, targets)
        return not_finite(self.model, features, gradients, place, self._stage.advice)

    def _take(self, batches: Any) -> tuple[Any, Any]:
        """What `take` runs."""
        losses = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=())
        hits, finite = tf.constant(0, tf.int64), tf.constant(True)
        k = tf.constant(0)
        while k < tf.shape(batches)[0] and finite:
            features, targets = self.draw(batches[k])
            loss, right, gradients = self._gradients(features, targets)
            # A ReLU can hide a NaN from the loss, but not from the gradients.
            sums = tf.add_n([tf.reduce_sum(gradient) for gradient in gradients])
            finite = tf.math.is_finite(loss) & tf.math.is_finite(sums)
            if finite:
                self.optimizer.apply(gradients)
            losses = losses.write(k, tf.where(finite, loss, np.nan))
            hits += right
            k += 1
        return losses.stack(), hits

    def draw(self, indices: Any) -> tuple[Any, Any]:
        """Augmented features and targets of a batch, as the optimizer's step draws them."""
        seed = tf.stack([tf.constant(self._seed, tf.int64), self.optimizer.step])
        features = tf.gather(self._features, indices)
        targets = tf.one_hot(tf.gather(self._labels, indices), len(self._data.classes))
        return augment((features, targets), self._augmentations, seed)

    def _gradients(self, features: Any, targets: Any) -> tuple[Any, Any, Any]:
        """The mean loss, how many are classified rightly, and the gradients."""
        with tf.GradientTape() as tape:
            outputs = self.model(features, training=True)
            loss = tf.reduce_mean(self._losses(features, targets, outputs))
        gradients = tape.gradient(loss, self.optimizer.variables, unconnected_gradients="zero")
        if self._data.target == "inputs":
            return loss, tf.constant(0, tf.int64), gradients
        right = tf.argmax(outputs, axis=-1) == tf.argmax(targets, axis=-1)
        return loss, tf.math.count_nonzero(right), gradients

    def _losses(self, features: Any, targets: Any, outputs: Any) -> Any:
        """The loss of every example [batch]."""
        if self._data.target == "inputs":
            error = outputs - tf.reshape(features, tf.shape(outputs))
            return tf.reduce_mean(error * error, axis=tuple(range(1, len(outputs.shape))))
        smoothing = self._stage.label_smoothing
        smooth = (1 - smoothing) * targets + smoothing / len(self._data.classes)
        losses = tf.nn.softmax_cross_entropy_with_logits(smooth, outputs)
        teacher = self._teacher
        if teacher is None:
            return losses
        distilled = distillation_loss(teacher.logits(features), outputs, teacher.temperature)
        return (1 - teacher.coefficient) * losses + teacher.coefficient * distilled
