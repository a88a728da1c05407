"""SPLIT, SPLIT_V and UNPACK: one tensor becomes several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops.base import register
from mcugen.ir.ops.movement import (
    MANY,
    MOVEMENT_CONSTRAINTS,
    Movement,
    agree_except_along,
    constant_integer,
    moved_tensors,
    resolve_axis,
    without_axis,
)

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def split_shapes(x: Operands) -> str | None:
    """The axis is constant; outputs differ from the input in size along it only, and add up."""
    source, *parts = moved_tensors(x)
    axis = resolve_axis(x.attributes.axis, len(source.shape))
    if axis is None:
        return f"axis {x.attributes.axis} for rank {len(source.shape)}"
    for part in parts:
        if not agree_except_along(axis, part.shape, source.shape):
            return f"{list(source.shape)} into {list(part.shape)}"
    total = sum(part.shape[axis] for part in parts)
    return None if total == source.shape[axis] else f"{total} out of {source.shape[axis]}"


def equal_parts(x: Operands) -> str | None:
    """There are `num_splits` outputs, all of one shape."""
    shapes = {t.shape for t in moved_tensors(x)[1:]}
    if len(shapes) != 1 or x.attributes.num_splits != len(x.outputs):
        return f"{len(x.outputs)} outputs of {len(shapes)} shapes"
    return None


def unpacked_shapes(x: Operands) -> str | None:
    """There are `num` outputs, each of the input's shape without the axis."""
    source, *parts = moved_tensors(x)
    axis = resolve_axis(x.attributes.axis, len(source.shape))
    if axis is None:
        return f"axis {x.attributes.axis} for rank {len(source.shape)}"
    if not len(parts) == x.attributes.num == source.shape[axis]:
        return f"{len(parts)} outputs of {list(source.shape)}"
    expected = without_axis(source.shape, axis)
    for part in parts:
        if part.shape != expected:
            return f"output {list(part.shape)}, expected {list(expected)}"
    return None


@register
@dataclass(frozen=True)
class Split(Movement):
    """Inputs: constant axis, data."""

    op: ClassVar[str] = "SPLIT"
    options_table: ClassVar[str] = "SplitOptions"
    max_version: ClassVar[int] = 4
    input_count: ClassVar = range(2, 3)
    output_count: ClassVar = range(1, MANY)
    data_inputs: ClassVar = slice(1, 2)
    constraints: ClassVar = (*MOVEMENT_CONSTRAINTS, split_shapes, equal_parts)

    axis: int
    num_splits: int

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(constant_integer(inputs, 0, "axis"), options["num_splits"])

    def to_options(self) -> Mapping[str, Any]:
        return {"num_splits": self.num_splits}


@register
@dataclass(frozen=True)
class SplitV(Movement):
    """Inputs: data, sizes (not read: the outputs' own shapes count), constant axis."""

    op: ClassVar[str] = "SPLIT_V"
    options_table: ClassVar[str] = "SplitVOptions"
    max_version: ClassVar[int] = 2
    input_count: ClassVar = range(3, 4)
    output_count: ClassVar = range(1, MANY)
    constraints: ClassVar = (*MOVEMENT_CONSTRAINTS, split_shapes)

    axis: int
    num_splits: int

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(constant_integer(inputs, 2, "axis"), options["num_splits"])

    def to_options(self) -> Mapping[str, Any]:
        return {"num_splits": self.num_splits}


@register
@dataclass(frozen=True)
class Unpack(Movement):
    """Input: data. Output i is the slice at i of `axis`, that axis removed."""

    op: ClassVar[str] = "UNPACK"
    options_table: ClassVar[str] = "UnpackOptions"
    max_version: ClassVar[int] = 4
    output_count: ClassVar = range(1, MANY)
    constraints: ClassVar = (*MOVEMENT_CONSTRAINTS, unpacked_shapes)

    num: int
    axis: int

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(options["num"], options["axis"])

    def to_options(self) -> Mapping[str, Any]:
        return {"num": self.num, "axis": self.axis}
