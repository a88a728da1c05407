"""QUANTIZE and DEQUANTIZE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mcugen.ir.ops import constraints as check
from mcugen.ir.ops.base import Attributes, register
from mcugen.ir.ops.unary import moderate_rescaling, one_to_one, same_shape

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands

_CONVERSIONS = (("int8", "int8"), ("int8", "uint8"), ("uint8", "int8"), ("float32", "int8"))


def quantize_types(x: Operands) -> str | None:
    """The conversion is float32 to int8, int8 to int8, int8 to uint8, or uint8 to int8."""
    found = (x.input().dtype.value, x.output().dtype.value)
    return None if found in _CONVERSIONS else " to ".join(found)


def dequantize_types(x: Operands) -> str | None:
    """The conversion is int8 or uint8 to float32."""
    source, target = x.input().dtype.value, x.output().dtype.value
    return None if source in ("int8", "uint8") and target == "float32" else f"{source} to {target}"


def integers_quantized(x: Operands) -> str | None:
    """Tensors of integers have one scale and zero point."""
    for tensor in (x.input(), x.output()):
        q = tensor.quantization
        one = q is not None and len(q.scales) == len(q.zero_points) == 1
        if tensor.dtype.value != "float32" and not one:
            return f"'{tensor.name}' has not"
    return None


def codes_rescaling(x: Operands) -> str | None:
    """Between integers, the input's scale is less than 2^22 times the output's."""
    return None if x.input().dtype.value == "float32" else moderate_rescaling(x)


@register
@dataclass(frozen=True)
class Quantize(Attributes):
    """From real numbers to codes, or from one quantization to another."""

    op: ClassVar[str] = "QUANTIZE"
    options_table: ClassVar[str] = "QuantizeOptions"
    max_version: ClassVar[int] = 3
    constraints: ClassVar = (
        one_to_one,
        quantize_types,
        check.addressable,
        integers_quantized,
        check.valid_quantization,
        same_shape,
        codes_rescaling,
    )


@register
@dataclass(frozen=True)
class Dequantize(Attributes):
    """From codes to real numbers."""

    op: ClassVar[str] = "DEQUANTIZE"
    options_table: ClassVar[str] = "DequantizeOptions"
    max_version: ClassVar[int] = 5
    constraints: ClassVar = (
        one_to_one,
        dequantize_types,
        check.addressable,
        integers_quantized,
        check.valid_quantization,
        same_shape,
    )
