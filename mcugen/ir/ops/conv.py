"""CONV_2D and DEPTHWISE_CONV_2D."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops import constraints as check
from mcugen.ir.ops import weighted
from mcugen.ir.ops.base import Attributes, register
from mcugen.ir.ops.window import Window, covers, oversized, window_from_options

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def window_sizes(x: Operands) -> str | None:
    """Strides, and kernels with their dilation, are below 32768."""
    return oversized(x.attributes.window, x.input(1).shape[1:3])


def output_positions(x: Operands) -> str | None:
    """The output's height and width follow from the input, kernel, strides and padding."""
    return covers(
        x.attributes.window, x.input().shape[1:3], x.input(1).shape[1:3], x.output().shape[1:3]
    )


def channels_agree(x: Operands) -> str | None:
    """Weights and bias agree with the input's and the output's channels."""
    image, weights, output = x.input().shape, x.input(1).shape, x.output().shape
    bias = x.optional_input(2)
    if x.operator.name == "DEPTHWISE_CONV_2D":
        multiplier = x.attributes.depth_multiplier
        if weights[0] != 1 or weights[3] != image[3] * multiplier:
            return f"weights {list(weights)}, input {list(image)}, depth multiplier {multiplier}"
    elif image[3] % weights[3] or weights[0] % (image[3] // weights[3]):
        return f"weights {list(weights)}, input {list(image)}"
    channels = weights[weighted.channel_axis(x)]
    if (output[0], output[3]) != (image[0], channels):
        return f"output {list(output)}, weights {list(weights)}"
    if bias is not None and bias.elements != channels:
        return f"bias of {bias.elements} for {channels} channels"
    return None


CONV_CONSTRAINTS = (
    weighted.weights_arity,
    check.int8_activations,
    check.rank_four,
    check.addressable,
    check.batch_one,
    weighted.constant_weights,
    check.per_tensor_activations,
    weighted.symmetric_weights,
    check.valid_quantization,
    check.quantized_activation,
    check.activation_bounds,
    window_sizes,
    output_positions,
    channels_agree,
    weighted.accumulator_fits,
)


@register
@dataclass(frozen=True)
class Conv2D(Attributes):
    """Inputs: activations [1,h,w,c], weights [m,kh,kw,c/groups], optional int32 bias [m]."""

    op: ClassVar[str] = "CONV_2D"
    options_table: ClassVar[str] = "Conv2DOptions"
    max_version: ClassVar[int] = 8
    constraints: ClassVar = CONV_CONSTRAINTS

    window: Window
    activation: str = "NONE"

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        window = window_from_options(options, inputs, outputs, weights=1, kernel_dims=(1, 2))
        return cls(window, options["fused_activation_function"])

    def to_options(self) -> Mapping[str, Any]:
        return {**self.window.to_options(), "fused_activation_function": self.activation}

    def macs(self, operands: Operands) -> int:
        _, kernel_h, kernel_w, channels = operands.input(1).shape
        return operands.output().elements * kernel_h * kernel_w * channels


@register
@dataclass(frozen=True)
class DepthwiseConv2D(Attributes):
    """Inputs: activations [1,h,w,c], weights [1,kh,kw,c*multiplier], optional int32 bias."""

    op: ClassVar[str] = "DEPTHWISE_CONV_2D"
    options_table: ClassVar[str] = "DepthwiseConv2DOptions"
    max_version: ClassVar[int] = 7
    constraints: ClassVar = CONV_CONSTRAINTS

    window: Window
    depth_multiplier: int = 1
    activation: str = "NONE"

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        window = window_from_options(options, inputs, outputs, weights=1, kernel_dims=(1, 2))
        return cls(window, options["depth_multiplier"], options["fused_activation_function"])

    def to_options(self) -> Mapping[str, Any]:
        return {
            **self.window.to_options(),
            "depth_multiplier": self.depth_multiplier,
            "fused_activation_function": self.activation,
        }

    def macs(self, operands: Operands) -> int:
        _, kernel_h, kernel_w, _ = operands.input(1).shape
        return operands.output().elements * kernel_h * kernel_w
