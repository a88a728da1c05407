"""The search: weights and choices trained in turn, on examples of their own."""

from __future__ import annotations

import dataclasses
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.progress import Progress, silent
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.multipliers import Multipliers
from mcugen.search.relaxation import Probabilities, Relaxation, certainty, spread
from mcugen.search.results import SearchEpoch
from mcugen.search.schedule import Plan
from mcugen.search.supernet import supernet
from mcugen.tasks.base import Data, Task
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
from mcugen.train.diagnostics import not_finite
from mcugen.train.epoch_progress import REPORT_SECONDS
from mcugen.train.journal import Journal
from mcugen.train.loop import EXAMINED_EXAMPLES
from mcugen.train.repeatable import repeat_exactly
from mcugen.train.tensorflow import keras, tf

WARMUP, SEARCH = "warm-up", "search"
LEAST_BATCH, LEAST_STEPS = 16, 16
"""Small data sets are taken in smaller batches, so that an epoch has steps enough to follow."""

SMOOTHNESS = 0.02
"""Of the maximum over execution steps, where memory needs a gradient."""

BUDGET_NAMES = {
    "ops": "ops",
    "sram_bytes": "sram",
    "flash_bytes": "flash",
    "latency": "latency",
}

BAR_CELLS = 6

ALIKE = 1e-5
"""Outputs that differ by less, relative to the largest: where an example stands among others may
change the last bits of a sum."""

Numbers = npt.NDArray[np.float64]


class Search:
    """A space, its supernet and the probabilities of its choices, in training."""

    def __init__(
        self,
        costs: CostModel,
        budgets: Budgets,
        plan: Plan,
        task: Task,
        data: Data,
        *,
        products: str = "float32",
    ) -> None:
        self.space, self.costs, self.budgets = costs.space, costs, budgets
        self.plan, self._task, self._data = plan, task, data
        self.model = supernet(self.space, plan.seed, products=products)
        self.relaxation = Relaxation(self.space)
        self.history: list[SearchEpoch] = []
        self._multipliers = Multipliers(tuple(budgets.limits))
        self._features = tf.constant(data.train.features)
        self._labels = tf.constant(data.train.labels)
        self._parts = _halves(data, plan.seed)
        examples = min(map(len, self._parts))
        self.batch = min(plan.batch, max(LEAST_BATCH, examples // LEAST_STEPS), examples)
        self.steps = examples // self.batch
        self._weights = AdamW(
            self.model.trainable_variables,
            plan.learning_rate,
            plan.epochs * self.steps,
            plan.weight_decay,
        )
        searching = max(1, plan.epochs - plan.warmup_epochs) * self.steps
        self._choices = AdamW(self.relaxation.variables, plan.architecture_rate, searching, 0.0)
        batches = tf.TensorSpec((None, self.batch), tf.int32)
        signature = [batches, batches, tf.TensorSpec((2,), tf.float32)]
        self._run = {
            stage: tf.function(partial(self._take_steps, stage == SEARCH), signature)
            for stage in (WARMUP, SEARCH)
        }
        inputs = [tf.TensorSpec((None, *self.space.input), tf.float32)]
        self._predict = tf.function(
            lambda x: self.model([x, *self.relaxation.probabilities()], training=False), inputs
        )

    def fit(self, checkpoint: Path, journal: Journal, progress: Progress = silent) -> None:
        """Searches, or goes on where the file `checkpoint` ends, which every epoch replaces.

        The same arguments give the same weights and probabilities, interrupted or not. Raises
        McugenError if a loss or a gradient is no longer finite, or the network answers all alike.
        """
        repeat_exactly()
        if checkpoint.exists():
            self._restore(read_checkpoint(checkpoint), str(checkpoint))
            journal.extend(list(self.history))
        while len(self.history) < self.plan.epochs:
            epoch = self._epoch(len(self.history) + 1, progress)
            self.history.append(epoch)
            write_checkpoint(checkpoint, self._state())
            journal.record(epoch)

    def usage(self) -> dict[str, float]:
        """Each budget's name and the share of it that expected costs use."""
        return {name: float(use) for name, use in self.budgets.uses(self._expected()).items()}

    def _expected(self) -> Any:
        return self.costs.costs(self.relaxation.arrays())

    def _epoch(self, number: int, progress: Progress) -> SearchEpoch:
        stage = WARMUP if number <= self.plan.warmup_epochs else SEARCH
        temperature = self.plan.temperature_of(number, certainty(self.relaxation.arrays()))
        schedule = tf.constant([temperature, self.plan.decisiveness_of(number)], tf.float32)
        title = f"{stage}, epoch {number}/{self.plan.epochs}"
        batches = [self._batches(number, part) for part in range(2)]
        done = np.zeros((0, 4))
        progress(title, 0, self.steps, "starting")
        started, at_once = time.monotonic(), 1
        while len(done) < self.steps:
            parts = [b[len(done) :][:at_once] for b in batches]
            taken = self._run[stage](*map(tf.constant, parts), schedule)
            done = np.concatenate([done, taken.numpy()])
            if not np.isfinite(done[-1]).all():
                raise self._explain([b[len(done) - 1] for b in batches], schedule, title)
            pace = (time.monotonic() - started) / len(done)
            at_once = max(1, round(REPORT_SECONDS / max(pace, 1e-6)))
            if len(done) < self.steps:
                progress(title, len(done), self.steps, self._figures(done))
        epoch = self._measured(stage, number, temperature, done)
        progress(title, self.steps, self.steps, self._figures(done))
        return epoch

    def _figures(self, done: Numbers) -> str:
        text = f"loss {done[:, 0].mean():.4g}"
        if self._data.target == "labels":
            text += f", accuracy {100 * done[:, 1].mean():.1f} %"
            if done[:, 3].any():
                text += f" ({100 * done[:, 3].mean():.1f} % held out)"
        used = (f"{BUDGET_NAMES[n]} {_bar(u)} {100 * u:.0f} %" for n, u in self.usage().items())
        return f"{text}; {', '.join(used)}"

    def _measured(self, stage: str, number: int, temperature: float, done: Numbers) -> SearchEpoch:
        means = done.mean(axis=0)
        examples = tf.constant(self._data.validation.features[:EXAMINED_EXAMPLES])
        outputs = self._predict(examples).numpy()
        if len(outputs) > 1 and np.ptp(outputs, axis=0).max() <= ALIKE * np.abs(outputs).max():
            raise McugenError(
                f"the search broke down ({stage}, epoch {number}): the network gives the same "
                "outputs whatever its input is",
                "search with a lower --learning-rate, or with a wider space",
            )
        expected, labelled = self._expected(), self._data.target == "labels"
        searched = stage == SEARCH
        return SearchEpoch(
            stage=stage,
            epoch=number,
            learning_rate=self._weights.learning_rate(number * self.steps - 1),
            temperature=temperature,
            loss=float(means[0]),
            accuracy=float(means[1]) if labelled else None,
            architecture_loss=float(means[2]) if searched else None,
            architecture_accuracy=float(means[3]) if searched and labelled else None,
            certainty=certainty(self.relaxation.arrays()),
            ops=float(expected.ops),
            params=float(expected.params),
            flash_bytes=float(expected.flash_bytes),
            sram_bytes=float(expected.memory_bytes),
            latency=None if expected.latency is None else float(expected.latency),
            used=max(self.usage().values()),
        )

    def _batches(self, number: int, part: int) -> npt.NDArray[np.int32]:
        """Batches [steps, batch] of indices of the weights' examples (0) or the choices' (1)."""
        indices = self._parts[part]
        order = np.random.default_rng([self.plan.seed, number, part]).permutation(len(indices))
        chosen = indices[order[: self.steps * self.batch]]
        return chosen.astype(np.int32).reshape(self.steps, self.batch)

    def _take_steps(self, searching: bool, weights: Any, choices: Any, schedule: Any) -> Any:
        """Steps [steps, 4]: loss and accuracy of the weights' step, and of the choices'.

        Ends with NaN where a step fails, which changes nothing.
        """
        taken = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=(4,))
        finite = tf.constant(True)
        k = tf.constant(0)
        while k < tf.shape(weights)[0] and finite:
            row = self._step(self._weights, weights[k], schedule, 0)
            if searching:
                row = tf.concat([row, self._step(self._choices, choices[k], schedule, 1)], 0)
            else:
                row = tf.concat([row, [0.0, 0.0]], 0)
            finite = tf.reduce_all(tf.math.is_finite(row))
            taken = taken.write(k, row)
            k += 1
        return taken.stack()

    def _step(self, optimizer: AdamW, indices: Any, schedule: Any, part: int) -> Any:
        """One optimizer's step on a batch; gives its loss, NaN if the step fails, and accuracy."""
        loss, accuracy, gradients, violations = self._gradients(optimizer, indices, schedule, part)
        # A ReLU can hide a NaN from the loss, but not from the gradients.
        sums = tf.add_n([tf.reduce_sum(gradient) for gradient in gradients])
        finite = tf.math.is_finite(loss) & tf.math.is_finite(sums)
        if finite:
            optimizer.apply(gradients)
            if part:
                self._multipliers.follow(violations)
        return tf.stack([tf.where(finite, loss, np.nan), accuracy])

    def _gradients(self, optimizer: AdamW, indices: Any, schedule: Any, part: int) -> Any:
        """The task's loss, the accuracy, gradients, and how far budgets are violated."""
        step = self._weights.step + tf.constant(part << 40, tf.int64)
        seed = tf.stack([tf.constant(self.plan.seed, tf.int64), step])
        features, targets = self._examples_of(indices, seed)
        violations = tf.zeros(())
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(optimizer.variables)
            sampled = self.relaxation.sample(schedule[0], tf.random.fold_in(seed, 1))
            outputs = self.model([features, *sampled], training=True)
            loss = total = tf.reduce_mean(self._losses(features, targets, outputs))
            if part:
                probabilities = self.relaxation.probabilities()
                violations = self._violations(probabilities)
                total += self._multipliers.penalty(violations)
                total += schedule[1] * spread(probabilities)
        gradients = tape.gradient(total, optimizer.variables, unconnected_gradients="zero")
        if self._data.target == "inputs":
            return loss, tf.zeros(()), gradients, violations
        right = tf.argmax(outputs, axis=-1) == tf.argmax(targets, axis=-1)
        return loss, tf.reduce_mean(tf.cast(right, tf.float32)), gradients, violations

    def _violations(self, probabilities: Probabilities) -> Any:
        costs = self.costs.costs(probabilities, keras.ops, SMOOTHNESS)
        return self._multipliers.violations(self.budgets.excesses(costs))

    def _examples_of(self, indices: Any, seed: Any) -> tuple[Any, Any]:
        features = tf.gather(self._features, indices)
        targets = tf.one_hot(tf.gather(self._labels, indices), len(self._data.classes))
        return augment((features, targets), self._task.augmentations, seed)

    def _losses(self, features: Any, targets: Any, outputs: Any) -> Any:
        """The task's loss of every example [batch]."""
        if self._data.target == "inputs":
            error = outputs - tf.reshape(features, tf.shape(outputs))
            return tf.reduce_mean(error * error, axis=-1)
        smoothing = self.plan.label_smoothing
        smooth = (1 - smoothing) * targets + smoothing / len(self._data.classes)
        return tf.nn.softmax_cross_entropy_with_logits(smooth, outputs)

    def _explain(
        self, indices: list[npt.NDArray[np.int32]], schedule: Any, title: str
    ) -> McugenError:
        """Repeats the weights' step on the batch that failed, and names the layer."""
        seed = tf.stack([tf.constant(self.plan.seed, tf.int64), self._weights.step])
        features, _ = self._examples_of(tf.constant(indices[0]), seed)
        sampled = self.relaxation.sample(schedule[0], tf.random.fold_in(seed, 1))
        _, _, gradients, _ = self._gradients(self._weights, tf.constant(indices[0]), schedule, 0)
        advice = "a lower --learning-rate may help"
        return not_finite(self.model, [features, *sampled], gradients, title, advice)

    def _state(self) -> Checkpoint:
        optimizer = {f"weights/{n}": a for n, a in self._weights.state().items()}
        optimizer |= {f"choices/{n}": a for n, a in self._choices.state().items()}
        choices: Arrays = {v.path: v.value.numpy() for v in self.relaxation.variables}
        choices["multipliers"] = self._multipliers.values.numpy()
        about = {"history": [dataclasses.asdict(epoch) for epoch in self.history]}
        return Checkpoint(weights_of(self.model), choices, optimizer, about)

    def _restore(self, checkpoint: Checkpoint, origin: str) -> None:
        set_weights(self.model, checkpoint.weights, origin)
        for variable in self.relaxation.variables:
            variable.assign(checkpoint.best[variable.path])
        self._multipliers.values.assign(checkpoint.best["multipliers"])
        for name, optimizer in (("weights", self._weights), ("choices", self._choices)):
            prefix = f"{name}/"
            state = checkpoint.optimizer.items()
            optimizer.restore({n.removeprefix(prefix): a for n, a in state if n.startswith(prefix)})
        self.history = [SearchEpoch(**epoch) for epoch in checkpoint.about["history"]]


def _bar(share: float) -> str:
    """A budget, and how much of it is used."""
    full = min(BAR_CELLS, round(BAR_CELLS * share))
    return "▰" * full + "▱" * (BAR_CELLS - full)


def _halves(data: Data, seed: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Two halves of the training examples, each with half of every class."""
    order = np.random.default_rng(seed).permutation(len(data.train))
    if data.target == "labels":
        order = order[np.argsort(data.train.labels[order], kind="stable")]
    return order[::2], order[1::2]
