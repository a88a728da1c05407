"""What data a network has learnt from. Needs no TensorFlow."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcugen.errors import InputRejected
from mcugen.tasks.base import Data
from mcugen.text import printable

SYNTHETIC = "synthetic"
"""In place of a folder: what comes with the task."""


@dataclass(frozen=True)
class DataOrigin:
    """Two networks of the same origin were kept from the same examples, and mean the same classes.

    `source` is the data's folder, or SYNTHETIC; `seed` is None where it does not decide which
    examples are held out.
    """

    task: str
    source: str
    seed: int | None
    classes: tuple[str, ...]

    @classmethod
    def of(cls, task: str, source: str, seed: int, data: Data) -> DataOrigin:
        """The origin of `data`, loaded from `source` with `seed`."""
        return cls(
            task,
            source if source == SYNTHETIC else str(Path(source).resolve()),
            seed if data.held_out_by_seed else None,
            data.classes,
        )

    def to_json(self) -> dict[str, Any]:
        """As checkpoints hold it."""
        return dataclasses.asdict(self) | {"classes": list(self.classes)}

    def check(self, other: Any, place: str, option: str) -> None:
        """Raises InputRejected unless `other`, the JSON form of `place`'s origin, is the same."""
        mine = self.to_json()
        if not isinstance(other, dict) or other.keys() != mine.keys():
            raise InputRejected(
                f"'{printable(place)}' does not say what data it was trained on",
                f"train it anew, or leave {option} out",
            )
        different = [name for name in mine if mine[name] != other[name]]
        if different:
            told = ", ".join(
                f"{name}: {_short(other[name])} there, {_short(mine[name])} here"
                for name in different
            )
            raise InputRejected(
                f"'{printable(place)}' was trained on other data ({told}): it may know what is "
                "held out here, or mean other classes",
                f"give the same --task, --data and --seed here as there\nor leave {option} out",
            )


def _short(value: Any) -> str:
    text = printable(json.dumps(value))
    return text if len(text) <= 80 else f"{text[:79]}…"
