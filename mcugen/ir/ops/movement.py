"""What the operators that only move elements share: tensors of any plain type, copied unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mcugen.ir.ops.base import Attributes

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor

MAX_RANK = 5
MAX_ELEMENTS = 1 << 23
"""Keeps every offset in bytes, also one stride past the end, within int32."""

MOVABLE_TYPES = ("int8", "uint8", "int16", "int32", "int64", "float32", "bool")
MANY = 1 << 16


@dataclass(frozen=True)
class Movement(Attributes):
    """An operator whose outputs hold elements of its `data_inputs`, and nothing computed.

    `input_count` and `output_count` are the numbers that TFLite allows.
    """

    input_count: ClassVar[range] = range(1, 2)
    output_count: ClassVar[range] = range(1, 2)
    data_inputs: ClassVar[slice] = slice(0, 1)


def operand_count(x: Operands) -> str | None:
    """Every input and output that TFLite asks for is there, and no other."""
    attributes: Movement = x.attributes
    for kind, tensors, count in (
        ("inputs", x.inputs, attributes.input_count),
        ("outputs", x.outputs, attributes.output_count),
    ):
        if len(tensors) not in count:
            return f"{len(tensors)} {kind}"
        if any(t is None for t in tensors):
            return f"one of the {kind} is absent"
    return None


def movable_elements(x: Operands) -> str | None:
    """Elements are int8, uint8, int16, int32, int64, float32 or bool, alike in input and output."""
    kinds = dict.fromkeys(t.dtype.value for t in moved_tensors(x))
    if len(kinds) > 1:
        return " and ".join(kinds)
    kind = next(iter(kinds))
    return None if kind in MOVABLE_TYPES else kind


def sizes_in_range(x: Operands) -> str | None:
    """No dimension is zero and no tensor has more than 2^23 elements."""
    for tensor in moved_tensors(x):
        if min(tensor.shape, default=1) < 1 or tensor.elements > MAX_ELEMENTS:
            return f"shape {list(tensor.shape)}"
    return None


def rank_at_most_five(x: Operands) -> str | None:
    """The rank is at most 5."""
    rank = max(len(t.shape) for t in moved_tensors(x))
    return None if rank <= MAX_RANK else f"rank {rank}"


def same_quantization(x: Operands) -> str | None:
    """Inputs and output have the same scale and zero point."""
    output = quantization_key(x.output())
    for tensor in moved_tensors(x):
        if quantization_key(tensor) != output:
            return f"{quantization_text(tensor)} and {quantization_text(x.output())}"
    return None


MOVEMENT_CONSTRAINTS = (operand_count, movable_elements, sizes_in_range)


def moved_tensors(x: Operands) -> list[Tensor]:
    """The inputs that hold data, then the outputs; absent ones are left out."""
    attributes: Movement = x.attributes
    return [t for t in (*x.inputs[attributes.data_inputs], *x.outputs) if t is not None]


def quantization_key(tensor: Tensor) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """What must agree for codes to mean the same; TFLite reads no quantization as scale 0."""
    if tensor.quantization is None:
        return (0.0,), (0,)
    return tensor.quantization.scales, tensor.quantization.zero_points


def quantization_text(tensor: Tensor) -> str:
    """Scale and zero point, for an error message."""
    scales, zero_points = quantization_key(tensor)
    if len(scales) != 1:
        return f"{len(scales)} scales"
    return f"scale {scales[0]:.7g} zero point {zero_points[0]}"


def constant_array(inputs: Sequence[Tensor | None], position: int, what: str) -> Any:
    """The data of the constant input at `position`; raises ValueError if there is none."""
    tensor = inputs[position] if position < len(inputs) else None
    if tensor is None:
        raise ValueError(f"the {what} input is absent")
    if tensor.data is None:
        raise ValueError(f"{what} must be constant")
    return tensor.data


def constant_integers(inputs: Sequence[Tensor | None], position: int, what: str) -> tuple[int, ...]:
    """The values of a small constant input of type int32 or int64, flattened.

    Raises ValueError if it is absent, not constant, of another type or of more than 64 values.
    """
    data = constant_array(inputs, position, what)
    if data.dtype.name not in ("int32", "int64"):
        raise ValueError(f"{what} must be int32, not {data.dtype.name}")
    if data.size > 64:
        raise ValueError(f"{what} has {data.size} values")
    return tuple(int(v) for v in data.reshape(-1))


def constant_integer(inputs: Sequence[Tensor | None], position: int, what: str) -> int:
    """The one value of a constant input; raises ValueError if there are more."""
    values = constant_integers(inputs, position, what)
    if len(values) != 1:
        raise ValueError(f"{what} has {len(values)} values")
    return values[0]


def resolve_axis(axis: int, rank: int) -> int | None:
    """A possibly negative axis as 0 … rank-1; None if it is out of range."""
    return axis % rank if -rank <= axis < rank else None


def without_axis(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """The shape with one dimension left out."""
    return shape[:axis] + shape[axis + 1 :]


def agree_except_along(axis: int, a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether two shapes have one rank and differ in the size of `axis` only, if at all."""
    return len(a) == len(b) and without_axis(a, axis) == without_axis(b, axis)
