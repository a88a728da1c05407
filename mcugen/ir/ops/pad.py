"""PAD and PADV2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from mcugen.ir.ops.base import register
from mcugen.ir.ops.movement import (
    MOVEMENT_CONSTRAINTS,
    Movement,
    constant_array,
    constant_integers,
    quantization_key,
    quantization_text,
    rank_at_most_five,
)

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def padded_shape(x: Operands) -> str | None:
    """Paddings are constants, none negative, and the output is as large as they make it."""
    paddings, shape = x.attributes.paddings, x.input().shape
    if len(paddings) != len(shape):
        return f"{len(paddings)} pairs of paddings for rank {len(shape)}"
    if any(size < 0 for pair in paddings for size in pair):
        return f"paddings {[list(pair) for pair in paddings]}"
    expected = tuple(n + sum(pair) for n, pair in zip(shape, paddings, strict=True))
    if expected != x.output().shape:
        return f"output {list(x.output().shape)}, expected {list(expected)}"
    return None


def representable_zero(x: Operands) -> str | None:
    """The zero point, with which PAD fills, is a value of the tensor's type."""
    value = x.attributes.value_for(x.output())
    return None if in_range(x.output(), value) else f"zero point {value}"


def pad_value_type(x: Operands) -> str | None:
    """The pad value is one constant of the input's type, quantized as the output is."""
    value, output = x.input(2), x.output()
    if value.dtype is not output.dtype:
        return f"{value.dtype.value} for {output.dtype.value}"
    if output.dtype.value in ("int8", "uint8") and quantization_key(value) != quantization_key(
        output
    ):
        return f"{quantization_text(value)} and {quantization_text(output)}"
    return None


def in_range(tensor: Tensor, value: float) -> bool:
    """Whether the tensor's integer type holds `value`; floating-point types hold any."""
    if tensor.dtype.numpy.kind not in "iu":
        return True
    info = np.iinfo(tensor.dtype.numpy)
    return int(info.min) <= value <= int(info.max)


@register
@dataclass(frozen=True)
class Pad(Movement):
    """Inputs: data, constant paddings [rank,2]. Fills with the real value 0."""

    op: ClassVar[str] = "PAD"
    options_table: ClassVar[str] = "PadOptions"
    max_version: ClassVar[int] = 4
    input_count: ClassVar = range(2, 3)
    constraints: ClassVar = (
        *MOVEMENT_CONSTRAINTS,
        rank_at_most_five,
        padded_shape,
        representable_zero,
    )

    paddings: tuple[tuple[int, int], ...]

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(read_paddings(inputs))

    def value_for(self, output: Tensor) -> float:
        """The element that the border of `output` holds."""
        quantized = output.dtype.value in ("int8", "uint8") and output.quantization is not None
        return output.q.zero_point if quantized else 0


@register
@dataclass(frozen=True)
class PadV2(Movement):
    """Inputs: data, constant paddings [rank,2], constant pad value."""

    op: ClassVar[str] = "PADV2"
    options_table: ClassVar[str] = "PadV2Options"
    max_version: ClassVar[int] = 4
    input_count: ClassVar = range(3, 4)
    constraints: ClassVar = (
        *MOVEMENT_CONSTRAINTS,
        rank_at_most_five,
        padded_shape,
        pad_value_type,
    )

    paddings: tuple[tuple[int, int], ...]
    value: float

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        value = constant_array(inputs, 2, "the pad value")
        if value.size != 1:
            raise ValueError(f"the pad value has {value.size} elements")
        return cls(read_paddings(inputs), value.reshape(-1)[0].item())

    def value_for(self, output: Tensor) -> float:
        """The element that the border of `output` holds."""
        return self.value


def read_paddings(inputs: tuple[Tensor | None, ...]) -> tuple[tuple[int, int], ...]:
    """The constant paddings as (before, after) pairs, one a dimension."""
    values = constant_integers(inputs, 1, "paddings")
    if len(values) % 2:
        raise ValueError("paddings must come in pairs")
    return tuple(zip(values[::2], values[1::2], strict=True))
