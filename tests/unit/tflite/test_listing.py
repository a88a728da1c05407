"""Files with operators that mcugen does not compute, read for runtimes that may."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcugen.errors import InputRejected
from mcugen.tflite.builder import build
from mcugen.tflite.listing import load_any, read_any
from mcugen.tflite.reader import read_model
from mcugen.tflite.schema import schema
from tests.paths import SINE


def unary(name: str, kind: str = "FLOAT32") -> bytes:
    """A file of one operator without options."""
    code = schema().enums["BuiltinOperator"][name]
    tensors = [{"name": n, "shape": [1, 4], "type": kind} for n in ("in", "out")]
    subgraph = {
        "tensors": tensors,
        "inputs": [0],
        "outputs": [1],
        "operators": [{"opcode_index": 0, "inputs": [0], "outputs": [1]}],
    }
    codes = [{"builtin_code": code, "deprecated_builtin_code": min(code, 127), "version": 1}]
    return build({"version": 3, "operator_codes": codes, "buffers": [{}], "subgraphs": [subgraph]})


def test_a_foreign_operator_has_a_name_and_tensors() -> None:
    with pytest.raises(InputRejected):
        read_model(unary("SIN"), "m")
    graph = read_any(unary("SIN"), "m").graph
    (x,) = graph
    assert (x.operator.name, x.operator.source_index, x.macs) == ("SIN", 0, 0)
    assert (x.input().name, x.output().shape) == ("in", (1, 4))


def test_a_supported_model_reads_as_ever() -> None:
    data = SINE.read_bytes()
    expected, found = read_model(data, "m").graph, load_any(SINE).graph
    assert [o.attributes for o in found.operators] == [o.attributes for o in expected.operators]


def test_damage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="m: "):
        read_any(unary("SIN")[:-40], "m")
    path = tmp_path / "m.tflite"
    path.write_bytes(b"nothing")
    with pytest.raises(InputRejected):
        load_any(path)
    with pytest.raises(InputRejected, match="does not exist"):
        load_any(tmp_path / "other.tflite")


def test_types_that_no_graph_holds_are_refused() -> None:
    with pytest.raises(InputRejected, match="FLOAT64"):
        read_any(unary("ABS", "FLOAT64"), "m")
