"""All that a search's outcome depends on, besides the data's contents. Needs no TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcugen.architecture import architecture_to_json
from mcugen.errors import InputRejected
from mcugen.search.budgets import Budgets
from mcugen.search.schedule import Plan
from mcugen.search.space import Space
from mcugen.tasks.base import Recipe
from mcugen.train.stages import sha256_of_file

EPOCHS = 50
WARMUP_SHARE = 0.2


@dataclass(frozen=True)
class Options:
    """What a search was asked for.

    `rank_epochs` is how long candidates are trained to be compared; 0: they are not. `recipe` is
    the task's, for them and for `baselines`. `inputs` are the hashes of the files that are read
    beside space and data, by option.
    """

    space: Space
    task: str
    data: str
    board: str
    bits: str
    budgets: Budgets
    latency_model: str | None
    plan: Plan
    recipe: Recipe
    rank_epochs: int
    baselines: bool
    inputs: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As config.json holds it; `inputs` only if there are any."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        if not self.inputs:
            del fields["inputs"]
        return fields | {
            "verb": "search",
            "space": space_to_json(self.space),
            "budgets": dataclasses.asdict(self.budgets),
            "plan": dataclasses.asdict(self.plan),
            "recipe": dataclasses.asdict(self.recipe),
        }


FILES = ("space", "task", "board", "latency_model")
"""Options that may name a file."""


def input_files(options: Mapping[str, Any]) -> dict[str, Path]:
    """The files that a search with these options reads beside its data, by option.

    Names of spaces, tasks and boards are none.
    """
    texts = {name: options.get(name) for name in FILES}
    paths = {name: Path(x) for name, x in texts.items() if isinstance(x, str | Path)}
    return {
        name: path
        for name, path in paths.items()
        if name == "latency_model" or path.suffix in (".py", ".json")
    }


def hashes_of(files: Mapping[str, Path]) -> dict[str, str]:
    """What tells whether `input_files` are still the same; spaces are compared as such.

    Raises InputRejected for a file that cannot be read.
    """
    return {name: sha256_of_file(path) for name, path in files.items() if name != "space"}


def space_to_json(space: Space) -> dict[str, Any]:
    """A space as its widest network, and what is open in it."""
    decisions = [[d.node, d.field, [str(choice) for choice in d.choices]] for d in space.decisions]
    return {
        "name": space.name,
        "widest": architecture_to_json(space.widest),
        "decisions": decisions,
    }


def make_plan(
    recipe: Recipe,
    *,
    seed: int,
    epochs: int | None = None,
    warmup_epochs: int | None = None,
    learning_rate: float | None = None,
) -> Plan:
    """The plan for a task's recipe. Raises InputRejected for what makes none."""
    total = EPOCHS if epochs is None else epochs
    warmup = round(WARMUP_SHARE * total) if warmup_epochs is None else warmup_epochs
    if not 0 <= warmup < total:
        raise InputRejected(
            f"of {total} epochs, {warmup} cannot be for warm-up", "give more --epochs"
        )
    rate = recipe.learning_rate if learning_rate is None else learning_rate
    if not 0 < rate < float("inf"):
        raise InputRejected(f"the learning rate cannot be {rate}")
    return Plan(
        epochs=total,
        warmup_epochs=warmup,
        batch=recipe.batch,
        learning_rate=rate,
        weight_decay=recipe.weight_decay,
        label_smoothing=recipe.label_smoothing,
        seed=seed,
    )
