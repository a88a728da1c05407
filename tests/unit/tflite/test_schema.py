"""The schema's facts are those of the wheel that they were read from, where it is installed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from mcugen.tflite.schema import schema
from tests.paths import ROOT


def test_facts_are_what_the_generator_writes() -> None:
    spec = importlib.util.find_spec("ai_edge_litert")
    if spec is None or spec.origin is None:
        pytest.skip("ai_edge_litert is not installed")
    path = ROOT / "tools" / "gen_schema.py"
    module = importlib.util.spec_from_file_location("gen_schema", path)
    assert module is not None and module.loader is not None
    generator = importlib.util.module_from_spec(module)
    module.loader.exec_module(generator)
    source = Path(spec.origin).parent / "schema_py_generated.py"
    stored = json.loads((ROOT / "mcugen" / "tflite" / "schema.json").read_text())
    found = json.loads(json.dumps(generator.facts(source.read_text())))
    # A newer wheel may know more, but nothing may have moved.
    for name, fields in stored["tables"].items():
        assert found["tables"][name][: len(fields)] == fields, name
    for name, values in stored["enums"].items():
        assert values.items() <= found["enums"][name].items(), name


def test_names_that_no_runtime_here_knows_are_known_by_name() -> None:
    assert {"INT4", "INT2", "UINT4", "FLOAT8_E4M3FN", "FLOAT8_E5M2"} <= set(
        schema().enums["TensorType"]
    )


def test_fields_that_are_enums_say_so() -> None:
    assert schema().tables["Conv2DOptions"].fields["padding"].enum == "Padding"
    assert schema().tables["Tensor"].fields["type"].enum == "TensorType"
    assert schema().tables["Operator"].fields["builtin_options"].enum == "BuiltinOptions"
    assert schema().tables["Conv2DOptions"].fields["dilation_w_factor"].default == 1
