"""CONCATENATION and PACK: several tensors become one."""

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
    moved_tensors,
    resolve_axis,
    same_quantization,
    without_axis,
)

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor

MAX_JOINED = 10
MAX_JOINED_RANK = 6


def no_fused_activation(x: Operands) -> str | None:
    """No activation is fused."""
    activation = x.attributes.activation
    return None if activation == "NONE" else str(activation)


def joinable(x: Operands) -> str | None:
    """There are at most 10 inputs of rank at most 6; TFLM takes no more."""
    count, rank = len(x.inputs), len(x.output().shape)
    if count <= MAX_JOINED and rank <= MAX_JOINED_RANK:
        return None
    return f"{count} inputs of rank {rank}"


def joined_shape(x: Operands) -> str | None:
    """Inputs differ in size along the axis only, and fill the output."""
    output = x.output().shape
    axis = resolve_axis(x.attributes.axis, len(output))
    if axis is None:
        return f"axis {x.attributes.axis} for rank {len(output)}"
    shapes = [t.shape for t in moved_tensors(x)[:-1]]
    for shape in shapes:
        if not agree_except_along(axis, shape, output):
            return f"{list(shape)} into {list(output)}"
    total = sum(shape[axis] for shape in shapes)
    return None if total == output[axis] else f"{total} into {list(output)} along axis {axis}"


def packed_shape(x: Operands) -> str | None:
    """Inputs have one shape; the output has their number inserted at the axis."""
    output, inputs = x.output().shape, moved_tensors(x)[:-1]
    axis = resolve_axis(x.attributes.axis, len(output))
    if axis is None:
        return f"axis {x.attributes.axis} for rank {len(output)}"
    if x.attributes.values_count != len(inputs) or output[axis] != len(inputs):
        return f"{len(inputs)} inputs into {list(output)}"
    for tensor in inputs:
        if tensor.shape != without_axis(output, axis):
            return f"{list(tensor.shape)} into {list(output)}"
    return None


@register
@dataclass(frozen=True)
class Concatenation(Movement):
    """Inputs: the tensors to join along `axis`. The output has their quantization."""

    op: ClassVar[str] = "CONCATENATION"
    options_table: ClassVar[str] = "ConcatenationOptions"
    max_version: ClassVar[int] = 4
    input_count: ClassVar = range(1, MANY)
    data_inputs: ClassVar = slice(None)
    constraints: ClassVar = (
        *MOVEMENT_CONSTRAINTS,
        joinable,
        joined_shape,
        same_quantization,
        no_fused_activation,
    )

    axis: int
    activation: str = "NONE"

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(options["axis"], options["fused_activation_function"])

    def to_options(self) -> Mapping[str, Any]:
        return {"axis": self.axis, "fused_activation_function": self.activation}


@register
@dataclass(frozen=True)
class Pack(Movement):
    """Inputs: `values_count` tensors of one shape, stacked along a new `axis`."""

    op: ClassVar[str] = "PACK"
    options_table: ClassVar[str] = "PackOptions"
    max_version: ClassVar[int] = 3
    input_count: ClassVar = range(1, MANY)
    data_inputs: ClassVar = slice(None)
    constraints: ClassVar = (*MOVEMENT_CONSTRAINTS, packed_shape, same_quantization)

    values_count: int
    axis: int

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(options["values_count"], options["axis"])

    def to_options(self) -> Mapping[str, Any]:
        return {"values_count": self.values_count, "axis": self.axis}
