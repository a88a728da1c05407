"""RESHAPE, SQUEEZE and EXPAND_DIMS, which give the same bytes another shape, and SHAPE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops.base import register
from mcugen.ir.ops.movement import (
    MOVEMENT_CONSTRAINTS,
    Movement,
    constant_integer,
    operand_count,
    resolve_axis,
)

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def same_element_count(x: Operands) -> str | None:
    """Input and output have the same number of elements."""
    source, target = x.input().elements, x.output().elements
    return None if source == target else f"{source} and {target}"


def squeezed_shape(x: Operands) -> str | None:
    """Only dimensions of size 1 are removed, and the output shape is what remains."""
    shape = x.input().shape
    axes = {resolve_axis(a, len(shape)) for a in x.attributes.squeeze_dims}
    if not x.attributes.squeeze_dims:
        axes = {i for i, size in enumerate(shape) if size == 1}
    if any(a is None or shape[a] != 1 for a in axes):
        return f"squeeze_dims {list(x.attributes.squeeze_dims)} of {list(shape)}"
    expected = [size for i, size in enumerate(shape) if i not in axes]
    found = list(x.output().shape)
    return None if expected == found else f"output {found}, expected {expected}"


def expanded_shape(x: Operands) -> str | None:
    """The output shape is the input's with a 1 inserted at the constant axis."""
    shape = list(x.input().shape)
    axis = resolve_axis(x.attributes.axis, len(shape) + 1)
    if axis is None:
        return f"axis {x.attributes.axis} for rank {len(shape)}"
    expected = [*shape[:axis], 1, *shape[axis:]]
    found = list(x.output().shape)
    return None if expected == found else f"output {found}, expected {expected}"


def shape_vector(x: Operands) -> str | None:
    """The output is an int32 vector with one element per dimension of the input."""
    output, rank = x.output(), len(x.input().shape)
    if output.dtype.value != "int32" or output.shape != (rank,) or rank == 0:
        return f"{output.dtype.value} {list(output.shape)} for rank {rank}"
    return None


def shape_in_range(x: Operands) -> str | None:
    """Every dimension is at least 1 and below 2^31."""
    shape = x.input().shape
    return None if all(0 < n < 1 << 31 for n in shape) else str(list(shape))


@register
@dataclass(frozen=True)
class Reshape(Movement):
    """Inputs: data, optional shape, which is not read: the output tensor's own shape counts."""

    op: ClassVar[str] = "RESHAPE"
    options_table: ClassVar[str] = "ReshapeOptions"
    max_version: ClassVar[int] = 1
    input_count: ClassVar = range(1, 3)
    constraints: ClassVar = (*MOVEMENT_CONSTRAINTS, same_element_count)

    new_shape: tuple[int, ...] = ()

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(outputs[0].shape if outputs and outputs[0] is not None else ())

    def to_options(self) -> Mapping[str, Any]:
        return {"new_shape": self.new_shape}


@register
@dataclass(frozen=True)
class Squeeze(Movement):
    """Input: data. With no squeeze_dims every dimension of size 1 goes."""

    op: ClassVar[str] = "SQUEEZE"
    options_table: ClassVar[str] = "SqueezeOptions"
    max_version: ClassVar[int] = 2
    constraints: ClassVar = (*MOVEMENT_CONSTRAINTS, squeezed_shape)

    squeeze_dims: tuple[int, ...] = ()

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        dims = options.get("squeeze_dims")
        return cls(() if dims is None else tuple(int(d) for d in dims))

    def to_options(self) -> Mapping[str, Any]:
        return {"squeeze_dims": self.squeeze_dims}


@register
@dataclass(frozen=True)
class ExpandDims(Movement):
    """Inputs: data, constant axis."""

    op: ClassVar[str] = "EXPAND_DIMS"
    options_table: ClassVar[str] = "ExpandDimsOptions"
    input_count: ClassVar = range(2, 3)
    constraints: ClassVar = (*MOVEMENT_CONSTRAINTS, expanded_shape)

    axis: int

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(constant_integer(inputs, 1, "axis"))


@register
@dataclass(frozen=True)
class Shape(Movement):
    """Input: a tensor, of which only the shape is read."""

    op: ClassVar[str] = "SHAPE"
    options_table: ClassVar[str] = "ShapeOptions"
    constraints: ClassVar = (operand_count, shape_vector, shape_in_range)

    def to_options(self) -> Mapping[str, Any]:
        return {"out_type": "INT32"}
