"""Decodes a flatbuffer into records, checking every byte it goes by: hostile files stop here.

Nothing is read before it is known to lie inside the file. Work is bounded: a table is decoded once
for each type that it is used as, however often it is shared, and tables, references and text each
have a budget. Depth needs no bound of its own, since no table of the schema can contain itself.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.tflite.schema import SCALAR_BYTES, SCALAR_FORMATS, Field, Table, schema

MAX_FILE_BYTES = 64 << 20
MAX_TABLES = 1 << 16
MAX_REFERENCES = 1 << 17
"""Elements of all vectors of tables and strings."""

MAX_TEXT_BYTES = 8 << 20
MAX_STRING_BYTES = 1 << 16
MAX_VTABLE_BYTES = 512

DAMAGED_HINT = "the file is damaged or was not written by a converter: export the model again"
TOO_LARGE_HINT = "no model for a microcontroller comes near this: check where the file comes from"

_READERS = {kind: struct.Struct(f"<{code}") for kind, code in SCALAR_FORMATS.items()}
_U16, _U32, _I32 = _READERS["uint16"], _READERS["uint32"], _READERS["int32"]
# Booleans stay bytes: a file may hold others than 0 and 1.
_DTYPES = {
    kind: np.dtype("B" if kind == "bool" else code).newbyteorder("<")
    for kind, code in SCALAR_FORMATS.items()
}


def damaged(where: str, what: str) -> InputRejected:
    """The error for a file whose bytes do not hold together at `where`."""
    return InputRejected(f"{where}: {what}", DAMAGED_HINT)


class Record:
    """One decoded table. `record["field"]` is the schema's default where the field is absent.

    Tables are records, vectors of scalars read-only numpy views of the file, other vectors lists;
    an absent one is None. A union is a record, whose `table` tells what it holds.
    """

    __slots__ = ("table", "values", "where")

    def __init__(self, table: Table, where: str) -> None:
        self.table = table
        self.where = where
        self.values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        value = self.values.get(name)
        return self.table.fields[name].default if value is None else value

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def items(self, name: str) -> list[Any]:
        """A vector of tables or strings; absent is empty."""
        found: list[Any] = self.values.get(name) or []
        return found

    def array(self, name: str) -> npt.NDArray[Any]:
        """A vector of scalars; absent is empty."""
        found = self.values.get(name)
        return np.zeros(0, np.int32) if found is None else found


def decode(data: bytes) -> Record:
    """The root table of a whole file; raises InputRejected naming the field at fault."""
    if len(data) > MAX_FILE_BYTES:
        raise InputRejected(
            f"the file has {len(data)} bytes, more than {MAX_FILE_BYTES}", TOO_LARGE_HINT
        )
    if len(data) < 8:
        raise damaged("header", f"only {len(data)} bytes")
    if data[4:8] != schema().file_identifier:
        raise damaged("header", "no TFL3 file identifier")
    decoder = _Decoder(data)
    return decoder.table(decoder.target(0, "header"), schema().tables[schema().root], "model")


class _Decoder:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.tables: dict[tuple[int, str], Record] = {}
        self.references = 0
        self.text_bytes = 0

    def target(self, at: int, where: str) -> int:
        """What the offset at `at` points to: a position with room for four aligned bytes."""
        offset: int = _U32.unpack_from(self.data, at)[0]
        target = at + offset
        if offset == 0 or target + 4 > self.size:
            raise damaged(where, f"points to byte {target}, outside the file or to itself")
        if target % 4:
            raise damaged(where, f"points to byte {target}, which is not aligned")
        return target

    def table(self, at: int, table: Table, where: str) -> Record:
        known = self.tables.get((at, table.name))
        if known is not None:
            return known
        if len(self.tables) >= MAX_TABLES:
            raise InputRejected(f"{where}: more than {MAX_TABLES} tables", TOO_LARGE_HINT)
        vtable, vtable_bytes, table_bytes = self.vtable(at, where)
        record = self.tables[at, table.name] = Record(table, where)
        for field in table.fields.values():
            entry = 4 + 2 * field.slot
            if entry + 2 > vtable_bytes:
                break
            offset: int = _U16.unpack_from(self.data, vtable + entry)[0]
            if offset == 0:
                continue
            width, place = field.inline_bytes, f"{where}.{field.name}"
            if offset < 4 or offset + width > table_bytes:
                raise damaged(place, "lies outside its table")
            if (at + offset) % width:
                raise damaged(place, f"is not aligned to {width} bytes")
            record.values[field.name] = self.value(at + offset, field, record, place)
        return record

    def vtable(self, at: int, where: str) -> tuple[int, int, int]:
        """Position and bytes of a table's vtable, and bytes of the table."""
        vtable: int = at - _I32.unpack_from(self.data, at)[0]
        if vtable < 0 or vtable % 2 or vtable + 4 > self.size:
            raise damaged(where, f"its vtable would lie at byte {vtable}")
        vtable_bytes: int = _U16.unpack_from(self.data, vtable)[0]
        table_bytes: int = _U16.unpack_from(self.data, vtable + 2)[0]
        if vtable_bytes % 2 or not 4 <= vtable_bytes <= MAX_VTABLE_BYTES:
            raise damaged(where, f"its vtable says that it has {vtable_bytes} bytes")
        if vtable + vtable_bytes > self.size:
            raise damaged(where, "its vtable ends outside the file")
        if table_bytes < 4 or at + table_bytes > self.size:
            raise damaged(where, f"its {table_bytes} bytes end outside the file")
        return vtable, vtable_bytes, table_bytes

    def value(self, at: int, field: Field, record: Record, place: str) -> Any:
        reader = _READERS.get(field.kind)
        if reader is not None:
            return reader.unpack_from(self.data, at)[0]
        if field.kind == "union":
            # A union whose type is NONE has no value, whatever its offset says.
            kind = record[f"{field.name}_type"]
            if kind == 0:
                return None
            name = schema().names[field.enum].get(kind)
            if name is None:
                raise damaged(place, f"has the unknown type {kind}")
            return self.table(self.target(at, place), schema().tables[name], place)
        target = self.target(at, place)
        if field.kind == "string":
            return self.string(target, place)
        if field.kind == "table":
            return self.table(target, schema().tables[field.element], place)
        if field.element in SCALAR_FORMATS:
            return self.scalars(target, field.element, place)
        return self.items(target, field.element, place)

    def length(self, at: int, width: int, place: str) -> int:
        count: int = _U32.unpack_from(self.data, at)[0]
        if at + 4 + count * width > self.size:
            raise damaged(place, f"its {count} elements end outside the file")
        return count

    def string(self, at: int, place: str) -> str:
        count = self.length(at, 1, place)
        end = at + 4 + count
        if end >= self.size or self.data[end] != 0:
            raise damaged(place, "its text is not terminated")
        self.text_bytes += count
        if count > MAX_STRING_BYTES or self.text_bytes > MAX_TEXT_BYTES:
            raise InputRejected(f"{place}: too much text, {count} bytes", TOO_LARGE_HINT)
        return self.data[at + 4 : end].decode("utf-8", "backslashreplace")

    def scalars(self, at: int, element: str, place: str) -> npt.NDArray[Any]:
        count = self.length(at, SCALAR_BYTES[element], place)
        if (at + 4) % SCALAR_BYTES[element]:
            raise damaged(place, f"its elements are not aligned to {SCALAR_BYTES[element]} bytes")
        return np.frombuffer(self.data, _DTYPES[element], count, at + 4)

    def items(self, at: int, element: str, place: str) -> list[Any]:
        count = self.length(at, 4, place)
        self.references += count
        if self.references > MAX_REFERENCES:
            raise InputRejected(f"{place}: too many elements, {count}", TOO_LARGE_HINT)
        result: list[Any] = []
        for i in range(count):
            where = f"{place}[{i}]"
            target = self.target(at + 4 + 4 * i, where)
            if element == "string":
                result.append(self.string(target, where))
            else:
                result.append(self.table(target, schema().tables[element], where))
        return result
