"""CONCATENATION and PACK: one strided copy an input."""

from __future__ import annotations

import math

from mcugen.ir.graph import Operands
from mcugen.ir.ops.movement import resolve_axis
from mcugen.runtimes.aot.lower.movement import Dim, same_bytes, strided_copy
from mcugen.runtimes.aot.program import Alias, Step, View, input_view, lowering


@lowering("CONCATENATION", "PACK")
def join(x: Operands) -> list[Step] | Alias:
    if len(x.inputs) == 1:
        return same_bytes(x)
    output = x.output()
    axis = resolve_axis(x.attributes.axis, len(output.shape))
    assert axis is not None
    outer = math.prod(output.shape[:axis])
    row_bytes = output.size_bytes // outer
    steps, offset = [], 0
    for i in range(len(x.inputs)):
        run_bytes = x.input(i).size_bytes // outer
        target = View(x.operator.outputs[0], offset)
        dims = [Dim(outer, run_bytes, row_bytes)]
        steps.append(strided_copy(input_view(x, i), target, dims, run_bytes))
        offset += run_bytes
    return steps
