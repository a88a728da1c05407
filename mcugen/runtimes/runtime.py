"""What the rest of mcugen asks of a runtime, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mcugen.ir.graph import Graph, Operands

if TYPE_CHECKING:  # a model carries aot's programs, so these two know each other
    from mcugen.boards import Board
    from mcugen.model import Model


class Layer(Protocol):
    """One operator, and the name of what computes it."""

    @property
    def operands(self) -> Operands: ...

    @property
    def kernel(self) -> str: ...


@dataclass(frozen=True)
class ArenaPart:
    """What lies in an arena for one purpose.

    `kind` is `tensor` or `scratch`, which share the head's memory over time and have an offset in
    it, or `record`, which the interpreter keeps in the tail for good.
    """

    name: str
    kind: str
    size_bytes: int
    offset_bytes: int | None = None


@dataclass(frozen=True)
class Arena:
    """The working memory of an instance, and how that is known.

    `head_bytes` (tensors and scratch) and `tail_bytes` (the interpreter's own records) are None
    for a runtime that does not tell them apart; `parts` is what they are reckoned from.
    `lower_bound_bytes` is the most that is live at once; `is_optimal` says that no plan for the
    tensors takes less.
    """

    size_bytes: int
    source: str
    lower_bound_bytes: int
    is_optimal: bool
    head_bytes: int | None = None
    tail_bytes: int | None = None
    parts: tuple[ArenaPart, ...] = ()


@dataclass(frozen=True)
class Live:
    """A tensor, state or scratch that is live at the step of peak memory."""

    name: str
    shape: tuple[int, ...]
    size_bytes: int


@dataclass(frozen=True)
class Peak:
    """What makes the peak of the arena, the largest first, and the step in words."""

    live: tuple[Live, ...]
    where: str


@dataclass(frozen=True)
class ArenaTrial:
    """How a model fared in an arena of some size; `missing_bytes` is at least what it lacked."""

    runs: bool
    head_bytes: int
    tail_bytes: int
    missing_bytes: int


class ArenaProbe(Protocol):
    """Runs a program on the core that it is for; `place` says where, for reports."""

    @property
    def place(self) -> str: ...

    def try_arenas(self, program: Program, sizes_bytes: Sequence[int]) -> list[ArenaTrial]:
        """One trial for each size, none of which exceeds the program's own arena."""
        ...


class Program(Protocol):
    """A model as a runtime runs it on one kind of core.

    `graph` holds the layers' tensors; `constants_bytes` are those of weights and tables in flash,
    `constants_source` says how these are known. `tries_arenas` tells that its firmware can answer
    an `ArenaProbe`.
    """

    @property
    def graph(self) -> Graph: ...

    @property
    def layers(self) -> Sequence[Layer]: ...

    @property
    def arena(self) -> Arena: ...

    @property
    def peak(self) -> Peak: ...

    @property
    def constants_bytes(self) -> int: ...

    @property
    def constants_source(self) -> str: ...

    @property
    def tries_arenas(self) -> bool: ...

    @property
    def facts(self) -> Mapping[str, object]:
        """What a project's manifest keeps of the program."""
        ...

    def files(self, prefix: str, model_sha256: str) -> dict[str, str | bytes]:
        """The library's files, relative path to content; the same arguments give the same bytes."""
        ...

    def recalled(self, facts: Mapping[str, object]) -> Program:
        """The program with what an earlier build of it found out, as its `facts` tell."""
        ...

    def settled(self, probe: ArenaProbe | None) -> Program:
        """The program with what only a run of it tells; None where nothing can run it.

        Raises InputRejected if it cannot be run as the user wants it.
        """
        ...


class Runtime(Protocol):
    """A way to run models, with its options."""

    @property
    def name(self) -> str: ...

    def program(self, model: Model, board: Board, optimize: str | None) -> Program:
        """The model at an optimization level, None for the platform's own.

        Raises InputRejected if the runtime cannot run the model, or not on this board.
        """
        ...

    def recalled(self, facts: Mapping[str, object]) -> Runtime:
        """The runtime with the options that a project of its own was built with."""
        ...
