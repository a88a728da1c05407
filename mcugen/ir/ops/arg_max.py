"""ARG_MAX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops import constraints as check
from mcugen.ir.ops.base import Attributes, register

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def values_and_axis(x: Operands) -> str | None:
    """Inputs are values and an axis; there is one output."""
    if (len(x.inputs), len(x.outputs)) != (2, 1) or None in (*x.inputs, *x.outputs):
        return f"{len(x.inputs)} inputs and {len(x.outputs)} outputs"
    return None


def arg_max_types(x: Operands) -> str | None:
    """Values are int8, positions int32."""
    found = (x.input().dtype.value, x.output().dtype.value)
    return None if found == ("int8", "int32") else f"{found[0]} and {found[1]}"


def without_axis(x: Operands) -> str | None:
    """The output's shape is the input's without the axis."""
    axis, source, target = x.attributes.axis, x.input().shape, x.output().shape
    if 0 <= axis < len(source) and source[:axis] + source[axis + 1 :] == target:
        return None
    return f"input {list(source)}, output {list(target)}, axis {axis}"


@register
@dataclass(frozen=True)
class ArgMax(Attributes):
    """Position of the first largest value along a constant axis. `axis` is not negative."""

    op: ClassVar[str] = "ARG_MAX"
    options_table: ClassVar[str] = "ArgMaxOptions"
    max_version: ClassVar[int] = 2
    constraints: ClassVar = (values_and_axis, arg_max_types, check.addressable, without_axis)

    axis: int

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        values, axis = inputs if len(inputs) == 2 else (None, None)
        if values is None or axis is None:
            raise ValueError("values and axis must be present")
        if axis.data is None or axis.dtype.value != "int32" or axis.data.size != 1:
            raise ValueError("the axis must be one constant int32")
        number, rank = int(axis.data.reshape(-1)[0]), len(values.shape)
        if not -rank <= number < rank:
            raise ValueError(f"axis {number} of a tensor of rank {rank}")
        return cls(number % rank)

    def to_options(self) -> Mapping[str, Any]:
        return {"output_type": "INT32"}
