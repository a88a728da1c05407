"""AVERAGE_POOL_2D and MAX_POOL_2D."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.runtimes.aot.lower.weighted import output_range
from mcugen.runtimes.aot.program import Step, input_view, lowering, output_view


@lowering("AVERAGE_POOL_2D", "MAX_POOL_2D")
def pool_2d(x: Operands) -> list[Step]:
    _, input_h, input_w, channels = x.input().shape
    _, output_h, output_w, _ = x.output().shape
    window, (filter_h, filter_w) = x.attributes.window, x.attributes.filter_hw
    step = Step(
        kernel="max_pool_s8" if x.operator.name == "MAX_POOL_2D" else "average_pool_s8",
        params={
            "input_h": input_h,
            "input_w": input_w,
            "channels": channels,
            "output_h": output_h,
            "output_w": output_w,
            "filter_h": filter_h,
            "filter_w": filter_w,
            "stride_h": window.stride_h,
            "stride_w": window.stride_w,
            "pad_top": window.pads.top,
            "pad_left": window.pads.left,
            **output_range(x),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
    )
    return [step]
