"""READ_VARIABLE and ASSIGN_VARIABLE: state that lives from one inference to the next.

A graph holds no resource handles: the reader resolves them to indices of `Graph.variables`, and
checks that what is read or assigned has the variable's shape and type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcugen.ir.ops.base import register
from mcugen.ir.ops.movement import MOVEMENT_CONSTRAINTS, Movement

if TYPE_CHECKING:
    from mcugen.ir.graph import Tensor


@dataclass(frozen=True)
class StateOperator(Movement):
    """An operator on `Graph.variables[variable]`."""

    constraints: ClassVar = MOVEMENT_CONSTRAINTS

    variable: int

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        """The schema has no option fields; the reader adds `variable`."""
        return cls(options["variable"])


@register
@dataclass(frozen=True)
class ReadVariable(StateOperator):
    """Output: a copy of the variable's value."""

    op: ClassVar[str] = "READ_VARIABLE"
    options_table: ClassVar[str] = "ReadVariableOptions"
    input_count: ClassVar = range(0, 2)
    data_inputs: ClassVar = slice(0, 0)


@register
@dataclass(frozen=True)
class AssignVariable(StateOperator):
    """Last input: the value that the variable takes."""

    op: ClassVar[str] = "ASSIGN_VARIABLE"
    options_table: ClassVar[str] = "AssignVariableOptions"
    input_count: ClassVar = range(1, 3)
    output_count: ClassVar = range(0, 1)
    data_inputs: ClassVar = slice(-1, None)
