"""CONV_2D."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.ir.ops.window import Pads, Window
from mcugen.runtimes.aot.lower.fully_connected import matrix_product
from mcugen.runtimes.aot.lower.weighted import output_range, weight_constants
from mcugen.runtimes.aot.program import Alias, Field, Step, input_view, lowering, output_view


@lowering("CONV_2D")
def conv_2d(x: Operands) -> list[Step] | Alias:
    """A matrix product where every window lies in memory as one row; else windows are gathered."""
    _, input_h, input_w, input_channels = x.input().shape
    _, output_h, output_w, output_channels = x.output().shape
    _, kernel_h, kernel_w, depth = x.input(1).shape
    if input_channels == depth and windows_are_rows(x):
        row = kernel_h * kernel_w * depth
        return [matrix_product(x, output_h * output_w, row, output_channels)]
    step = Step(
        kernel="conv_s8",
        params={
            "input_h": input_h,
            "input_w": input_w,
            "input_channels": input_channels,
            "output_h": output_h,
            "output_w": output_w,
            "output_channels": output_channels,
            "kernel_h": kernel_h,
            "kernel_w": kernel_w,
            **window_fields(x.attributes.window),
            "groups": input_channels // depth,
            "input_zero_point": x.input().q.zero_point,
            "output_zero_point": x.output().q.zero_point,
            **output_range(x),
            **weight_constants(x, fold_zero_point=True),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
        scratch_bytes=kernel_h * kernel_w * depth,
        sources=("fully_connected_s8",),
    )
    return [step]


def window_fields(window: Window) -> dict[str, Field]:
    """Strides, dilations and leading pads; the trailing ones follow from the shapes."""
    return {
        "stride_h": window.stride_h,
        "stride_w": window.stride_w,
        "dilation_h": window.dilation_h,
        "dilation_w": window.dilation_w,
        "pad_top": window.pads.top,
        "pad_left": window.pads.left,
    }


def windows_are_rows(x: Operands) -> bool:
    """Whether the windows, one after the other, are the input as it lies in memory.

    So it is for 1x1 kernels with stride 1, and for kernels as large as the image.
    """
    window, image, kernel = x.attributes.window, x.input().shape, x.input(1).shape
    if window.pads != Pads():
        return False
    if kernel[1:3] == (1, 1):
        return x.output().shape[1:3] == image[1:3]
    return kernel[1:3] == image[1:3]
