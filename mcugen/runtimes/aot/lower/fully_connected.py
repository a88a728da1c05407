"""FULLY_CONNECTED."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.runtimes.aot.lower.weighted import output_range, weight_constants
from mcugen.runtimes.aot.program import Step, input_view, lowering, output_view


@lowering("FULLY_CONNECTED")
def fully_connected(x: Operands) -> list[Step]:
    """The input as rows of the weights' depth."""
    units, depth = x.input(1).shape
    return [matrix_product(x, x.input().elements // depth, depth, units)]


def matrix_product(x: Operands, rows: int, depth: int, units: int) -> Step:
    """A call of fully_connected_s8, for whatever operator reads its input as [rows, depth]."""
    return Step(
        kernel="fully_connected_s8",
        params={
            "rows": rows,
            "depth": depth,
            "units": units,
            "output_zero_point": x.output().q.zero_point,
            **output_range(x),
            **weight_constants(x, fold_zero_point=True),
        },
        inputs=(input_view(x),),
        outputs=(output_view(x),),
    )
