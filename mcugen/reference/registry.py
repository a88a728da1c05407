"""Which function computes which operator, and the walk over a graph."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Graph, Operands

Values = list["npt.NDArray[Any] | None"]
"""Operand values in the tensors' shapes and numpy types, None where an input is absent."""

Reference = Callable[[Operands, Values], "list[npt.NDArray[Any]]"]
REFERENCES: dict[str, Reference] = {}


def reference(*ops: str) -> Callable[[Reference], Reference]:
    """Decorator: registers the function that computes these TFLite operators."""

    def register(function: Reference) -> Reference:
        for op in ops:
            REFERENCES[op] = function
        return function

    return register


def load_all() -> None:
    """Imports every family file, so that `REFERENCES` is complete."""
    import mcugen.reference as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def evaluate(
    graph: Graph,
    inputs: Sequence[npt.NDArray[Any]],
    state: list[npt.NDArray[Any]] | None = None,
) -> dict[int, npt.NDArray[Any]]:
    """Every tensor's value for one inference, by tensor index.

    `state` holds the variables' values in order and is updated in place (see `initial_state`).
    """
    load_all()
    values = {i: t.data for i, t in enumerate(graph.tensors) if t.data is not None}
    values |= dict(zip(graph.inputs, inputs, strict=True))
    state = initial_state(graph) if state is None else state
    for x in graph:
        operator = x.operator
        if operator.name == "READ_VARIABLE":
            results = [state[operator.attributes.variable].copy()]  # type: ignore[attr-defined]
        elif operator.name == "ASSIGN_VARIABLE":
            state[operator.attributes.variable] = values[operator.inputs[-1]].copy()  # type: ignore[attr-defined]
            results = []
        elif operator.name == "SVDF":
            variable = operator.attributes.variable  # type: ignore[attr-defined]
            read = [*(values[i] for i in operator.inputs), state[variable]]
            *results, state[variable] = REFERENCES[operator.name](x, read)
        else:
            operands: Values = [values[i] if i >= 0 else None for i in operator.inputs]
            results = REFERENCES[operator.name](x, operands)
        values |= dict(zip(operator.outputs, results, strict=True))
    return values


def initial_state(graph: Graph) -> list[npt.NDArray[Any]]:
    """The variables' values after initialisation."""
    return [
        np.zeros(v.shape, v.dtype.numpy) if v.initial is None else v.initial.copy()
        for v in graph.variables
    ]
