"""ADD, SUB, MUL, MAXIMUM and MINIMUM: two inputs, broadcast against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import quantize_multiplier, requantize
from mcugen.ir.ops import constraints as check
from mcugen.ir.ops.base import Attributes, register
from mcugen.ir.ops.unary import same_quantization

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor

MAX_RANK = 5
SUM_HEADROOM_BITS = 20
"""TFLite's left shift of ADD's and SUB's inputs before they are rescaled."""
PRODUCT_SHIFT_LIMIT = 14
"""A product of two differences of 8-bit codes, shifted left so far and doubled, is within int32."""


def two_inputs(x: Operands) -> str | None:
    """There are two inputs and one output."""
    if (len(x.inputs), len(x.outputs)) != (2, 1) or None in (*x.inputs, *x.outputs):
        return f"{len(x.inputs)} inputs and {len(x.outputs)} outputs"
    return None


def int8_operands(x: Operands) -> str | None:
    """Inputs and output are int8, quantized with one scale and zero point each."""
    for tensor in (x.input(), x.input(1), x.output()):
        quantization = tensor.quantization
        if tensor.dtype.value != "int8":
            return f"'{tensor.name}' is {tensor.dtype.value}"
        if quantization is None or (len(quantization.scales), len(quantization.zero_points)) != (
            1,
            1,
        ):
            return f"'{tensor.name}' is not quantized so"
    return None


def broadcast_shapes(x: Operands) -> str | None:
    """Ranks are at most 5, and the output has the shape that the inputs broadcast to."""
    first, second, output = x.input().shape, x.input(1).shape, x.output().shape
    found = f"inputs {list(first)} and {list(second)}, output {list(output)}"
    if max(len(first), len(second), len(output)) > MAX_RANK:
        return found
    try:
        return None if np.broadcast_shapes(first, second) == output else found
    except ValueError:
        return found


def sum_multipliers_below_one(x: Operands) -> str | None:
    """Input scales are positive and the larger one is less than 2^19 times the output's."""
    scales = [t.q.scale for t in (x.input(), x.input(1), x.output())]
    if min(scales) > 0 and 2 * max(scales[:2]) < scales[2] * (1 << SUM_HEADROOM_BITS):
        return None
    return f"inputs have {scales[0]:g} and {scales[1]:g}, the output {scales[2]:g}"


def product_fits(x: Operands) -> str | None:
    """The product of the input scales, rounded to 31 bits, is below 2^14 of the output's scale."""
    product, target = x.input().q.scale * x.input(1).q.scale, x.output().q.scale
    _, shift = quantize_multiplier(product / target)
    return None if shift <= PRODUCT_SHIFT_LIMIT else f"{product:g}, the output's is {target:g}"


def sum_multipliers(scales: tuple[float, float, float]) -> tuple[float, float, float]:
    """Real multipliers of ADD's or SUB's inputs and of their sum; scales of inputs and output.

    Both inputs are brought to twice the larger scale, with `SUM_HEADROOM_BITS` bits more.
    """
    first, second, output = scales
    widest = 2 * max(first, second)
    return first / widest, second / widest, widest / (output * (1 << SUM_HEADROOM_BITS))


def sum_scales(x: Operands) -> tuple[float, float, float]:
    """Scales of ADD's or SUB's inputs and output."""
    return x.input().q.scale, x.input(1).q.scale, x.output().q.scale


def rescaled_sum(
    scales: tuple[float, float, float],
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    sign: int,
) -> npt.NDArray[np.int64]:
    """TFLite's first + sign * second on the output's scale; operands are codes less zero points.

    Both are taken to a common, finer scale, and their sum or difference to the output's.
    """
    to_common0, to_common1, to_output = (quantize_multiplier(m) for m in sum_multipliers(scales))
    a = requantize(first << SUM_HEADROOM_BITS, *to_common0)
    b = requantize(second << SUM_HEADROOM_BITS, *to_common1)
    return requantize(a + sign * b, *to_output)


def product_multiplier(x: Operands) -> float:
    """MUL's real multiplier."""
    return x.input().q.scale * x.input(1).q.scale / x.output().q.scale


_OPERANDS = (
    two_inputs,
    int8_operands,
    check.addressable,
    check.valid_quantization,
    broadcast_shapes,
)


@dataclass(frozen=True)
class _Arithmetic(Attributes):
    activation: str = "NONE"

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(options["fused_activation_function"])

    def to_options(self) -> Mapping[str, Any]:
        return {"fused_activation_function": self.activation}


@register
@dataclass(frozen=True)
class Add(_Arithmetic):
    """Either input may be a constant."""

    op: ClassVar[str] = "ADD"
    options_table: ClassVar[str] = "AddOptions"
    max_version: ClassVar[int] = 5
    constraints: ClassVar = (
        *_OPERANDS,
        check.quantized_activation,
        check.activation_bounds,
        sum_multipliers_below_one,
    )


@register
@dataclass(frozen=True)
class Sub(_Arithmetic):
    """The first input minus the second; either may be a constant."""

    op: ClassVar[str] = "SUB"
    options_table: ClassVar[str] = "SubOptions"
    max_version: ClassVar[int] = 5
    constraints: ClassVar = Add.constraints


@register
@dataclass(frozen=True)
class Mul(_Arithmetic):
    """Either input may be a constant."""

    op: ClassVar[str] = "MUL"
    options_table: ClassVar[str] = "MulOptions"
    max_version: ClassVar[int] = 7
    constraints: ClassVar = (
        *_OPERANDS,
        check.quantized_activation,
        check.activation_bounds,
        product_fits,
    )


@register
@dataclass(frozen=True)
class Maximum(Attributes):
    """The larger of two codes. TFLM compares codes as they are, hence one quantization."""

    op: ClassVar[str] = "MAXIMUM"
    options_table: ClassVar[str] = "MaximumMinimumOptions"
    max_version: ClassVar[int] = 4
    constraints: ClassVar = (*_OPERANDS, same_quantization)


@register
@dataclass(frozen=True)
class Minimum(Attributes):
    """The smaller of two codes. TFLM compares codes as they are, hence one quantization."""

    op: ClassVar[str] = "MINIMUM"
    options_table: ClassVar[str] = "MaximumMinimumOptions"
    max_version: ClassVar[int] = 4
    constraints: ClassVar = Maximum.constraints
