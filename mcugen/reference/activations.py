"""Unary functions of 8-bit codes, and the way from and to real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import DType, Operands
from mcugen.ir.tables import byte_table
from mcugen.reference.registry import Values, reference


@reference("LOGISTIC", "TANH", "RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH")
def activation(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    codes = values[0]
    assert codes is not None
    indices = np.ascontiguousarray(codes).view(np.uint8)
    return [byte_table(x)[indices].view(x.output().dtype.numpy)]


@reference("QUANTIZE")
def quantize(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    """From codes by table; from real numbers by a single-precision division, ties away from zero.

    NaN gives -128; TFLM leaves it undefined.
    """
    if x.input().dtype is not DType.FLOAT32:
        return activation(x, values)
    reals, q = values[0], x.output().q
    assert reals is not None
    with np.errstate(over="ignore"):
        scaled = np.nan_to_num(reals / np.float32(q.scale), nan=-np.inf).clip(-1024, 1024)
    rounded = np.copysign(np.floor(np.abs(scaled).astype(np.float64) + 0.5), scaled)
    return [np.clip(rounded + q.zero_point, -128, 127).astype(np.int8)]


@reference("DEQUANTIZE")
def dequantize(x: Operands, values: Values) -> list[npt.NDArray[Any]]:
    codes, q = values[0], x.input().q
    assert codes is not None
    return [(q.scale * (codes.astype(np.float64) - q.zero_point)).astype(np.float32)]
