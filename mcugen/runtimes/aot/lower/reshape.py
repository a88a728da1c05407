"""RESHAPE, SQUEEZE and EXPAND_DIMS: no code; SHAPE: a constant."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.runtimes.aot.lower.movement import fill, same_bytes
from mcugen.runtimes.aot.program import Alias, Step, int32, lowering, output_view


@lowering("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
def reshape(x: Operands) -> list[Step] | Alias:
    return same_bytes(x)


@lowering("SHAPE")
def shape(x: Operands) -> list[Step]:
    return [fill(output_view(x), 1, int32(x.input().shape), "shape")]
