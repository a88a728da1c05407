"""Copies a file with other bytes in some of its constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcugen.tflite.builder import build
from mcugen.tflite.flatbuffer import Record, decode
from mcugen.tflite.schema import schema


def buffer_of(data: bytes) -> dict[int, int]:
    """The buffer of each constant tensor of the main subgraph that no other tensor shares."""
    model = decode(data)
    filled = [b.array("data").size > 0 or b["offset"] > 1 for b in model.items("buffers")]
    uses: dict[int, list[tuple[int, int]]] = {}
    for s, subgraph in enumerate(model.items("subgraphs")):
        for t, tensor in enumerate(subgraph.items("tensors")):
            uses.setdefault(tensor["buffer"], []).append((s, t))
    return {
        users[0][1]: buffer
        for buffer, users in uses.items()
        if filled[buffer] and len(users) == 1 and users[0][0] == 0
    }


def with_buffers(data: bytes, contents: Mapping[int, bytes]) -> bytes:
    """The file's tables written anew, with `contents` in the buffers of these numbers.

    The file is a verified one. What its schema has beyond ours is lost.
    """
    root = _plain(decode(data))
    for i, buffer in enumerate(root["buffers"]):
        offset, size = buffer.pop("offset", 0), buffer.pop("size", 0)
        if offset > 1:  # large files keep constants behind the tables
            buffer["data"] = _bytes(data[offset : offset + size])
        if i in contents:
            buffer["data"] = _bytes(contents[i])
    return build(root)


def _bytes(content: bytes) -> list[int]:
    return list(content)


def _plain(record: Record) -> dict[str, Any]:
    """A record as the builder takes it."""
    fields = record.table.fields
    unions = {f"{name}_type" for name, field in fields.items() if field.kind == "union"}
    plain: dict[str, Any] = {}
    for name, value in record.values.items():
        if value is None or name in unions:
            continue
        field = fields[name]
        if field.kind == "union":
            plain[name] = (value.table.name, _plain(value))
        elif field.kind == "table":
            plain[name] = _plain(value)
        elif field.kind == "vector" and field.element in schema().tables:
            plain[name] = [_plain(item) for item in value]
        else:
            plain[name] = value
    return plain
