"""ADD, SUB, MUL, MAXIMUM and MINIMUM; numpy does the broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range, quantize_multiplier, requantize
from mcugen.ir.graph import Operands
from mcugen.ir.ops.elementwise import product_multiplier, rescaled_sum, sum_scales
from mcugen.reference.registry import Values, reference


@reference("ADD", "SUB")
def add(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    first, second = _centred(x, values)
    sign = -1 if x.operator.name == "SUB" else 1
    return [_codes(x, rescaled_sum(sum_scales(x), first, second, sign))]


@reference("MUL")
def mul(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    first, second = _centred(x, values)
    return [_codes(x, requantize(first * second, *quantize_multiplier(product_multiplier(x))))]


@reference("MAXIMUM")
def maximum(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    first, second = values
    assert first is not None and second is not None
    return [np.maximum(first, second)]


@reference("MINIMUM")
def minimum(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    first, second = values
    assert first is not None and second is not None
    return [np.minimum(first, second)]


def _centred(x: Operands, values: Values) -> list[npt.NDArray[np.int64]]:
    """Both inputs' codes less their zero points."""
    result = []
    for i, value in enumerate(values):
        assert value is not None
        result.append(value.astype(np.int64) - x.input(i).q.zero_point)
    return result


def _codes(x: Operands, rescaled: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Output codes of values on the output's scale, within the fused activation's range."""
    output = x.output()
    low, high = activation_range(x.attributes.activation, output.q, output.dtype)
    return np.clip(rescaled + output.q.zero_point, low, high).astype(output.dtype.numpy)
