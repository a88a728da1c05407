"""Element movement as calls of `copy_rows`, `strided_copy` and `fill`.

Dimensions are merged and runs made as long as they can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy.typing as npt

from mcugen.ir.graph import Operands, Tensor
from mcugen.runtimes.aot.program import (
    Alias,
    Constant,
    Field,
    Operand,
    Step,
    View,
    input_view,
    output_view,
)

KERNEL_DIMS = 5


class Dim(NamedTuple):
    """One loop of a copy; strides are bytes from one position to the next."""

    size: int
    input_stride: int
    output_stride: int


def row_major_strides(shape: Sequence[int], element_bytes: int) -> list[int]:
    """Bytes from one index to the next, dimension by dimension."""
    strides, step = [], element_bytes
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return strides[::-1]


def element_bytes(tensor: Tensor) -> int:
    """Bytes of one element of a movable type."""
    return tensor.dtype.bits // 8


def merge(dims: Sequence[Dim], run_bytes: int) -> tuple[list[Dim], int]:
    """The same copy with as few loops and as long a run as the strides allow.

    A loop whose stride is the whole extent of the next inner one, on both sides, becomes one with
    it; the innermost loop becomes part of the run where it is contiguous on both sides.
    """
    merged: list[Dim] = []
    for dim in dims:
        if dim.size == 1:
            continue
        if merged and merged[-1][1:] == (dim.size * dim.input_stride, dim.size * dim.output_stride):
            dim = dim._replace(size=merged.pop().size * dim.size)
        merged.append(dim)
    if merged and merged[-1][1:] == (run_bytes, run_bytes):
        run_bytes *= merged.pop().size
    return merged, run_bytes


def strided_copy(source: Operand, target: Operand, dims: Sequence[Dim], run_bytes: int) -> Step:
    """The call that copies runs of `run_bytes` over `dims`, outermost first.

    At most five dimensions may be left after merging.
    """
    merged, run_bytes = merge(dims, run_bytes)
    if len(merged) <= 1:
        rows = merged[0] if merged else Dim(1, 0, 0)
        params: dict[str, Field] = {
            "rows": rows.size,
            "row_bytes": run_bytes,
            "input_stride": rows.input_stride,
            "output_stride": rows.output_stride,
        }
        return Step("copy_rows", params, (source,), (target,))
    padded = [Dim(1, 0, 0)] * (KERNEL_DIMS - len(merged)) + merged
    assert len(padded) == KERNEL_DIMS
    return Step(
        "strided_copy",
        {
            "shape": tuple(d.size for d in padded),
            "input_strides": tuple(d.input_stride for d in padded),
            "output_strides": tuple(d.output_stride for d in padded),
            "run_bytes": run_bytes,
        },
        (source,),
        (target,),
    )


def copy_whole(source: Operand, target: Operand, size_bytes: int) -> Step:
    """The call that copies `size_bytes` as they are."""
    return strided_copy(source, target, (), size_bytes)


def same_bytes(x: Operands) -> list[Step] | Alias:
    """Output 0 as input 0 under another shape: free, unless the input lies in flash."""
    if x.input().is_constant:
        return [copy_whole(input_view(x), output_view(x), x.input().size_bytes)]
    return Alias()


def gather(
    x: Operands, shape: Sequence[int], input_strides: Sequence[int], offset_bytes: int
) -> list[Step] | Alias:
    """Fills output 0 from input 0.

    The output is seen as a row-major array of `shape`; `input_strides` gives the bytes from one
    input element to the next along each of its dimensions, `offset_bytes` the first one's place.
    """
    size = element_bytes(x.input())
    output_strides = row_major_strides(shape, size)
    dims = [Dim(*d) for d in zip(shape, input_strides, output_strides, strict=True)]
    if merge(dims, size) == ([], x.input().size_bytes):
        return same_bytes(x)
    source = View(x.operator.inputs[0], offset_bytes)
    return [strided_copy(source, output_view(x), dims, size)]


def fill(target: Operand, count: int, pattern: npt.NDArray[Any], comment: str) -> Step:
    """The call that writes the pattern's bytes `count` times."""
    return Step(
        "fill",
        {"count": count, "pattern_bytes": pattern.nbytes, "pattern": Constant(pattern, comment)},
        (),
        (target,),
    )
