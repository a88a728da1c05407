"""What every operator family declares about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor

Constraint = Callable[["Operands"], str | None]
"""A check of one operator: None if it holds, else what was found.

The docstring is the sentence that users read, in the error and in docs/OPS.md.
"""


@dataclass(frozen=True)
class Attributes:
    """Attributes of one operator kind; a subclass per TFLite operator.

    `op` is TFLite's name, `options_table` the schema's options table (empty if it has none),
    `constraints` what mcugen supports of it, checked in order.
    """

    op: ClassVar[str] = ""
    options_table: ClassVar[str] = ""
    max_version: ClassVar[int] = 1
    constraints: ClassVar[tuple[Constraint, ...]] = ()

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        """Attributes from the schema's option fields (absent ones hold the schema's default).

        The tensors are well-formed, but the operator's constraints are not checked yet: whatever
        this reads of them (rank, constant data) it must check itself, raising ValueError(reason).
        """
        return cls()

    def to_options(self) -> Mapping[str, Any]:
        """The inverse of `from_options`: schema field names and values."""
        return {}

    def macs(self, operands: Operands) -> int:
        """Multiply-accumulates of one execution."""
        return 0


A = TypeVar("A", bound=Attributes)

REGISTRY: dict[str, type[Attributes]] = {}


def register(cls: type[A]) -> type[A]:
    """Class decorator: makes the operator known to the reader and to docs/OPS.md."""
    REGISTRY[cls.op] = cls
    return cls
