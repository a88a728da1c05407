"""AVERAGE_POOL_2D and MAX_POOL_2D."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops import constraints as check
from mcugen.ir.ops.base import Attributes, register
from mcugen.ir.ops.unary import one_to_one
from mcugen.ir.ops.window import Window, covers, make_window, oversized

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def window_sizes(x: Operands) -> str | None:
    """Strides and filters are below 32768."""
    return oversized(x.attributes.window, x.attributes.filter_hw)


def output_positions(x: Operands) -> str | None:
    """The output's shape follows from the input, filter, strides and padding."""
    image, output = x.input().shape, x.output().shape
    if (image[0], image[3]) != (output[0], output[3]):
        return f"input {list(image)}, output {list(output)}"
    return covers(x.attributes.window, image[1:3], x.attributes.filter_hw, output[1:3])


def same_quantization(x: Operands) -> str | None:
    """Input and output share their zero point and, to within 1e-6, their scale."""
    source, target = x.input().q, x.output().q
    if source.zero_point != target.zero_point or abs(source.scale - target.scale) > 1e-6:
        return f"scales {source.scale:g} and {target.scale:g}, zero points {source.zero_point} " + (
            f"and {target.zero_point}"
        )
    return None


@dataclass(frozen=True)
class Pool2D(Attributes):
    """Input and output: activations [1,h,w,c]. Padding positions take no part in the result."""

    options_table: ClassVar[str] = "Pool2DOptions"
    max_version: ClassVar[int] = 2
    constraints: ClassVar = (
        one_to_one,
        check.int8_activations,
        check.rank_four,
        check.addressable,
        check.batch_one,
        check.per_tensor_activations,
        check.valid_quantization,
        same_quantization,
        check.quantized_activation,
        check.activation_bounds,
        window_sizes,
        output_positions,
    )

    window: Window
    filter_hw: tuple[int, int]
    activation: str = "NONE"

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        image = inputs[0] if inputs else None
        if image is None or len(image.shape) != 4:
            raise ValueError("the input must be present and of rank 4")
        filter_hw = options["filter_height"], options["filter_width"]
        window = make_window(options, (image.shape[1], image.shape[2]), filter_hw)
        return cls(window, filter_hw, options["fused_activation_function"])

    def to_options(self) -> Mapping[str, Any]:
        return {
            "padding": self.window.padding,
            "stride_h": self.window.stride_h,
            "stride_w": self.window.stride_w,
            "filter_height": self.filter_hw[0],
            "filter_width": self.filter_hw[1],
            "fused_activation_function": self.activation,
        }


@register
@dataclass(frozen=True)
class AveragePool2D(Pool2D):
    """Mean of each window, rounded half away from zero, over the positions inside the image."""

    op: ClassVar[str] = "AVERAGE_POOL_2D"


@register
@dataclass(frozen=True)
class MaxPool2D(Pool2D):
    """Maximum of each window over the positions inside the image."""

    op: ClassVar[str] = "MAX_POOL_2D"
