"""Copies are merged into few loops and long runs, and vanish where nothing moves."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.ir.graph import DType, Operands, Tensor
from mcugen.ir.ops.concat import Concatenation
from mcugen.ir.ops.pad import Pad
from mcugen.ir.ops.reshape import Reshape
from mcugen.ir.ops.slice import Slice
from mcugen.ir.ops.transpose import Transpose
from mcugen.runtimes.aot.lower import concat, pad, reshape, slice, transpose  # noqa: F401
from mcugen.runtimes.aot.lower.movement import Dim, merge, row_major_strides
from mcugen.runtimes.aot.program import VARIANTS, Alias, Step, View
from tests.kernels.movement import graph_of, integers, tensor


def lower(x: Operands) -> list[Step] | Alias:
    return VARIANTS[x.operator.name][0].lower(x)


def transposed(shape: tuple[int, ...], perm: tuple[int, ...]) -> list[Step] | Alias:
    target = tensor("output", [shape[axis] for axis in perm], DType.INT8)
    inputs = [tensor("input", shape, DType.INT8), integers("perm", perm)]
    (x,) = graph_of(Transpose, {}, inputs, [target])
    return lower(x)


def test_row_major_strides() -> None:
    assert row_major_strides((2, 3, 4), 4) == [48, 16, 4]
    assert row_major_strides((), 4) == []


def test_merge() -> None:
    whole = [Dim(*d) for d in zip((2, 3, 4), (12, 4, 1), (12, 4, 1), strict=True)]
    assert merge(whole, 1) == ([], 24)
    rows_apart = [Dim(2, 24, 12), Dim(3, 4, 4), Dim(4, 1, 1)]
    assert merge(rows_apart, 1) == ([Dim(2, 24, 12)], 12)
    reversed_ = [Dim(2, -3, 3), Dim(3, -1, 1)]
    assert merge(reversed_, 1) == ([Dim(6, -1, 1)], 1)
    repeated = [Dim(2, 0, 3), Dim(1, 9, 9), Dim(3, 1, 1)]
    assert merge(repeated, 1) == ([Dim(2, 0, 3)], 3)


def test_transpose_keeps_channels_together() -> None:
    steps = transposed((1, 5, 6, 3), (0, 2, 1, 3))
    assert isinstance(steps, list)
    assert steps[0].params == {
        "shape": (1, 1, 1, 6, 5),
        "input_strides": (0, 0, 0, 3, 18),
        "output_strides": (0, 0, 0, 15, 3),
        "run_bytes": 3,
    }


@pytest.mark.parametrize("perm", [(0, 1, 2), (1, 0, 2)])
def test_transpose_of_nothing_is_free(perm: tuple[int, ...]) -> None:
    assert transposed((1, 5, 6), perm) == Alias()


def test_slice_along_the_first_axis_is_one_run() -> None:
    arguments = [integers("begin", [2, 0]), integers("size", [3, 4])]
    source, target = tensor("input", (6, 4), DType.INT32), tensor("output", (3, 4), DType.INT32)
    (x,) = graph_of(Slice, {}, [source, *arguments], [target])
    steps = lower(x)
    assert isinstance(steps, list)
    assert steps[0].inputs == (View(0, 32),)
    assert steps[0].kernel == "copy_rows"
    assert (steps[0].params["rows"], steps[0].params["row_bytes"]) == (1, 48)


def test_constants_are_copied_not_aliased() -> None:
    """An alias of a constant would lie in flash, where nothing may be written."""
    data = np.zeros(6, np.int8)
    source = Tensor("constant", (6,), DType.INT8, None, data)
    (x,) = graph_of(Reshape, {}, [source], [tensor("output", (2, 3), DType.INT8)])
    steps = lower(x)
    assert isinstance(steps, list) and steps[0].params["row_bytes"] == 6


def test_concatenation_of_one_and_pad_of_zero_are_free() -> None:
    shape = (2, 3)
    source, target = tensor("input", shape, DType.INT8), tensor("output", shape, DType.INT8)
    options = {"axis": 0, "fused_activation_function": "NONE"}
    (x,) = graph_of(Concatenation, options, [source], [target])
    assert lower(x) == Alias()
    (x,) = graph_of(Pad, {}, [source, integers("paddings", [[0, 0], [0, 0]])], [target])
    assert lower(x) == Alias()
