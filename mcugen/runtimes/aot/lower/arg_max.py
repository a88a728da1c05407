"""ARG_MAX."""

from __future__ import annotations

import math

from mcugen.ir.graph import Operands
from mcugen.runtimes.aot.program import Field, Step, input_view, lowering, output_view


@lowering("ARG_MAX")
def lower_arg_max(x: Operands) -> list[Step]:
    shape, axis = x.input().shape, x.attributes.axis
    params: dict[str, Field] = {
        "outer": math.prod(shape[:axis]),
        "size": shape[axis],
        "inner": math.prod(shape[axis + 1 :]),
    }
    return [Step("arg_max_s8", params, (input_view(x),), (output_view(x),))]
