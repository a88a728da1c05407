"""Sliding windows: strides, dilations and explicit padding, for convolutions and pooling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcugen.ir.graph import Tensor


@dataclass(frozen=True)
class Pads:
    """Positions added on each side; they read as the input's zero point."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


@dataclass(frozen=True)
class Window:
    """How a kernel moves over an image.

    `padding` is the file's SAME or VALID; `pads` is what it amounts to for these shapes, plus
    whatever a pass folded in, and is what every later stage goes by.
    """

    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    padding: str
    pads: Pads

    def to_options(self) -> Mapping[str, Any]:
        return {
            "padding": self.padding,
            "stride_h": self.stride_h,
            "stride_w": self.stride_w,
            "dilation_h_factor": self.dilation_h,
            "dilation_w_factor": self.dilation_w,
        }


def output_size(size: int, kernel: int, stride: int, dilation: int, pads: int) -> int:
    """Positions of a window along one axis; `pads` counts both sides."""
    return (size + pads - (kernel - 1) * dilation - 1) // stride + 1


def same_pads(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """TFLite's SAME padding along one axis as (before, after); the odd one goes after."""
    outputs = (size + stride - 1) // stride
    total = max(0, (outputs - 1) * stride + (kernel - 1) * dilation + 1 - size)
    return total // 2, total - total // 2


def oversized(window: Window, kernel_hw: tuple[int, ...]) -> str | None:
    """Names a stride, dilation or dilated kernel extent of 2^15 or more, None if there is none."""
    for name, stride, dilation, kernel in (
        ("height", window.stride_h, window.dilation_h, kernel_hw[0]),
        ("width", window.stride_w, window.dilation_w, kernel_hw[1]),
    ):
        extent = (kernel - 1) * dilation + 1
        if max(stride, dilation, extent) >= 1 << 15:
            return f"{name}: stride {stride}, extent {extent}"
    return None


def covers(
    window: Window,
    image_hw: tuple[int, ...],
    kernel_hw: tuple[int, ...],
    output_hw: tuple[int, ...],
) -> str | None:
    """None if the window moved over the image gives `output_hw`, else both sizes."""
    pads = window.pads
    expected = (
        output_size(
            image_hw[0], kernel_hw[0], window.stride_h, window.dilation_h, pads.top + pads.bottom
        ),
        output_size(
            image_hw[1], kernel_hw[1], window.stride_w, window.dilation_w, pads.left + pads.right
        ),
    )
    return None if expected == tuple(output_hw) else f"{list(output_hw)}, expected {list(expected)}"


def make_window(
    options: Mapping[str, Any], image_hw: tuple[int, int], kernel_hw: tuple[int, int]
) -> Window:
    """A window from option fields; raises ValueError on strides or dilations below one."""
    stride_h, stride_w = options["stride_h"], options["stride_w"]
    dilation_h = options.get("dilation_h_factor", 1)
    dilation_w = options.get("dilation_w_factor", 1)
    if min(stride_h, stride_w, dilation_h, dilation_w, *kernel_hw) < 1:
        raise ValueError("strides, dilations and kernel sizes must be at least 1")
    pads = Pads()
    if options["padding"] == "SAME":
        top, bottom = same_pads(image_hw[0], kernel_hw[0], stride_h, dilation_h)
        left, right = same_pads(image_hw[1], kernel_hw[1], stride_w, dilation_w)
        pads = Pads(top, bottom, left, right)
    return Window(stride_h, stride_w, dilation_h, dilation_w, options["padding"], pads)


def window_from_options(
    options: Mapping[str, Any],
    inputs: tuple[Tensor | None, ...],
    outputs: tuple[Tensor | None, ...],
    weights: int,
    kernel_dims: tuple[int, int],
) -> Window:
    """The window of an operator whose kernel size is in the shape of input `weights`."""
    image = inputs[0] if inputs else None
    kernel = inputs[weights] if len(inputs) > weights else None
    if image is None or kernel is None or len(image.shape) != 4 or len(kernel.shape) != 4:
        raise ValueError("activations and weights must be present and of rank 4")
    h, w = image.shape[1:3]
    kernel_hw = kernel.shape[kernel_dims[0]], kernel.shape[kernel_dims[1]]
    return make_window(options, (h, w), kernel_hw)
