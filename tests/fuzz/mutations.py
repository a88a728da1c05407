"""Seeds for fuzzing, and random changes of them: of bytes, and of what a valid file says."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mcugen.ir.graph import Graph, Operator, Variable
from mcugen.tflite import flatbuffer
from mcugen.tflite.builder import build
from mcugen.tflite.schema import SCALAR_FORMATS, Field, schema
from mcugen.tflite.writer import write_model
from tests.fixtures_invalid import MODELS, Record, stateful_record, valid_record
from tests.kernels.zoo import zoo_graph

Below = Callable[[int], int]
"""The source of chance: a number from 0 to n-1."""

INTEGERS = (
    *(0, 1, -1, 2, 3, 4, 5, 7, 8, 15, 16, 127, 128, -128, 255, 256, 1 << 15, 1 << 16, 1 << 20),
    *(1 << 23, 1 << 24, (1 << 31) - 1, -(1 << 31), 1 << 31, (1 << 32) - 1, 1 << 62),
)
FLOATS = (0.0, -0.0, 1.0, -1.0, float("nan"), float("inf"), 1e-45, 1e-38, 1e-20, 1e-5, 1e10, 3e38)
TEXTS = ("", "x", "\x1b[31m", "*/", '"', "a/../b", "\ud800", "%s", "é" * 50)


def seed_records() -> list[Record]:
    """Valid models, one an operator kind and a few that fit together."""
    zoo = zoo_graph()
    graphs = [_alone(zoo, i) for i, o in enumerate(zoo.operators) if "VARIABLE" not in o.name]
    records = [to_record(flatbuffer.decode(write_model(graph))) for graph in graphs]
    return [valid_record(), stateful_record(), *records]


def seed_files() -> list[bytes]:
    """The same as bytes, and every file that is wrong in one way."""
    return [build(record) for record in seed_records()] + [data for data, _ in MODELS.values()]


def to_record(record: flatbuffer.Record) -> Record:
    """What `build` takes, from what `decode` gives."""
    result: Record = {}
    for name, value in record.values.items():
        field = record.table.fields[name]
        if field.kind == "union":
            result[name] = (value.table.name, to_record(value)) if value is not None else None
        elif f"{name.removesuffix('_type')}" in record.table.fields and name.endswith("_type"):
            continue
        elif isinstance(value, flatbuffer.Record):
            result[name] = to_record(value)
        elif isinstance(value, np.ndarray):
            result[name] = value.tolist()
        elif isinstance(value, list):
            result[name] = [to_record(v) if isinstance(v, flatbuffer.Record) else v for v in value]
        else:
            result[name] = value
    return result


def mutate_record(record: Record, below: Below) -> Record:
    """A copy with one to three changes."""
    result = copy.deepcopy(record)
    for _ in range(1 + below(3)):
        _mutate_table(schema().root, result, below)
    return result


def mutate_bytes(data: bytes, below: Below) -> bytes:
    """A copy with some bytes or aligned words changed, or cut, or with a part repeated."""
    result = bytearray(data)
    for _ in range(1 + below(4)):
        if len(result) < 8:
            break
        kind, at = below(6), below(len(result) - 4)
        if kind == 0:
            result[at] = below(256)
        elif kind == 1:
            result[at] ^= 1 << below(8)
        elif kind == 2:
            word = INTEGERS[below(len(INTEGERS))] & 0xFFFFFFFF
            result[at & ~3 : (at & ~3) + 4] = word.to_bytes(4, "little")
        elif kind == 3:
            # A small step of an offset, size or count.
            word = int.from_bytes(result[at & ~3 : (at & ~3) + 4], "little")
            word = (word + below(17) - 8) & 0xFFFFFFFF
            result[at & ~3 : (at & ~3) + 4] = word.to_bytes(4, "little")
        elif kind == 4:
            source = below(len(result) - 4) & ~3
            result[at & ~3 : (at & ~3) + 4] = result[source : source + 4]
        elif below(8) == 0:
            del result[at:]
    return bytes(result)


def _alone(graph: Graph, index: int) -> Graph:
    """A graph of one operator of another."""
    operator = graph.operators[index]
    used = sorted({t for t in (*operator.inputs, *operator.outputs) if t >= 0})
    place = {t: i for i, t in enumerate(used)} | {-1: -1}
    tensors = tuple(graph.tensors[t] for t in used)
    attributes: Any = operator.attributes
    variables: tuple[Variable, ...] = ()
    if hasattr(attributes, "variable"):
        variables = (graph.variables[attributes.variable],)
        attributes = replace(attributes, variable=0)
    moved = Operator(
        attributes,
        tuple(place[t] for t in operator.inputs),
        tuple(place[t] for t in operator.outputs),
    )
    inputs = [place[t] for t in used if t in graph.inputs]
    return Graph("one", tensors, (moved,), tuple(inputs), moved.outputs, variables)


def _mutate_table(name: str, values: Record, below: Below) -> None:
    fields = schema().tables[name].fields
    keys = [k for k in values if values[k] is not None]
    if not keys or below(20) == 0:
        absent = [k for k in fields if fields[k].kind in SCALAR_FORMATS and not _is_type(k, fields)]
        if absent:
            field = fields[absent[below(len(absent))]]
            values[field.name] = _scalar(field, values.get(field.name, field.default), below)
        return
    # Most of what matters lies in the subgraph.
    deep = [k for k in keys if k in ("subgraphs", "tensors", "operators", "quantization")]
    key = deep[below(len(deep))] if deep and below(4) else keys[below(len(keys))]
    if below(25) == 0:
        del values[key]
        return
    values[key] = _mutated(fields[key], values[key], below)


def _is_type(name: str, fields: Mapping[str, Field]) -> bool:
    return name.endswith("_type") and name.removesuffix("_type") in fields


def _mutated(field: Field, value: Any, below: Below) -> Any:
    if field.kind == "union":
        if below(10) == 0:
            names = [n for n in schema().enums[field.enum] if n in schema().tables]
            return names[below(len(names))], {}
        _mutate_table(value[0], value[1], below)
        return value
    if field.kind == "table":
        _mutate_table(field.element, value, below)
        return value
    if field.kind == "string":
        return TEXTS[below(len(TEXTS))]
    if field.kind != "vector":
        return _scalar(field, value, below)
    values = list(value)
    if not values or below(6) == 0:
        return _resized(field, values, below)
    at = below(len(values))
    if field.element in schema().tables:
        _mutate_table(field.element, values[at], below)
    elif field.element in SCALAR_FORMATS:
        element = Field(field.name, 0, field.element, "", 0, "")
        values[at] = _scalar(element, values[at], below)
    return values


def _resized(field: Field, values: list[Any], below: Below) -> list[Any]:
    """One element fewer, twice, moved, or anew."""
    kind = below(4)
    if not values or kind == 0:
        fresh: Any = {} if field.element in schema().tables else 0
        return [*values, "" if field.element == "string" else fresh]
    at = below(len(values))
    if kind == 1:
        return values[:at] + values[at + 1 :]
    if kind == 2:
        return [*values, copy.deepcopy(values[at])]
    return values[at:] + values[:at]


def _scalar(field: Field, value: Any, below: Below) -> Any:
    if field.kind == "bool":
        return not value
    if field.kind == "float32":
        scaled = float(value) * (0.5, 0.999, 1.001, 2.0, -1.0)[below(5)]
        chosen = FLOATS[below(len(FLOATS))] if below(2) else scaled
        return chosen if abs(chosen) < 3.4e38 else float("inf")
    if isinstance(value, str):
        value = schema().enums[field.enum][value]
    chosen = INTEGERS[below(len(INTEGERS))] if below(2) else int(value) + below(7) - 3
    info = np.iinfo(SCALAR_FORMATS[field.kind])
    return min(max(chosen, int(info.min)), int(info.max))
