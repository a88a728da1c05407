"""The lowered program: kernel calls with constant parameters, ready to be written as C."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

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
Kind = Callable[[Operands], bool]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Variant:
    """One way to compute an operator.

    `lower` makes its kernel calls and `kernel` names the one that does the work. It is meant for
    the instruction sets `isas` and for layers that are of every one of `kinds`. Of those it serves
    the ones for which each of `obstacles` returns None; otherwise that is the reason why the layer
    cannot take it. `reason` says why it is taken where it serves.
    """

    kernel: str
    lower: Lowering
    isas: frozenset[Isa] = ANY
    obstacles: tuple[Obstacle, ...] = ()
    reason: str = "serves every layer of its kind"
    kinds: tuple[Kind, ...] = ()

    def is_for(self, x: Operands, isa: Isa) -> bool:
        """Whether it is meant for the layer at all."""
        return isa in self.isas and all(kind(x) for kind in self.kinds)

    def obstacle(self, x: Operands) -> str | None:
        """What keeps a layer that it is meant for from taking it, None if it serves."""
        return next(filter(None, (obstacle(x) for obstacle in self.obstacles)), None)

    def when(self, *kinds: Kind) -> Variant:
        """The same variant for fewer kinds of layers; these are asked first."""
        return replace(self, kinds=(*kinds, *self.kinds))

    def unless(self, *obstacles: Obstacle) -> Variant:
        """The same variant with more obstacles, which come first."""
        return replace(self, obstacles=(*obstacles, *self.obstacles))

    def through(self, rewrite: Callable[[Operands], Operands]) -> Variant:
        """The same variant for operators that `rewrite` turns into what it serves."""

        def rewritten(function: Callable[[Operands], Found]) -> Callable[[Operands], Found]:
            return lambda x: function(rewrite(x))

        return replace(
            self,
            lower=rewritten(self.lower),
            obstacles=tuple(map(rewritten, self.obstacles)),
            kinds=tuple(map(rewritten, self.kinds)),
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
