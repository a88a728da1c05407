"""Unary functions of int8 codes: LOGISTIC, TANH, RELU, RELU6, LEAKY_RELU and HARD_SWISH."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops import constraints as check
from mcugen.ir.ops.base import Attributes, register
from mcugen.ir.ops.unary import (
    RESCALE_LIMIT,
    moderate_rescaling,
    one_to_one,
    same_quantization,
    same_shape,
)

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def logistic_output(x: Operands) -> str | None:
    """The output has scale 1/256 and zero point -128."""
    return _output_quantization(x, 1 / 256, -128)


def tanh_output(x: Operands) -> str | None:
    """The output has scale 1/128 and zero point 0."""
    return _output_quantization(x, 1 / 128, 0)


def _output_quantization(x: Operands, scale: float, zero_point: int) -> str | None:
    q = x.output().q
    found = f"scale {q.scale:g} and zero point {q.zero_point}"
    return None if (q.scale, q.zero_point) == (scale, zero_point) else found


def moderate_input_scale(x: Operands) -> str | None:
    """The input's scale is from 2^-28 to below 2^30."""
    scale = x.input().q.scale
    return None if 2.0**-28 <= scale < 2.0**30 else f"{scale:g}"


def moderate_alpha(x: Operands) -> str | None:
    """Alpha is finite, and the input's scale times |alpha| less than 2^22 times the output's."""
    alpha = x.attributes.alpha
    fits = abs(alpha) * x.input().q.scale < RESCALE_LIMIT * x.output().q.scale
    return None if math.isfinite(alpha) and fits else f"alpha {alpha:g}"


def unscaled_relu6(x: Operands) -> str | None:
    """Input and output have the same scale and zero point: nothing is rescaled."""
    return same_quantization(x)


def hard_swish_scales(x: Operands) -> str | None:
    """The input's scale is from 2^-21 to below 2^22, and from 2^-8 to below 2^7 times the output's.

    TFLM's 16-bit arithmetic is defined for no others.
    """
    source, target = x.input().q.scale, x.output().q.scale
    if 2.0**-21 <= source < 2.0**22 and 2.0**-8 * target <= source < 2.0**7 * target:
        return None
    return f"{source:g}, the output's is {target:g}"


_INT8 = (
    one_to_one,
    check.int8_activations,
    check.addressable,
    check.per_tensor_activations,
    check.valid_quantization,
    same_shape,
)


@register
@dataclass(frozen=True)
class Logistic(Attributes):
    """1 / (1 + exp(-x))."""

    op: ClassVar[str] = "LOGISTIC"
    max_version: ClassVar[int] = 3
    constraints: ClassVar = (*_INT8, moderate_input_scale, logistic_output)


@register
@dataclass(frozen=True)
class Tanh(Attributes):
    """Hyperbolic tangent."""

    op: ClassVar[str] = "TANH"
    max_version: ClassVar[int] = 3
    constraints: ClassVar = (*_INT8, moderate_input_scale, tanh_output)


@register
@dataclass(frozen=True)
class Relu(Attributes):
    """max(x, 0), rescaled to the output's quantization."""

    op: ClassVar[str] = "RELU"
    max_version: ClassVar[int] = 3
    constraints: ClassVar = (*_INT8, moderate_rescaling)


@register
@dataclass(frozen=True)
class Relu6(Attributes):
    """min(max(x, 0), 6). TFLM limits codes without rescaling them, hence one quantization."""

    op: ClassVar[str] = "RELU6"
    max_version: ClassVar[int] = 3
    constraints: ClassVar = (*_INT8, moderate_input_scale, unscaled_relu6)


@register
@dataclass(frozen=True)
class LeakyRelu(Attributes):
    """x where it is positive, else alpha * x. `alpha` is a float32 value."""

    op: ClassVar[str] = "LEAKY_RELU"
    options_table: ClassVar[str] = "LeakyReluOptions"
    max_version: ClassVar[int] = 2
    constraints: ClassVar = (*_INT8, moderate_rescaling, moderate_alpha)

    alpha: float

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(options["alpha"])

    def to_options(self) -> Mapping[str, Any]:
        return {"alpha": self.alpha}


@register
@dataclass(frozen=True)
class HardSwish(Attributes):
    """x * min(max(x + 3, 0), 6) / 6."""

    op: ClassVar[str] = "HARD_SWISH"
    options_table: ClassVar[str] = "HardSwishOptions"
    max_version: ClassVar[int] = 1
    constraints: ClassVar = (*_INT8, hard_swish_scales)
