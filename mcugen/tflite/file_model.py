"""A verified file, before it becomes a graph: whatever these hold has passed the verifier."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Quantization
from mcugen.text import printable
from mcugen.tflite.flatbuffer import Record


@dataclass(frozen=True, eq=False)
class FileTensor:
    """`kind` is the schema's type name; `data` a constant's bytes as stored, None if it has none.

    `where` is how messages call it.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    quantization: Quantization | None
    data: npt.NDArray[np.uint8] | None
    is_variable: bool
    where: str


@dataclass(frozen=True, eq=False)
class FileOperator:
    """`options` is the record of the schema's options table, None if the file has none."""

    name: str
    version: int
    custom_code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Record | None
    where: str


@dataclass(frozen=True, eq=False)
class FileSubgraph:
    """Tensors and operators in the file's order, which is an order of execution."""

    tensors: tuple[FileTensor, ...]
    operators: tuple[FileOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class FileModel:
    """The main subgraph is the first; `metadata` has the bytes of the file's entries by name, and
    `notes` tell what is odd but harmless."""

    subgraphs: tuple[FileSubgraph, ...]
    description: str
    metadata: dict[str, npt.NDArray[np.uint8]]
    notes: tuple[str, ...]


@dataclass
class Notes:
    """Collects oddities: each kind once, with how often it occurs and where first."""

    found: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, kind: str, where: str) -> None:
        self.found.setdefault(kind, [0, where])[0] += 1

    def lines(self) -> tuple[str, ...]:
        return tuple(
            f"{where} {kind}" + (f", like {count - 1} more" if count > 1 else "")
            for kind, (count, where) in self.found.items()
        )


def quoted(name: str) -> str:
    """A name from the file for a message."""
    return f"'{printable(name)}'"
