"""SVDF."""

from __future__ import annotations

import numpy as np

from mcugen.ir.fixed_point import quantize_multiplier
from mcugen.ir.graph import Operands
from mcugen.ir.ops.svdf import effective_scales, wide
from mcugen.runtimes.aot.program import (
    Constant,
    State,
    Step,
    input_view,
    int32,
    lowering,
    output_view,
)


@lowering("SVDF")
def svdf(x: Operands) -> list[Step]:
    """One call for either type of state; zero points are folded into bias and feature start."""
    a, feature, time = x.attributes, x.input(1), x.input(2)
    assert feature.data is not None and time.data is not None
    (state_multiplier, state_shift), (output_multiplier, output_shift) = (
        quantize_multiplier(scale) for scale in effective_scales(x)
    )
    start = -x.input().q.zero_point * wide(feature).sum(axis=1)
    time_sums = wide(time).reshape(-1, a.rank * time.shape[1]).sum(axis=1)
    bias = wide(x.input(3)) - a.state_zero_point * time_sums
    step = Step(
        kernel="svdf_s8" if a.state_dtype == "int8" else "svdf_s16",
        params={
            "depth": feature.shape[1],
            "units": x.output().shape[1],
            "rank": a.rank,
            "memory": time.shape[1],
            "state_multiplier": state_multiplier,
            "output_multiplier": output_multiplier,
            "state_shift": state_shift,
            "state_zero_point": a.state_zero_point,
            "output_shift": output_shift,
            "output_zero_point": x.output().q.zero_point,
            "feature_weights": Constant(feature.data, f"feature weights {list(feature.shape)}"),
            "feature_start": Constant(int32(start), "input zero point folded in"),
            "time_weights": Constant(time.data, f"time weights {list(time.shape)}"),
            # The sum wraps in int32, and so may its start.
            "bias": Constant(bias.astype(np.int32), "bias, state zero point folded in"),
        },
        inputs=(input_view(x), State(a.variable)),
        outputs=(output_view(x),),
    )
    return [step]
