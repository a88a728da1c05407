"""Constraints of SLICE and STRIDED_SLICE, and the positions that they take."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mcugen.ir.graph import Operands
from mcugen.ir.ops import slice as ops
from tests.unit.ir.ops.movement_cases import constant, first_failure, operands, tensor

HUGE = (1 << 31) - 1


def cut(begin: list[int], size: list[int], output: list[int]) -> Operands:
    inputs = [tensor([4, 5]), constant(begin), constant(size)]
    return operands(ops.Slice, {}, inputs, [tensor(output)])


@pytest.mark.parametrize(("begin", "size"), [([1, 2], [3, 3]), ([1, 2], [-1, -1])])
def test_slice_supported(begin: list[int], size: list[int]) -> None:
    assert first_failure(cut(begin, size, [3, 3])) is None


@pytest.mark.parametrize(
    ("begin", "size"),
    [
        ([1], [3]),
        ([1, 2, 3], [1, 1, 1]),
        ([-1, 2], [1, 3]),
        ([1, 2], [3, 4]),
        ([1, 2], [0, 3]),
        ([1, 2], [-2, 3]),
        ([HUGE, 0], [HUGE, 1]),
        ([4, 0], [-1, 5]),
    ],
)
def test_slice_arguments(begin: list[int], size: list[int]) -> None:
    assert first_failure(cut(begin, size, [3, 3])) is ops.slice_arguments


def test_slice_shape() -> None:
    assert first_failure(cut([0, 0], [2, 2], [2, 3])) is ops.slice_shape


def stride(
    begin: list[int], end: list[int], strides: list[int], output: list[int], **masks: int
) -> Operands:
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    inputs = [tensor([4, 5]), *(constant(values) for values in (begin, end, strides))]
    options = dict.fromkeys(names, 0) | masks
    return operands(ops.StridedSlice, options, inputs, [tensor(output)])


def test_strided_slice_supported() -> None:
    assert first_failure(stride([3, 0], [0, -1], [-2, 3], [2, 2])) is None
    x = stride([-1, 0], [0, 9], [1, 2], [3], shrink_axis_mask=1)
    assert first_failure(x) is None
    assert x.attributes.extents((4, 5)) == ((3, 1, 1), (0, 2, 3))


def test_strided_slice_of_rank_five() -> None:
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    positions = [constant([n] * 5) for n in (0, 2, 1)]
    inputs, output = [tensor([2] * 5), *positions], tensor([2] * 5)
    x = operands(ops.StridedSlice, dict.fromkeys(names, 0), inputs, [output])
    assert first_failure(x) is ops.rank_at_most_four


@pytest.mark.parametrize(
    ("begin", "end", "strides"),
    [([0], [4], [1]), ([0, 0], [4, 5], [1, 0]), ([0, 0], [4, 5], [1]), ([], [], [])],
)
def test_strided_slice_arguments(begin: list[int], end: list[int], strides: list[int]) -> None:
    x = stride(begin, end, strides, [4, 5])
    assert first_failure(x) is ops.strided_slice_arguments


@pytest.mark.parametrize("name", ["ellipsis_mask", "new_axis_mask", "offset"])
def test_supported_masks(name: str) -> None:
    x = stride([0, 0], [4, 5], [1, 1], [4, 5], **{name: 1})
    assert first_failure(x) is ops.supported_masks


@pytest.mark.parametrize(("begin", "step"), [(4, 1), (0, -1), (-9, -1)])
def test_shrunk_axes(begin: int, step: int) -> None:
    x = stride([begin, 0], [5, 5], [step, 1], [5], shrink_axis_mask=1)
    assert first_failure(x) is ops.shrunk_axes


@pytest.mark.parametrize(
    ("begin", "end", "output"), [([0, 0], [4, 4], [4, 5]), ([2, 0], [2, 5], [0, 5])]
)
def test_strided_slice_shape(begin: list[int], end: list[int], output: list[int]) -> None:
    x = stride(begin, end, [1, 1], [max(1, n) for n in output])
    assert first_failure(x) is ops.strided_slice_shape


positions = st.integers(-9, 9) | st.sampled_from([-(1 << 31), HUGE])


@given(st.integers(1, 6), positions, positions, positions.filter(bool), st.integers(0, 3))
def test_extents_are_those_of_python_slices(
    n: int, begin: int, end: int, step: int, mask: int
) -> None:
    attributes = ops.StridedSlice((begin,), (end,), (step,), mask & 1, mask >> 1)
    ((start, stride_, size),) = attributes.extents((n,))
    taken = [start + i * stride_ for i in range(size)]
    python = slice(None if mask & 1 else begin, None if mask >> 1 else end, step)
    assert taken == list(range(n))[python]
