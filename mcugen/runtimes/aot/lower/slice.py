"""SLICE and STRIDED_SLICE."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.runtimes.aot.lower.movement import element_bytes, gather, row_major_strides
from mcugen.runtimes.aot.program import Alias, Step, lowering


@lowering("SLICE", "STRIDED_SLICE")
def take_slices(x: Operands) -> list[Step] | Alias:
    shape = x.input().shape
    extents = x.attributes.extents(shape)
    strides = row_major_strides(shape, element_bytes(x.input()))
    return gather(
        x,
        [e.size for e in extents],
        # A stride that is never taken may be any number in the file.
        [e.stride * s if e.size > 1 else 0 for e, s in zip(extents, strides, strict=True)],
        sum(e.start * s for e, s in zip(extents, strides, strict=True)),
    )
