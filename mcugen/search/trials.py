"""Training single networks, to compare them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mcugen.architecture import Architecture
from mcugen.progress import Progress
from mcugen.tasks.base import Data, Recipe, Task
from mcugen.train.checkpoint import Arrays, set_weights, weights_of
from mcugen.train.float_model import float_model
from mcugen.train.journal import Journal
from mcugen.train.loop import fit
from mcugen.train.results import Epoch, Finding
from mcugen.train.stages import FLOAT, Stage
from mcugen.train.trained import describe


@dataclass(frozen=True)
class Trial:
    """What a training came to: the best validation score, and what is wrong with the network."""

    score: float | None
    weights: Arrays
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Trials:
    """Trainings of one search, each with a checkpoint of its own, so that they can be resumed."""

    task: Task
    data: Data
    recipe: Recipe
    seed: int
    checkpoints: Path
    journal: Journal
    progress: Progress

    def train(
        self,
        name: str,
        architecture: Architecture,
        epochs: int,
        *,
        weights: Arrays | None = None,
        rate: float = 1.0,
    ) -> Trial:
        """Trains so many epochs, from these weights or new ones, at this share of the task's rate.

        `name` is the stage's, unique within the search.
        """
        model = float_model(architecture, self.seed)
        if weights is not None:
            set_weights(model, weights, name)
        stage = Stage(
            name=name.replace(" ", "_"),
            epochs=epochs,
            batch=self.recipe.batch,
            learning_rate=self.recipe.learning_rate * rate,
            weight_decay=self.recipe.weight_decay,
            label_smoothing=self.recipe.label_smoothing,
            patience=0,
            seed=self.seed,
        )
        fitted = fit(
            model,
            stage,
            self.task,
            self.data,
            self.checkpoints / f"{stage.name}.npz",
            self.journal,
            about=describe(FLOAT, architecture),
            progress=self.progress,
        )
        scores = [
            epoch.validation_score
            for epoch in self.journal.history
            if isinstance(epoch, Epoch) and epoch.stage == stage.name
        ]
        best = max((score for score in scores if score is not None), default=None)
        return Trial(best, weights_of(model), fitted.findings)
