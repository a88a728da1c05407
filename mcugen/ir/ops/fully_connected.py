"""FULLY_CONNECTED."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops import constraints as check
from mcugen.ir.ops import weighted
from mcugen.ir.ops.base import Attributes, register

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def plain_weights(x: Operands) -> str | None:
    """Weights are in the default format, a matrix [units, depth]."""
    layout, shape = x.attributes.weights_format, x.input(1).shape
    if layout != "DEFAULT":
        return f"format {layout}"
    return None if len(shape) == 2 else f"shape {list(shape)}"


def rows_agree(x: Operands) -> str | None:
    """The input is a whole number of rows of the weights' depth, the output as many of units."""
    source, target = x.input(), x.output()
    units, depth = x.input(1).shape
    bias = x.optional_input(2)
    if source.elements % depth or target.shape[-1:] != (units,):
        return f"input {list(source.shape)}, output {list(target.shape)}, weights {[units, depth]}"
    if target.elements != source.elements // depth * units:
        return f"output {list(target.shape)} for {source.elements // depth} rows of {units} units"
    if bias is not None and bias.elements != units:
        return f"bias of {bias.elements} for {units} units"
    return None


def bias_scale_agrees(x: Operands) -> str | None:
    """With one weight scale, the bias's scale is input scale * weight scale, as TFLM demands."""
    bias, weights, source, target = x.optional_input(2), x.input(1).q, x.input().q, x.output().q
    if bias is None or weights.is_per_channel:
        return None
    scale = bias.quantization.scale if bias.quantization and bias.quantization.scales else 0.0
    product = source.scale * weights.scale
    return None if abs(product - scale) / target.scale <= 0.02 else f"{scale:g}, not {product:g}"


@register
@dataclass(frozen=True)
class FullyConnected(Attributes):
    """Inputs: activations of any rank, weights [units, depth], optional int32 bias [units].

    The input is read as rows of `depth` values; `keep_num_dims` only shapes the output.
    """

    op: ClassVar[str] = "FULLY_CONNECTED"
    options_table: ClassVar[str] = "FullyConnectedOptions"
    max_version: ClassVar[int] = 13
    constraints: ClassVar = (
        weighted.weights_arity,
        check.int8_activations,
        check.addressable,
        weighted.constant_weights,
        plain_weights,
        check.per_tensor_activations,
        weighted.symmetric_weights,
        check.valid_quantization,
        check.quantized_activation,
        check.activation_bounds,
        rows_agree,
        bias_scale_agrees,
        weighted.accumulator_fits,
    )

    activation: str = "NONE"
    keep_num_dims: bool = False
    weights_format: str = "DEFAULT"

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(
            options["fused_activation_function"],
            options["keep_num_dims"],
            options["weights_format"],
        )

    def to_options(self) -> Mapping[str, Any]:
        return {
            "fused_activation_function": self.activation,
            "keep_num_dims": self.keep_num_dims,
            "weights_format": self.weights_format,
        }

    def macs(self, operands: Operands) -> int:
        return operands.output().elements * operands.input(1).shape[1]
