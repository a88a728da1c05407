"""TRANSPOSE."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.runtimes.aot.lower.movement import element_bytes, gather, row_major_strides
from mcugen.runtimes.aot.program import Alias, Step, lowering


@lowering("TRANSPOSE")
def transpose(x: Operands) -> list[Step] | Alias:
    strides = row_major_strides(x.input().shape, element_bytes(x.input()))
    return gather(x, x.output().shape, [strides[axis] for axis in x.attributes.perm], 0)
