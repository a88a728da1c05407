"""Unary functions of 8-bit codes, and the way from and to real numbers."""

from __future__ import annotations

import numpy as np

from mcugen.ir.graph import DType, Operands
from mcugen.ir.tables import byte_table
from mcugen.runtimes.aot.program import (
    Alias,
    Constant,
    Field,
    Step,
    input_view,
    lowering,
    output_view,
)


@lowering("LOGISTIC", "TANH", "RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH")
def lower_activation(x: Operands) -> list[Step] | Alias:
    table = byte_table(x)
    if np.array_equal(table, np.arange(256)) and not x.input().is_constant:
        return Alias()
    comment = f"{x.operator.name} by code"
    params: dict[str, Field] = {"size": x.output().elements, "table": Constant(table, comment)}
    return [Step("lut_s8", params, (input_view(x),), (output_view(x),), in_place=True)]


@lowering("QUANTIZE")
def lower_quantize(x: Operands) -> list[Step] | Alias:
    if x.input().dtype is not DType.FLOAT32:
        return lower_activation(x)
    q = x.output().q
    size = x.output().elements
    params: dict[str, Field] = {"size": size, "zero_point": q.zero_point, "scale": q.scale}
    return [Step("quantize_f32", params, (input_view(x),), (output_view(x),))]


@lowering("DEQUANTIZE")
def lower_dequantize(x: Operands) -> list[Step]:
    q, sign_bit = x.input().q, 128 if x.input().dtype is DType.INT8 else 0
    params: dict[str, Field] = {
        "size": x.output().elements,
        "sign_bit": sign_bit,
        "offset": q.zero_point + sign_bit,
        "scale": q.scale,
    }
    return [Step("dequantize_f32", params, (input_view(x),), (output_view(x),))]
