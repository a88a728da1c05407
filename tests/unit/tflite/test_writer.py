"""What the writer writes is read back as the same graph, and means the same to TFLM."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from mcugen.errors import McugenError
from mcugen.ir.graph import DType, Graph, Operator, Variable
from mcugen.oracle import Oracle
from mcugen.samples import seeded
from mcugen.tflite.builder import build
from mcugen.tflite.flatbuffer import Record, decode
from mcugen.tflite.int4 import pack_int4, unpack_int4
from mcugen.tflite.reader import load, read_model
from mcugen.tflite.schema import schema
from mcugen.tflite.writer import write_model
from tests.fixtures_invalid import stateful_record, tensors, valid_record
from tests.paths import SHARED_NAMES, shared_model
from tests.unit.tflite.graphs import assert_same


@pytest.mark.parametrize("name", SHARED_NAMES)
def test_real_models_survive(name: str) -> None:
    path = shared_model(name)
    graph = load(path).graph
    data = write_model(graph)
    assert data == write_model(graph)
    again = read_model(data, name).graph
    assert_same(graph, again)
    assert write_model(again) == data
    first, second = Oracle(path.read_bytes()), Oracle(data)
    for sample in seeded(graph, 2, seed=0):
        for a, b in zip(first.run(sample), second.run(sample), strict=True):
            np.testing.assert_array_equal(a, b)


def int4_graph() -> Graph:
    model = valid_record()
    tensors(model)[1]["type"] = "INT4"
    model["buffers"][1]["data"] = [0x8F, 0x70, 0x1F]
    return read_model(build(model), "m").graph


def test_int4_weights_are_packed() -> None:
    graph = int4_graph()
    data = write_model(graph)
    assert_same(graph, read_model(data, "m").graph)
    stored = [b.array("data").tolist() for b in decode(data).items("buffers")]
    assert [0x8F, 0x70, 0x1F] in stored
    codes = {c["builtin_code"]: c["version"] for c in decode(data).items("operator_codes")}
    assert codes[schema().enums["BuiltinOperator"]["CONV_2D"]] == 7


def test_state_survives() -> None:
    graph = read_model(build(stateful_record()), "m").graph
    data = write_model(graph)
    assert_same(graph, read_model(data, "m").graph)
    oracle = Oracle(data)
    first = np.array([[5, 6, 7, 8]], np.int8)
    assert oracle.run([first])[0].tolist() == [[1, 2, 3, 4]]
    assert oracle.run([first])[0].tolist() == [[5, 6, 7, 8]]
    oracle.reset()
    assert oracle.run([first])[0].tolist() == [[1, 2, 3, 4]]


def test_zeros_are_assigned_where_the_zero_point_is_another() -> None:
    graph = read_model(build(stateful_record()), "m").graph
    graph = replace(graph, variables=(replace(graph.variables[0], initial=None),))
    data = write_model(graph)
    assert_same(graph, read_model(data, "m").graph)
    assert Oracle(data).run([np.ones((1, 4), np.int8)])[0].tolist() == [[0, 0, 0, 0]]


def test_variables_of_one_name_stay_apart() -> None:
    graph = read_model(build(stateful_record()), "m").graph
    read, assign = graph.operators
    other = replace(graph.variables[0], initial=np.full((1, 4), 9, np.int8))
    twice = replace(
        graph,
        tensors=(*graph.tensors, replace(graph.tensors[1], name="other")),
        operators=(
            read,
            Operator(replace(read.attributes, variable=1), (), (2,)),  # type: ignore[call-arg]
            assign,
            Operator(replace(assign.attributes, variable=1), (0,), ()),  # type: ignore[call-arg]
        ),
        outputs=(1, 2),
        variables=(graph.variables[0], other),
    )
    outputs = Oracle(write_model(twice)).run([np.ones((1, 4), np.int8)])
    assert [o.tolist() for o in outputs] == [[[1, 2, 3, 4]], [[9, 9, 9, 9]]]


def test_data_is_aligned() -> None:
    data = write_model(int4_graph())
    base = np.frombuffer(data, np.uint8).__array_interface__["data"][0]
    for buffer in decode(data).items("buffers"):
        stored = buffer.array("data")
        if stored.size:
            assert (stored.__array_interface__["data"][0] - base) % 16 == 0


def test_state_that_no_file_can_hold_is_refused() -> None:
    from mcugen.ir.ops.svdf import Svdf

    state = Variable("s", (1, 4), DType.INT16, None, np.ones((1, 4), np.int16))
    attributes = Svdf(1, 0, (1, 4), "int16", 1.0, 0)
    source = read_model(build(valid_record()), "m").graph.tensors[0]
    graph = Graph("g", (source,), (Operator(attributes, (0,), (0,)),), (0,), (0,), (state,))
    with pytest.raises(McugenError, match="zero point"):
        write_model(graph)


@given(st.lists(st.integers(-8, 7), max_size=33))
@settings(derandomize=True, database=None)
def test_int4_packing_is_reversible(values: list[int]) -> None:
    packed = pack_int4(np.array(values, np.int8))
    assert packed.size == (len(values) + 1) // 2
    assert unpack_int4(packed, len(values)).tolist() == values


def test_no_table_contains_itself() -> None:
    """The decoder's depth is bounded by the schema's."""
    facts = schema()
    depth: dict[str, int] = {}

    def visit(name: str, path: tuple[str, ...]) -> int:
        assert name not in path
        if name not in depth:
            below = []
            for field in facts.tables[name].fields.values():
                if field.kind == "union":
                    below += [k for k in facts.enums[field.enum] if k != "NONE"]
                elif field.element in facts.tables:
                    below.append(field.element)
            depth[name] = 1 + max((visit(b, (*path, name)) for b in below), default=0)
        return depth[name]

    assert visit(facts.root, ()) < 10


def test_every_kind_of_field_survives() -> None:
    """Decoding what was built gives every value back, defaults included."""
    model = valid_record()
    model["metadata_buffer"] = [1, -2]
    operator = model["subgraphs"][0]["operators"][0]
    operator["mutating_variable_inputs"] = [False, True, False]
    operator["large_custom_options_offset"] = 1 << 60

    def check(expected: dict[str, object], found: Record) -> None:
        for name, value in expected.items():
            got = found[name]
            if isinstance(value, tuple):
                assert got.table.name == value[0]
                check(value[1], got)
            elif isinstance(value, dict):
                check(value, got)
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                for a, b in zip(value, got, strict=True):
                    check(a, b)
            elif isinstance(got, np.ndarray):
                np.testing.assert_array_equal(got, np.asarray(value, got.dtype))
            elif isinstance(value, str) and not isinstance(got, str):
                enum = found.table.fields[name].enum
                assert schema().names[enum][got] == value
            else:
                assert got == value, name

    check(model, decode(build(model)))
