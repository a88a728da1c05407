"""Operands for the tests of constraints on element movement, and the check of one constraint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mcugen.ir.graph import DType, Operands, Operator, Quantization, Tensor
from mcugen.ir.ops.base import Attributes, Constraint

INT8 = Quantization((0.5,), (3,))


def tensor(
    shape: Sequence[int], dtype: DType = DType.INT8, quantization: Quantization | None = INT8
) -> Tensor:
    return Tensor("t", tuple(shape), dtype, quantization)


def constant(values: Any, dtype: DType = DType.INT32) -> Tensor:
    data = np.asarray(values, dtype.numpy)
    return Tensor("c", data.shape, dtype, None, data)


def operands(
    operator: type[Attributes],
    options: Mapping[str, Any],
    inputs: Sequence[Tensor | None],
    outputs: Sequence[Tensor | None],
) -> Operands:
    """The operator as the reader makes it."""
    attributes = operator.from_options(options, tuple(inputs), tuple(outputs))
    places = tuple(range(len(inputs)))
    return Operands(Operator(attributes, places, places), tuple(inputs), tuple(outputs))


def first_failure(x: Operands) -> Constraint | None:
    """The first constraint that does not hold."""
    for constraint in x.operator.attributes.constraints:
        if constraint(x) is not None:
            return constraint
    return None


def with_tensor(x: Operands, role: str, position: int, changed: Tensor | None) -> Operands:
    """The same operator with one input or output exchanged."""
    tensors = list(x.inputs if role == "input" else x.outputs)
    tensors[position] = changed
    if role == "input":
        return replace(x, inputs=tuple(tensors))
    return replace(x, outputs=tuple(tensors))
