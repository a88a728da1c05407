"""The training loop: data resident as tensors, batches gathered and many steps taken in a graph."""

from __future__ import annotations

import dataclasses
import math
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.progress import Progress, silent
from mcugen.tasks.base import Data, Recipe, Split, Task
from mcugen.train.adamw import AdamW
from mcugen.train.augment import augment
from mcugen.train.checkpoint import (
    Arrays,
    Checkpoint,
    read_checkpoint,
    set_weights,
    weights_of,
    write_checkpoint,
)
from mcugen.train.diagnostics import Examiner, not_finite
from mcugen.train.distillation import COEFFICIENT, Teacher, distillation_loss
from mcugen.train.journal import Journal
from mcugen.train.results import Epoch, Finding
from mcugen.train.tensorflow import tf

EVALUATION_BATCH = 512
EXAMINED_EXAMPLES = 256
REPORT_SECONDS = 0.5
"""About how long the graph works between two reports of progress."""

Outputs = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Stage:
    """One stage of training; `name` also names its checkpoint. For the rest see `Recipe`."""

    name: str
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    label_smoothing: float
    patience: int
    seed: int

    @classmethod
    def of(cls, name: str, recipe: Recipe, seed: int, *, quantized: bool = False) -> Stage:
        """The stage as a recipe has it, for the float network or for the quantized one."""
        return cls(
            name=name,
            epochs=recipe.qat_epochs if quantized else recipe.epochs,
            batch=recipe.batch,
            learning_rate=recipe.qat_learning_rate if quantized else recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            label_smoothing=recipe.label_smoothing,
            patience=recipe.patience,
            seed=seed,
        )


@dataclass(frozen=True)
class Fitted:
    """What a stage came to. The model has the weights of `best_epoch` then."""

    best_epoch: int
    findings: tuple[Finding, ...]


def fit(
    model: Any,
    stage: Stage,
    task: Task,
    data: Data,
    checkpoint: Path,
    journal: Journal,
    *,
    trained: bool = False,
    teacher: Teacher | None = None,
    about: dict[str, Any] | None = None,
    progress: Progress = silent,
) -> Fitted:
    """Trains `model`, or goes on where the file `checkpoint` ends, and keeps the best epoch.

    Best is the highest validation score, the latest of equal ones; what a `trained` model begins
    with counts as epoch 0. The checkpoint is replaced after every epoch; `about` is put into it.
    The same arguments give the same weights, interrupted or not. Raises McugenError, naming the
    layer, if the loss or a gradient is no longer finite.
    """
    training = _Training(model, stage, task, data, teacher)
    predict, examine = Predictor(model), Examiner(model)
    examined = data.validation.features[:EXAMINED_EXAMPLES]

    def measure() -> tuple[float, float | None]:
        outputs = predict(data.validation.features)
        score = task.score(outputs, data.validation, data)
        loss = mean_loss(outputs, data.validation, data)
        return loss, float(score) if np.isfinite(score) else None

    if checkpoint.exists():
        state = _restored(training, read_checkpoint(checkpoint), str(checkpoint))
        journal.extend(state.history)
    else:
        state = _State(about or {}, weights_of(model))
        if trained:
            state.best_merit = _merit(*measure())
        write_checkpoint(checkpoint, state.checkpoint(training))
    while not state.finished(stage):
        number = len(state.history) + 1
        report = _Report(progress, stage, number, training.steps)
        loss, accuracy = training.epoch(number, report)
        validation_loss, validation_score = measure()
        epoch = Epoch(
            stage=stage.name,
            epoch=number,
            learning_rate=training.optimizer.learning_rate(number * training.steps - 1),
            loss=loss,
            accuracy=accuracy,
            validation_loss=validation_loss,
            validation_score=validation_score,
        )
        state.add(epoch, weights_of(model))
        write_checkpoint(checkpoint, state.checkpoint(training))
        journal.record(epoch)
        report.finished(epoch, task.metric, examine(examined))
    set_weights(model, state.best, str(checkpoint))
    return Fitted(state.best_epoch, examine(examined))


class Predictor:
    """A model as it is used, not trained, for any number of examples."""

    def __init__(self, model: Any) -> None:
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        self._run = tf.function(lambda features: model(features, training=False), signature)

    def __call__(self, features: npt.NDArray[np.float32]) -> Outputs:
        """Outputs [examples, ...]."""
        parts = [
            self._run(tf.constant(features[start : start + EVALUATION_BATCH])).numpy()
            for start in range(0, len(features), EVALUATION_BATCH)
        ]
        return np.concatenate(parts)


def mean_loss(outputs: Outputs, split: Split, data: Data) -> float:
    """Cross-entropy of logits with the labels, or the mean square error of reproduced inputs."""
    values = outputs.astype(np.float64)
    if data.target == "inputs":
        return float(np.mean((values - split.features.reshape(values.shape)) ** 2))
    values -= values.max(axis=1, keepdims=True)
    chosen = values[np.arange(len(values)), split.labels]
    return float(np.mean(np.log(np.exp(values).sum(axis=1)) - chosen))


class _Training:
    """A model, its data and its optimizer in one graph."""

    def __init__(
        self, model: Any, stage: Stage, task: Task, data: Data, teacher: Teacher | None
    ) -> None:
        self.model, self._stage, self._data, self._teacher = model, stage, data, teacher
        self._augmentations = task.augmentations
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
        self._run = tf.function(
            self._take_steps, input_signature=[tf.TensorSpec((None, self._batch), tf.int32)]
        )

    def epoch(self, number: int, report: _Report) -> tuple[float, float | None]:
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
            new, new_hits = self._run(tf.constant(part))
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
        features, targets = self._examples_of(tf.constant(indices))
        _, _, gradients = self._gradients(features, targets)
        return not_finite(self.model, features, gradients, place)

    def _take_steps(self, batches: Any) -> tuple[Any, Any]:
        """Steps on batches [steps, batch] of indices; ends with a loss of NaN if one fails.

        Gives the losses of the steps taken, and how many examples were classified rightly.
        """
        losses = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=())
        hits, finite = tf.constant(0, tf.int64), tf.constant(True)
        k = tf.constant(0)
        while k < tf.shape(batches)[0] and finite:
            features, targets = self._examples_of(batches[k])
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

    def _examples_of(self, indices: Any) -> tuple[Any, Any]:
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
        if self._teacher is None:
            return losses
        distilled = distillation_loss(self._teacher.logits(features), outputs)
        return (1 - COEFFICIENT) * losses + COEFFICIENT * distilled


class _State:
    """How far a stage is, and the best weights so far."""

    def __init__(self, about: dict[str, Any], best: Arrays) -> None:
        self.about, self.best = about, best
        self.best_epoch = 0
        self.best_merit = -math.inf
        self.history: list[Epoch] = []

    def add(self, epoch: Epoch, weights: Arrays) -> None:
        self.history.append(epoch)
        merit = _merit(epoch.validation_loss, epoch.validation_score)
        if merit >= self.best_merit:
            self.best, self.best_epoch, self.best_merit = weights, epoch.epoch, merit

    def finished(self, stage: Stage) -> bool:
        """Whether all epochs are done, or as many as the patience have brought nothing better."""
        done = len(self.history)
        waited = done - self.best_epoch
        return done >= stage.epochs or 0 < stage.patience <= waited

    def checkpoint(self, training: _Training) -> Checkpoint:
        about = self.about | {
            "history": [dataclasses.asdict(epoch) for epoch in self.history],
            "best_epoch": self.best_epoch,
            "best_merit": self.best_merit,
        }
        return Checkpoint(weights_of(training.model), self.best, training.optimizer.state(), about)


def _merit(loss: float, score: float | None) -> float:
    """The score; minus the loss where that is not defined."""
    return -loss if score is None else score


def _restored(training: _Training, checkpoint: Checkpoint, origin: str) -> _State:
    """Sets model and optimizer as they were when the checkpoint was written."""
    set_weights(training.model, checkpoint.weights, origin)
    training.optimizer.restore(checkpoint.optimizer)
    about = dict(checkpoint.about)
    history = [Epoch(**epoch) for epoch in about.pop("history")]
    best_epoch, best_merit = about.pop("best_epoch"), about.pop("best_merit")
    state = _State(about, checkpoint.best)
    state.history, state.best_epoch, state.best_merit = history, best_epoch, best_merit
    return state


class _Report:
    """Progress of one epoch, and how many steps fit between two reports."""

    def __init__(self, progress: Progress, stage: Stage, number: int, steps: int) -> None:
        self._progress, self._steps = progress, steps
        self._title = f"{stage.name}, epoch {number}/{stage.epochs}"
        self._started = 0.0
        self.steps_at_once = 1

    def __call__(self, done: int, losses: npt.NDArray[Any], accuracy: float | None) -> None:
        """After `done` steps; the first call, with none, starts the clock."""
        if done == 0:
            self._started = time.monotonic()
            self._progress(self._title, 0, self._steps, "starting")
            return
        pace = (time.monotonic() - self._started) / done
        self.steps_at_once = max(1, round(REPORT_SECONDS / max(pace, 1e-6)))
        # The last report of an epoch is `finished`.
        if done < self._steps:
            figures = _figures(float(losses.mean()), accuracy)
            self._progress(self._title, done, self._steps, figures)

    def finished(self, epoch: Epoch, metric: str, findings: tuple[Finding, ...]) -> None:
        """The epoch's line."""
        figures = _figures(epoch.loss, epoch.accuracy)
        figures += f", validation loss {epoch.validation_loss:.4g}"
        if epoch.validation_score is not None:
            figures += f", {metric} {100 * epoch.validation_score:.1f} %"
        for finding in findings:
            figures += f"; {finding}"
        self._progress(self._title, self._steps, self._steps, figures)


def _figures(loss: float, accuracy: float | None) -> str:
    text = f"loss {loss:.4g}"
    return text if accuracy is None else f"{text}, accuracy {100 * accuracy:.1f} %"
