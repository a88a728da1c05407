"""The TFLite schema as data: tables, fields and enums, from schema.json.

tools/gen_schema.py writes that file.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

SCALAR_FORMATS = {
    "bool": "?",
    "int8": "b",
    "uint8": "B",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
}
"""Scalar kinds and their `struct` and numpy format characters."""

SCALAR_BYTES = {"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2} | {
    "int32": 4,
    "uint32": 4,
    "int64": 8,
    "uint64": 8,
    "float32": 4,
}


@dataclass(frozen=True)
class Field:
    """One field of a table.

    `kind` is a scalar's name, "string", "table", "union" or "vector"; `element` is the table's
    name, or a vector's element: a scalar's name, "string" or a table's name. `enum` names the enum
    of a scalar or the union's enum; a union's type lies in the slot before.
    """

    name: str
    slot: int
    kind: str
    element: str
    default: Any
    enum: str

    @property
    def inline_bytes(self) -> int:
        """Bytes in the table itself; everything but a scalar is an offset there."""
        return SCALAR_BYTES.get(self.kind, 4)


@dataclass(frozen=True)
class Table:
    """One table: its fields by name, in slot order."""

    name: str
    fields: Mapping[str, Field]


@dataclass(frozen=True)
class Schema:
    """`enums` maps names to values, `names` values to names."""

    file_identifier: bytes
    root: str
    tables: Mapping[str, Table]
    enums: Mapping[str, Mapping[str, int]]
    names: Mapping[str, Mapping[int, str]]


@functools.cache
def schema() -> Schema:
    """The schema; loaded once."""
    facts = json.loads(resources.files(__package__).joinpath("schema.json").read_text("utf-8"))
    tables = {
        name: Table(name, {row[1]: _field(*row) for row in rows})
        for name, rows in facts["tables"].items()
    }
    return Schema(
        file_identifier=facts["file_identifier"].encode("ascii"),
        root=facts["root"],
        tables=tables,
        enums=facts["enums"],
        names={e: {v: k for k, v in values.items()} for e, values in facts["enums"].items()},
    )


def _field(slot: int, name: str, kind: str, default: Any, enum: str) -> Field:
    element = ""
    if kind.startswith("["):
        kind, element = "vector", kind[1:-1].removeprefix("table:")
    elif kind.startswith("table:"):
        kind, element = "table", kind.removeprefix("table:")
    return Field(name, slot, kind, element, default, enum)
