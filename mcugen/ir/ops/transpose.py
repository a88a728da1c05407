"""TRANSPOSE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops.base import register
from mcugen.ir.ops.movement import (
    MOVEMENT_CONSTRAINTS,
    Movement,
    constant_integers,
    rank_at_most_five,
)

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor


def permutation(x: Operands) -> str | None:
    """The permutation is constant and names every dimension once."""
    perm = x.attributes.perm
    return None if sorted(perm) == list(range(len(x.input().shape))) else str(list(perm))


def permuted_shape(x: Operands) -> str | None:
    """The output shape is the input's, permuted."""
    expected = [x.input().shape[axis] for axis in x.attributes.perm]
    found = list(x.output().shape)
    return None if expected == found else f"output {found}, expected {expected}"


@register
@dataclass(frozen=True)
class Transpose(Movement):
    """Inputs: data, constant permutation [rank]. Output axis i is input axis perm[i]."""

    op: ClassVar[str] = "TRANSPOSE"
    options_table: ClassVar[str] = "TransposeOptions"
    max_version: ClassVar[int] = 6
    input_count: ClassVar = range(2, 3)
    constraints: ClassVar = (
        *MOVEMENT_CONSTRAINTS,
        rank_at_most_five,
        permutation,
        permuted_shape,
    )

    perm: tuple[int, ...]

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(constant_integers(inputs, 1, "the permutation"))
