"""All that a run's outcome depends on, besides the data's contents. Needs no TensorFlow."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from mcugen.architecture import Architecture, architecture_to_json
from mcugen.errors import InputRejected
from mcugen.tasks.base import Recipe
from mcugen.train.spec import QuantizationSpec


@dataclass(frozen=True)
class Options:
    """What a run was asked for. `start` is a checkpoint with the float network."""

    architecture: Architecture
    task: str
    data: str
    bits: str
    spec: QuantizationSpec
    teacher: str | None
    start: str | None
    seed: int
    recipe: Recipe

    def to_json(self) -> dict[str, Any]:
        """As config.json holds it."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return fields | {
            "architecture": architecture_to_json(self.architecture),
            "spec": self.spec.to_json(),
            "recipe": dataclasses.asdict(self.recipe),
        }


def changed(recipe: Recipe, **changes: int | float | None) -> Recipe:
    """The recipe with those options that are not None; raises InputRejected for impossible ones."""
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    least = {"batch": 1, "epochs": 1}
    for name, value in given.items():
        if value < least.get(name, 0) or not value < float("inf"):
            raise InputRejected(f"{name} cannot be {value}")
    return dataclasses.replace(recipe, **given)
