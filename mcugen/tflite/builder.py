"""Serialises nested dicts into a flatbuffer, driven by the schema; the same input, the same bytes.

A table is a dict of field names and values: scalars, enum names, strings, dicts for tables, lists
or numpy arrays for vectors, `(table name, dict)` for unions. Fields left out, None, or a scalar's
default are not written. Layout runs front to back: vtable, table, then what its offsets point to.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from mcugen.tflite.schema import SCALAR_BYTES, SCALAR_FORMATS, Field, schema

DATA_ALIGNMENT = 16
"""Alignment of byte vectors: what Buffer.data must have."""


def build(root: Mapping[str, Any]) -> bytes:
    """A finished file with the schema's root table and file identifier."""
    builder = _Builder()
    builder.out += bytes(4) + schema().file_identifier
    builder.point(0, builder.table(schema().root, root))
    builder.align(DATA_ALIGNMENT)
    return bytes(builder.out)


class _Builder:
    def __init__(self) -> None:
        self.out = bytearray()

    def align(self, alignment: int, ahead: int = 0) -> None:
        """Pads so that the position `ahead` bytes from here is aligned."""
        self.out += bytes(-(len(self.out) + ahead) % alignment)

    def point(self, at: int, target: int) -> None:
        struct.pack_into("<I", self.out, at, target - at)

    def table(self, name: str, values: Mapping[str, Any]) -> int:
        """Writes a table and everything below it; returns its position."""
        present = _present(name, values)
        offsets, table_bytes = _layout([field for field, _ in present])
        slots = 1 + max((field.slot for field, _ in present), default=-1)
        vtable = struct.pack("<HH", 4 + 2 * slots, table_bytes) + b"".join(
            struct.pack("<H", offsets.get(slot, 0)) for slot in range(slots)
        )
        self.align(8, ahead=len(vtable))
        start = len(self.out) + len(vtable)
        self.out += vtable + bytes(table_bytes)
        struct.pack_into("<i", self.out, start, len(vtable))
        for field, value in present:
            at = start + offsets[field.slot]
            if field.kind in SCALAR_FORMATS:
                struct.pack_into(f"<{SCALAR_FORMATS[field.kind]}", self.out, at, value)
            else:
                self.point(at, self.child(field, value))
        return start

    def child(self, field: Field, value: Any) -> int:
        if field.kind == "string":
            return self.string(value)
        if field.kind == "table":
            return self.table(field.element, value)
        if field.kind == "union":
            return self.table(*value)
        if field.element in SCALAR_FORMATS:
            return self.scalars(field.element, value)
        return self.references(field.element, value)

    def string(self, value: str) -> int:
        # Names that were not UTF-8 were escaped on reading; nothing else can fail to encode.
        data = value.encode("utf-8", "backslashreplace")
        self.align(4)
        start = len(self.out)
        self.out += struct.pack("<I", len(data)) + data + b"\0"
        return start

    def scalars(self, element: str, value: Any) -> int:
        array = np.ascontiguousarray(value, np.dtype(SCALAR_FORMATS[element]).newbyteorder("<"))
        # The element count stands before the elements, which are what is aligned.
        self.align(DATA_ALIGNMENT if element == "uint8" else SCALAR_BYTES[element], ahead=4)
        self.align(4)
        start = len(self.out)
        self.out += struct.pack("<I", array.size) + array.tobytes()
        return start

    def references(self, element: str, values: Any) -> int:
        self.align(4)
        start = len(self.out)
        self.out += struct.pack("<I", len(values)) + bytes(4 * len(values))
        for i, value in enumerate(values):
            target = self.string(value) if element == "string" else self.table(element, value)
            self.point(start + 4 + 4 * i, target)
        return start


def _present(name: str, values: Mapping[str, Any]) -> list[tuple[Field, Any]]:
    """The fields to write, with enum names and union types resolved to numbers."""
    facts = schema()
    fields = facts.tables[name].fields
    present = []
    for key, value in values.items():
        field = fields[key]
        if value is None:
            continue
        if field.kind == "union":
            kind = fields[f"{key}_type"]
            present.append((kind, facts.enums[field.enum][value[0]]))
        elif isinstance(value, str) and field.kind != "string":
            value = facts.enums[field.enum][value]
        if field.kind not in SCALAR_FORMATS or value != field.default:
            present.append((field, value))
    return sorted(present, key=lambda item: item[0].slot)


def _layout(fields: list[Field]) -> tuple[dict[int, int], int]:
    """Offset of each slot in the table, widest fields first, and the table's bytes."""
    offsets, end = {}, 4
    for field in sorted(fields, key=lambda f: (-f.inline_bytes, f.slot)):
        end += -end % field.inline_bytes
        offsets[field.slot] = end
        end += field.inline_bytes
    return offsets, end
