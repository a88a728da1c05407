"""MEAN."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.ir.ops.reduce import alternating_runs, mean_multiplier
from mcugen.runtimes.aot.program import Field, Step, input_view, lowering, output_view


@lowering("MEAN")
def mean(x: Operands) -> list[Step]:
    names = ("kept0", "reduced0", "kept1", "reduced1", "kept2")
    runs = alternating_runs(x.input().shape, x.attributes.axes)
    if runs[3:] == (1, 1):
        # One reduction: what is kept inside it are the kernel's channels.
        runs = (runs[0], 1, 1, *runs[1:3])
    multiplier, shift = mean_multiplier(x)
    params: dict[str, Field] = {
        **dict(zip(names, runs, strict=True)),
        "start": -x.input().q.zero_point * runs[1] * runs[3],
        "multiplier": multiplier,
        "shift": shift,
        "output_zero_point": x.output().q.zero_point,
    }
    return [Step("mean_s8", params, (input_view(x),), (output_view(x),))]
