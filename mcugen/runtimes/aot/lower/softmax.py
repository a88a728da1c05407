"""SOFTMAX."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.ir.tables import softmax_exponentials
from mcugen.runtimes.aot.program import Constant, Field, Step, input_view, lowering, output_view


@lowering("SOFTMAX")
def lower_softmax(x: Operands) -> list[Step]:
    depth = x.input().shape[-1]
    exps = softmax_exponentials(x.input().q.scale, x.attributes.beta)
    params: dict[str, Field] = {
        "rows": x.input().elements // depth,
        "depth": depth,
        "exps_count": exps.size,
        "exps": Constant(exps, "exponentials by difference from the largest code"),
    }
    return [Step("softmax_s8", params, (input_view(x),), (output_view(x),), in_place=True)]
