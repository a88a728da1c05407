"""The training loop: epochs, checkpoints, the best weights."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.progress import Progress, silent
from mcugen.tasks.base import Data, Split, Task
from mcugen.train.checkpoint import (
    Arrays,
    Checkpoint,
    check_weights,
    read_checkpoint,
    set_weights,
    weights_of,
    write_checkpoint,
)
from mcugen.train.diagnostics import Examiner
from mcugen.train.distillation import Teacher
from mcugen.train.epoch_progress import EpochProgress
from mcugen.train.examples import some
from mcugen.train.footprint import examples_at_once, outputs_of
from mcugen.train.journal import Journal
from mcugen.train.repeatable import repeat_exactly
from mcugen.train.results import Epoch, Finding
from mcugen.train.stages import Stage
from mcugen.train.steps import Training
from mcugen.train.tensorflow import tf

EVALUATION_BATCH = 512
EXAMINED_EXAMPLES = 256

Outputs = npt.NDArray[np.float32]


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
    repeat_exactly()
    training = Training(model, stage, task, data, teacher)
    predict, examine = Predictor(model), Examiner(model)
    few = examples_at_once(outputs_of(model), EXAMINED_EXAMPLES)
    examined = some(data.validation.features, few, stage.seed)

    def measure() -> tuple[float, float | None]:
        outputs = predict(data.validation.features)
        score = task.score(outputs, data.validation, data)
        loss = mean_loss(outputs, data.validation, data)
        return loss, float(score) if np.isfinite(score) else None

    if checkpoint.exists():
        state = _restored(training, read_checkpoint(checkpoint), about or {}, f"'{checkpoint}'")
        journal.extend(state.history)
    else:
        state = _State(about or {}, weights_of(model))
        if trained:
            state.best_merit = _merit(*measure())
        write_checkpoint(checkpoint, state.checkpoint(training))
    while not state.finished(stage):
        number = len(state.history) + 1
        report = EpochProgress(progress, stage, number, training.steps)
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
        self._batch = examples_at_once(outputs_of(model), EVALUATION_BATCH)

    def __call__(self, features: npt.NDArray[np.float32]) -> Outputs:
        """Outputs [examples, ...]."""
        parts = [
            self._run(tf.constant(features[start : start + self._batch])).numpy()
            for start in range(0, len(features), self._batch)
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

    def checkpoint(self, training: Training) -> Checkpoint:
        about = self.about | {
            "history": [dataclasses.asdict(epoch) for epoch in self.history],
            "best_epoch": self.best_epoch,
            "best_merit": self.best_merit,
        }
        return Checkpoint(weights_of(training.model), self.best, training.optimizer.state(), about)


def _merit(loss: float, score: float | None) -> float:
    """The score; minus the loss where that is not defined."""
    return -loss if score is None else score


def _restored(
    training: Training, checkpoint: Checkpoint, about: dict[str, Any], origin: str
) -> _State:
    """Sets model and optimizer as they were when the checkpoint was written.

    Raises InputRejected, naming `origin`, if it is damaged or not about the same.
    """
    state = _State(about, checkpoint.best)
    try:
        state.history = [Epoch(**epoch) for epoch in checkpoint.about["history"]]
        state.best_epoch = int(checkpoint.about["best_epoch"])
        state.best_merit = float(checkpoint.about["best_merit"])
        training.optimizer.restore(checkpoint.optimizer)
    except (KeyError, TypeError, ValueError) as error:
        raise InputRejected(f"{origin} is damaged: {error}", "begin anew: --force") from None
    # As JSON has it: tuples are lists there.
    for name, value in json.loads(json.dumps(about)).items():
        if checkpoint.about.get(name) != value:
            raise InputRejected(
                f"{origin} is of a stage that had another {name}, of the network or of the data",
                "begin anew: --force",
            )
    set_weights(training.model, checkpoint.weights, origin)
    check_weights(training.model, checkpoint.best, origin)
    return state
