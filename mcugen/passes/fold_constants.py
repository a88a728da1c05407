"""Operators on constants are computed now: their outputs become constants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Graph, Operands, Operator, Tensor
from mcugen.reference import REFERENCES, registry

MAX_OUTPUT_BYTES = 1 << 16
"""A larger constant costs flash where the operator costs RAM: the trade is the model's own."""

MAX_MACS = 1 << 24
"""More is better left to the device than to a reference written to be read."""

SHAPE_ONLY = frozenset({"SHAPE"})
"""Operators that read only the shapes of their inputs."""


def fold_constants(graph: Graph) -> Graph:
    """Computes every supported operator whose inputs are constant, in order, so that chains fold.

    An operator that writes an output of the graph stays, so that outputs lie in the arena; so does
    one whose outputs are larger than 64 KiB.
    """
    registry.load_all()
    tensors = list(graph.tensors)
    kept: list[Operator] = []
    for operator in graph.operators:
        x = Operands(
            operator,
            tuple(tensors[i] if i >= 0 else None for i in operator.inputs),
            tuple(tensors[i] if i >= 0 else None for i in operator.outputs),
        )
        if set(operator.outputs) & set(graph.outputs) or not _foldable(x):
            kept.append(operator)
            continue
        results = REFERENCES[operator.name](x, [t.data if t else None for t in x.inputs])
        for index, tensor, data in zip(operator.outputs, x.outputs, results, strict=True):
            if tensor is not None:
                tensors[index] = replace(tensor, data=_frozen(tensor, data))
    return replace(graph, tensors=tuple(tensors), operators=tuple(kept))


def _foldable(x: Operands) -> bool:
    present = [t for t in x.inputs if t is not None]
    if x.operator.name not in SHAPE_ONLY and not (present and all(t.is_constant for t in present)):
        return False
    return (
        x.operator.name in REFERENCES
        # What state an operator leaves, or finds, is no constant.
        and not hasattr(x.attributes, "variable")
        and bool(x.outputs)
        and all(check(x) is None for check in x.operator.attributes.constraints)
        and sum(t.size_bytes for t in x.outputs if t is not None) <= MAX_OUTPUT_BYTES
        and x.macs <= MAX_MACS
    )


def _frozen(tensor: Tensor, data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    result = np.array(data, tensor.dtype.numpy).reshape(tensor.shape)
    result.flags.writeable = False
    return result
