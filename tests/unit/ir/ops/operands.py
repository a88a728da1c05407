"""Operators put together by hand, and which of their constraints refuses them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcugen.ir.graph import DType, Operands, Operator, Quantization, Tensor
from mcugen.ir.ops.base import Attributes


def tensor(
    shape: Sequence[int] = (2, 3),
    scale: float | None = 0.1,
    zero_point: int = 0,
    dtype: DType = DType.INT8,
) -> Tensor:
    """A tensor that is no constant, not quantized if `scale` is None."""
    q = None if scale is None else Quantization((scale,), (zero_point,))
    return Tensor("t", tuple(shape), dtype, q)


def per_channel(shape: Sequence[int] = (2, 3)) -> Tensor:
    return Tensor("t", tuple(shape), DType.INT8, Quantization((0.1, 0.2), (0, 0)))


def integer(value: int) -> Tensor:
    """A constant int32 scalar."""
    return Tensor("i", (), DType.INT32, None, np.array(value, np.int32))


def operands(
    attributes: Attributes, inputs: Sequence[Tensor | None], outputs: Sequence[Tensor | None]
) -> Operands:
    return Operands(Operator(attributes, (), ()), tuple(inputs), tuple(outputs))


def refused_by(
    attributes: Attributes, inputs: Sequence[Tensor | None], outputs: Sequence[Tensor | None]
) -> str | None:
    """The name of the first constraint that does not hold; it must have a sentence."""
    x = operands(attributes, inputs, outputs)
    for constraint in attributes.constraints:
        if constraint(x) is not None:
            assert constraint.__doc__
            return constraint.__name__
    return None
