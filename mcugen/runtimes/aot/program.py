"""The lowered program: kernel calls with constant parameters, ready to be written as C."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.isa import ANY, Isa


@dataclass(frozen=True, eq=False)
class Constant:
    """An array in flash. Its C type follows from `data.dtype`; `comment` says what it holds.

    Equal arrays are written once. Use unpacked integer or float32 dtypes; int4 is packed already.
    """

    data: npt.NDArray[Any]
    comment: str = ""


Field = int | float | Constant | tuple[int, ...] | None
"""A struct member: a number, a pointer to a constant, a small array, or a null pointer."""


@dataclass(frozen=True)
class View:
    """A tensor operand of a step: tensor index plus a byte offset into it."""

    tensor: int
    offset_bytes: int = 0


@dataclass(frozen=True)
class State:
    """A state variable as an operand, by its index in `Graph.variables`."""

    variable: int


@dataclass(frozen=True)
class Scratch:
    """Working memory that the steps of a layer share: a byte offset into `size_bytes` of it."""

    size_bytes: int
    offset_bytes: int = 0


Operand = View | State | Scratch


@dataclass(frozen=True, eq=False)
class Step:
    """One kernel call.

    `kernel` names the C function `mcugen_<kernel>`, its source file and its params struct
    `mcugen_<kernel>_params`; `params` holds the struct's members by name, in declaration order.
    Operands are passed in order: inputs, outputs, then scratch if `scratch_bytes` is not 0.
    `in_place` says that output 0 may share its memory with input 0, byte for byte.
    """

    kernel: str
    params: dict[str, Field]
    inputs: tuple[Operand, ...]
    outputs: tuple[Operand, ...]
    scratch_bytes: int = 0
    in_place: bool = False
    sources: tuple[str, ...] = field(default=())
    """Other kernels' sources that this one calls, by kernel name."""


@dataclass(frozen=True)
class Alias:
    """The output holds the very bytes of the input: no code, shared memory."""


Lowering = Callable[[Operands], "list[Step] | Alias"]
Obstacle = Callable[[Operands], str | None]


@dataclass(frozen=True)
class Variant:
    """One way to compute an operator.

    `lower` makes its kernel calls and `kernel` names the one that does the work. It serves the
    instruction sets `isas` and the layers for which each of `obstacles` returns None; otherwise
    that is the reason why the layer cannot take it. `reason` says why it is taken where it serves.
    """

    kernel: str
    lower: Lowering
    isas: frozenset[Isa] = ANY
    obstacles: tuple[Obstacle, ...] = ()
    reason: str = "serves every layer of its kind"

    def unless(self, *obstacles: Obstacle) -> Variant:
        """The same variant with more obstacles, which come first."""
        return replace(self, obstacles=(*obstacles, *self.obstacles))

    def through(self, rewrite: Callable[[Operands], Operands]) -> Variant:
        """The same variant for operators that `rewrite` turns into what it serves."""

        def rewritten(obstacle: Obstacle) -> Obstacle:
            return lambda x: obstacle(rewrite(x))

        return replace(
            self,
            lower=lambda x: self.lower(rewrite(x)),
            obstacles=tuple(map(rewritten, self.obstacles)),
        )


VARIANTS: dict[str, tuple[Variant, ...]] = {}
"""For each TFLite operator its variants, best first: the first that serves a layer is taken."""


def variants(op: str, *choices: Variant) -> None:
    """Registers an operator's table of variants; the last one must serve every layer."""
    VARIANTS[op] = choices


def lowering(*ops: str) -> Callable[[Lowering], Lowering]:
    """Decorator: registers the function that lowers these TFLite operators on every core."""

    def register(function: Lowering) -> Lowering:
        for op in ops:
            variants(op, Variant("", function))
        return function

    return register


def input_view(x: Operands, position: int = 0) -> View:
    """Input `position` as an operand."""
    return View(x.operator.inputs[position])


def output_view(x: Operands, position: int = 0) -> View:
    """Output `position` as an operand."""
    return View(x.operator.outputs[position])


def int32(values: object) -> npt.NDArray[np.int32]:
    """An int32 array."""
    return np.asarray(values, np.int32)
