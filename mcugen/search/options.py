"""All that a search's outcome depends on, besides the data's contents. Needs no TensorFlow."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from mcugen.architecture import architecture_to_json
from mcugen.errors import InputRejected
from mcugen.search.budgets import Budgets
from mcugen.search.schedule import Plan
from mcugen.search.space import Space
from mcugen.tasks.base import Recipe

EPOCHS = 50
WARMUP_SHARE = 0.2


@dataclass(frozen=True)
class Options:
    """What a search was asked for.

    `rank_epochs` is how long candidates are trained to be compared; 0: they are not. `recipe` is
    the task's, for them and for `baselines`.
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

    def to_json(self) -> dict[str, Any]:
        """As config.json holds it."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return fields | {
            "verb": "search",
            "space": space_to_json(self.space),
            "budgets": dataclasses.asdict(self.budgets),
            "plan": dataclasses.asdict(self.plan),
            "recipe": dataclasses.asdict(self.recipe),
        }


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
