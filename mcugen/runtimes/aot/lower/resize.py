"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

import numpy as np

from mcugen.ir.graph import Operands
from mcugen.runtimes.aot.lower.movement import element_bytes
from mcugen.runtimes.aot.program import Constant, Step, input_view, lowering, output_view


@lowering("RESIZE_NEAREST_NEIGHBOR")
def resize_nearest_neighbor(x: Operands) -> list[Step]:
    rows, columns = x.attributes.indices(x.input())
    batches, input_h, input_w, channels = x.input().shape
    _, output_h, output_w, _ = x.output().shape
    return [
        Step(
            "resize_nearest",
            {
                "batches": batches,
                "input_h": input_h,
                "input_w": input_w,
                "output_h": output_h,
                "output_w": output_w,
                "pixel_bytes": channels * element_bytes(x.input()),
                "rows": Constant(np.asarray(rows, np.int16), "input row of each output row"),
                "columns": Constant(
                    np.asarray(columns, np.int16), "input column of each output column"
                ),
            },
            (input_view(x),),
            (output_view(x),),
        )
    ]


@lowering("RESIZE_BILINEAR")
def resize_bilinear(x: Operands) -> list[Step]:
    rows, columns = x.attributes.samplings(x.input())
    batches, input_h, input_w, channels = x.input().shape
    _, output_h, output_w, _ = x.output().shape
    return [
        Step(
            "resize_bilinear_s8",
            {
                "batches": batches,
                "input_h": input_h,
                "input_w": input_w,
                "output_h": output_h,
                "output_w": output_w,
                "channels": channels,
                "scale_y": rows.scale,
                "offset_y": rows.offset,
                "scale_x": columns.scale,
                "offset_x": columns.offset,
            },
            (input_view(x),),
            (output_view(x),),
        )
    ]
