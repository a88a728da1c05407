"""SOFTMAX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops import constraints as check
from mcugen.ir.ops.activations import logistic_output
from mcugen.ir.ops.base import Attributes, register
from mcugen.ir.ops.unary import one_to_one, same_shape

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor

MAX_DEPTH = 4095
DIFFERENCE_INTEGER_BITS = 5
"""Of the scaled difference from the largest input, in TFLite's fixed-point arithmetic."""


def bounded_depth(x: Operands) -> str | None:
    """The last dimension, along which the results sum to one, is at most 4095."""
    shape = x.input().shape
    if not shape:
        return "the input is a scalar"
    return None if shape[-1] <= MAX_DEPTH else f"shape {list(shape)}"


def moderate_beta(x: Operands) -> str | None:
    """Beta times the input's scale is more than 2^-26, and finite."""
    product = x.attributes.beta * x.input().q.scale
    return None if 2.0**-26 < product < float("inf") else f"{product:g}"


@register
@dataclass(frozen=True)
class Softmax(Attributes):
    """exp(beta * x) over its sum along the last axis. `beta` is a float32 value."""

    op: ClassVar[str] = "SOFTMAX"
    options_table: ClassVar[str] = "SoftmaxOptions"
    max_version: ClassVar[int] = 3
    constraints: ClassVar = (
        one_to_one,
        check.int8_activations,
        check.addressable,
        check.per_tensor_activations,
        check.valid_quantization,
        same_shape,
        bounded_depth,
        moderate_beta,
        logistic_output,
    )

    beta: float = 1.0

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(options["beta"])

    def to_options(self) -> Mapping[str, Any]:
        return {"beta": self.beta}
