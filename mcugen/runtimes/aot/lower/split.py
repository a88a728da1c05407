"""SPLIT, SPLIT_V and UNPACK: one strided copy an output."""

from __future__ import annotations

import math

from mcugen.ir.graph import Operands
from mcugen.ir.ops.movement import resolve_axis
from mcugen.runtimes.aot.lower.movement import Dim, strided_copy
from mcugen.runtimes.aot.program import Step, View, lowering, output_view


@lowering("SPLIT", "SPLIT_V", "UNPACK")
def split(x: Operands) -> list[Step]:
    position = 1 if x.operator.name == "SPLIT" else 0
    source = x.input(position)
    axis = resolve_axis(x.attributes.axis, len(source.shape))
    assert axis is not None
    outer = math.prod(source.shape[:axis])
    row_bytes = source.size_bytes // outer
    steps, offset = [], 0
    for i in range(len(x.outputs)):
        run_bytes = x.output(i).size_bytes // outer
        part = View(x.operator.inputs[position], offset)
        dims = [Dim(outer, row_bytes, run_bytes)]
        steps.append(strided_copy(part, output_view(x, i), dims, run_bytes))
        offset += run_bytes
    return steps
