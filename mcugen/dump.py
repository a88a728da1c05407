"""Stages of the street as JSON, for `--emit`: the graph as read, and the plan of what runs."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mcugen.ir.graph import Graph, Operator, Quantization, Tensor
from mcugen.model import Model, load
from mcugen.results import as_json
from mcugen.runtimes.aot.lowered import Layer, Program
from mcugen.runtimes.aot.program import Constant, Operand, Scratch, Step, View


def stage(model: str | Path, name: str) -> dict[str, Any]:
    """The stage `name` of `STAGES` for a model file; raises InputRejected as `load` does."""
    return _STAGES[name](load(model))


def graph_document(graph: Graph) -> dict[str, Any]:
    """Tensors, operators and variables, without the constants' values."""
    return {
        "name": graph.name,
        "description": graph.description,
        "inputs": list(graph.inputs),
        "outputs": list(graph.outputs),
        "operators": [_operator(operator) for operator in graph.operators],
        "tensors": [_tensor(tensor) for tensor in graph.tensors],
        "variables": [
            {
                "name": variable.name,
                "shape": list(variable.shape),
                "dtype": variable.dtype.value,
                "quantization": _quantization(variable.quantization),
            }
            for variable in graph.variables
        ],
    }


def plan_document(program: Program) -> dict[str, Any]:
    """The rewritten graph, its kernel calls and the arena."""
    return {
        "graph": graph_document(program.graph),
        "layers": [_layer(layer) for layer in program.layers],
        "arena_bytes": program.arena_bytes,
        "lower_bound_bytes": program.lower_bound_bytes,
        "optimal": program.optimal,
        "tensor_offsets": {str(t): offset for t, offset in program.offsets.items()},
        "state_offsets": list(program.state_offsets),
        "scratch": [
            {"layer": layer, "step": step, "offset_bytes": offset}
            for (layer, step), offset in program.scratch_offsets.items()
        ],
        "timeline": as_json(program.timeline),
    }


def _tensor(tensor: Tensor) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype.value,
        "size_bytes": tensor.size_bytes,
        "constant": tensor.is_constant,
        "quantization": _quantization(tensor.quantization),
        "source_index": tensor.source_index,
    }


def _quantization(quantization: Quantization | None) -> Any:
    return None if quantization is None else as_json(quantization)


def _operator(operator: Operator) -> dict[str, Any]:
    return {
        "op": operator.name,
        "inputs": list(operator.inputs),
        "outputs": list(operator.outputs),
        "attributes": _plain(as_json(operator.attributes)),
        "source_index": operator.source_index,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "op": layer.operands.operator.name,
        "macs": layer.operands.macs,
        "steps": [_step(step) for step in layer.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "kernel": step.kernel,
        "inputs": [_operand(operand) for operand in step.inputs],
        "outputs": [_operand(operand) for operand in step.outputs],
        "scratch_bytes": step.scratch_bytes,
        "in_place": step.in_place,
        "params": {name: _param(value) for name, value in step.params.items()},
    }


def _operand(operand: Operand) -> dict[str, int]:
    if isinstance(operand, View):
        return {"tensor": operand.tensor, "offset_bytes": operand.offset_bytes}
    if isinstance(operand, Scratch):
        return {"scratch_offset_bytes": operand.offset_bytes}
    return {"variable": operand.variable}


def _param(value: Any) -> Any:
    if isinstance(value, Constant):
        data = value.data
        return {"dtype": str(data.dtype), "shape": list(data.shape), "bytes": data.nbytes}
    return _plain(as_json(value))


def _plain(value: Any) -> Any:
    """What attributes may hold besides JSON's own types, as those."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, np.generic | np.ndarray):
        return as_json(value.tolist())
    return value


def _graph(model: Model) -> dict[str, Any]:
    return graph_document(model.graph)


def _plan(model: Model) -> dict[str, Any]:
    return plan_document(model.program())


_STAGES: dict[str, Callable[[Model], dict[str, Any]]] = {"graph": _graph, "plan": _plan}
STAGES = tuple(_STAGES)
