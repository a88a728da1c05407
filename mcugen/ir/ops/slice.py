"""SLICE and STRIDED_SLICE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from mcugen.ir.ops.base import register
from mcugen.ir.ops.movement import (
    MOVEMENT_CONSTRAINTS,
    Movement,
    constant_integers,
    rank_at_most_five,
)

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor

STRIDED_MAX_RANK = 4


class Extent(NamedTuple):
    """What is taken along one axis: `size` elements from `start`, `stride` apart."""

    start: int
    stride: int
    size: int


def slice_arguments(x: Operands) -> str | None:
    """Begin and size are constants with one value per dimension, and stay inside the input."""
    begin, size, shape = x.attributes.begin, x.attributes.size, x.input().shape
    if not len(begin) == len(size) == len(shape):
        return f"{len(begin)} and {len(size)} values for rank {len(shape)}"
    extents = x.attributes.extents(shape)
    if any(
        e.start < 0 or e.size < 1 or e.start + e.size > n
        for e, n in zip(extents, shape, strict=True)
    ):
        return f"begin {list(begin)} size {list(size)} of {list(shape)}"
    return None


def slice_shape(x: Operands) -> str | None:
    """The output shape is the size of the slice."""
    expected = [e.size for e in x.attributes.extents(x.input().shape)]
    found = list(x.output().shape)
    return None if expected == found else f"output {found}, expected {expected}"


def rank_at_most_four(x: Operands) -> str | None:
    """The rank is at most 4; TFLM takes no more."""
    rank = len(x.input().shape)
    return None if rank <= STRIDED_MAX_RANK else f"rank {rank}"


def strided_slice_arguments(x: Operands) -> str | None:
    """Begin, end and strides are constants with one value per dimension; no stride is 0."""
    attributes, rank = x.attributes, len(x.input().shape)
    if not len(attributes.begin) == len(attributes.end) == len(attributes.strides) == rank:
        return (
            f"{len(attributes.begin)}, {len(attributes.end)} and {len(attributes.strides)} "
            f"values for rank {rank}"
        )
    if 0 in attributes.strides:
        return f"strides {list(attributes.strides)}"
    return None


def supported_masks(x: Operands) -> str | None:
    """The masks ellipsis and new_axis are 0 and offset is false; TFLM ignores all three."""
    attributes = x.attributes
    if attributes.ellipsis_mask or attributes.new_axis_mask or attributes.offset:
        return (
            f"ellipsis_mask {attributes.ellipsis_mask}, new_axis_mask {attributes.new_axis_mask}, "
            f"offset {attributes.offset}"
        )
    return None


def shrunk_axes(x: Operands) -> str | None:
    """An axis that is shrunk away has a positive stride and a begin inside the input."""
    shape = x.input().shape
    for axis, extent in enumerate(x.attributes.extents(shape)):
        if x.attributes.shrinks(axis) and (
            x.attributes.strides[axis] < 0 or not 0 <= extent.start < shape[axis]
        ):
            return f"axis {axis}: begin {extent.start}, stride {x.attributes.strides[axis]}"
    return None


def strided_slice_shape(x: Operands) -> str | None:
    """The output shape is the size of the slice, without the shrunk axes."""
    attributes = x.attributes
    expected = [
        e.size
        for axis, e in enumerate(attributes.extents(x.input().shape))
        if not attributes.shrinks(axis)
    ]
    found = list(x.output().shape)
    return None if expected == found else f"output {found}, expected {expected}"


@register
@dataclass(frozen=True)
class Slice(Movement):
    """Inputs: data, constant begin [rank], constant size [rank] (-1: to the end)."""

    op: ClassVar[str] = "SLICE"
    options_table: ClassVar[str] = "SliceOptions"
    max_version: ClassVar[int] = 6
    input_count: ClassVar = range(3, 4)
    constraints: ClassVar = (
        *MOVEMENT_CONSTRAINTS,
        rank_at_most_five,
        slice_arguments,
        slice_shape,
    )

    begin: tuple[int, ...]
    size: tuple[int, ...]

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(constant_integers(inputs, 1, "begin"), constant_integers(inputs, 2, "size"))

    def extents(self, shape: tuple[int, ...]) -> tuple[Extent, ...]:
        """What is taken along each axis of a tensor of `shape`."""
        return tuple(
            Extent(start, 1, n - start if size == -1 else size)
            for start, size, n in zip(self.begin, self.size, shape, strict=True)
        )


@register
@dataclass(frozen=True)
class StridedSlice(Movement):
    """Inputs: data, constant begin, end and strides [rank]."""

    op: ClassVar[str] = "STRIDED_SLICE"
    options_table: ClassVar[str] = "StridedSliceOptions"
    max_version: ClassVar[int] = 8
    input_count: ClassVar = range(4, 5)
    constraints: ClassVar = (
        *MOVEMENT_CONSTRAINTS,
        rank_at_most_four,
        strided_slice_arguments,
        supported_masks,
        shrunk_axes,
        strided_slice_shape,
    )

    begin: tuple[int, ...]
    end: tuple[int, ...]
    strides: tuple[int, ...]
    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0
    offset: bool = False

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(
            constant_integers(inputs, 1, "begin"),
            constant_integers(inputs, 2, "end"),
            constant_integers(inputs, 3, "strides"),
            options["begin_mask"],
            options["end_mask"],
            options["ellipsis_mask"],
            options["new_axis_mask"],
            options["shrink_axis_mask"],
            bool(options.get("offset", False)),
        )

    def to_options(self) -> Mapping[str, Any]:
        return {
            "begin_mask": self.begin_mask,
            "end_mask": self.end_mask,
            "ellipsis_mask": self.ellipsis_mask,
            "new_axis_mask": self.new_axis_mask,
            "shrink_axis_mask": self.shrink_axis_mask,
            "offset": self.offset,
        }

    def shrinks(self, axis: int) -> bool:
        """Whether the output lacks `axis`."""
        return bool(self.shrink_axis_mask >> axis & 1)

    def extents(self, shape: tuple[int, ...]) -> tuple[Extent, ...]:
        """What is taken along each axis of a tensor of `shape`, by TFLite's rules.

        Negative positions count from the end, then all are clamped to the axis; a masked begin or
        end is the first or last position in the stride's direction.
        """
        return tuple(self._extent(axis, n) for axis, n in enumerate(shape))

    def _extent(self, axis: int, n: int) -> Extent:
        stride = self.strides[axis]
        low, high = (0, n) if stride > 0 else (-1, n - 1)

        def clamp(position: int) -> int:
            return min(max(position + n if position < 0 else position, low), high)

        first, last = (low, high) if stride > 0 else (high, low)
        start = first if self.begin_mask >> axis & 1 else clamp(self.begin[axis])
        if self.shrinks(axis):
            return Extent(start, 1, 1)
        end = last if self.end_mask >> axis & 1 else clamp(self.end[axis])
        return Extent(start, stride, max(0, -((start - end) // stride)))
