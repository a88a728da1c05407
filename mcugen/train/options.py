"""All that a run's outcome depends on, besides the data's contents. Needs no TensorFlow."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from mcugen.architecture import Architecture, architecture_to_json
from mcugen.errors import InputRejected
from mcugen.tasks.base import Recipe
from mcugen.train.spec import QuantizationSpec

COEFFICIENT = 0.5
"""Of the teacher's share in the loss; the labels have the rest."""

TEMPERATURE = 4.0
"""By which the logits of teacher and student are divided."""


@dataclass(frozen=True)
class Options:
    """What a run was asked for.

    `start` is a checkpoint with the float network. `inputs` are the hashes of the files that are
    read beside architecture, bits and data, by what they are to the run.
    """

    architecture: Architecture
    task: str
    data: str
    bits: str
    spec: QuantizationSpec
    teacher: str | None
    start: str | None
    seed: int
    recipe: Recipe
    distill_coefficient: float = COEFFICIENT
    distill_temperature: float = TEMPERATURE
    inputs: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As config.json holds it."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return fields | {
            "architecture": architecture_to_json(self.architecture),
            "spec": self.spec.to_json(),
            "recipe": dataclasses.asdict(self.recipe),
        }


def check_distillation(coefficient: float, temperature: float) -> None:
    """Raises InputRejected for figures that a student cannot learn with."""
    if not 0 < coefficient <= 1:
        raise InputRejected(
            f"the distillation coefficient cannot be {coefficient}",
            "it is the teacher's share in the loss: above 0, and 1 at most",
        )
    if not 0 < temperature < float("inf"):
        raise InputRejected(
            f"the distillation temperature cannot be {temperature}", "give one above 0"
        )


def changed(recipe: Recipe, **changes: int | float | None) -> Recipe:
    """The recipe with those options that are not None; raises InputRejected for impossible ones."""
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    least = {"batch": 1, "epochs": 1}
    for name, value in given.items():
        if value < least.get(name, 0) or not value < float("inf"):
            raise InputRejected(f"{name} cannot be {value}")
    return dataclasses.replace(recipe, **given)
