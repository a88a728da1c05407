"""What the fields of architectures and blocks may hold; they carry these rules as annotations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, get_type_hints

from mcugen.architecture.layers import Activation, Shape
from mcugen.text import printable


class Rule(Protocol):
    def parse(self, value: Any) -> Any:
        """The field's value, from JSON's or from itself; ValueError says what is wanted."""


@dataclass(frozen=True)
class Count:
    """A whole number from 1 to `maximum`."""

    maximum: int

    def parse(self, value: Any) -> int:
        if type(value) is not int or not 1 <= value <= self.maximum:
            raise ValueError(
                f"must be a whole number from 1 to {self.maximum}, and is {shown(value)}"
            )
        return value


@dataclass(frozen=True)
class Pair:
    """[height, width], each from 1 to `maximum`."""

    maximum: int

    def parse(self, value: Any) -> tuple[int, int]:
        fits = isinstance(value, list | tuple) and len(value) == 2
        if not fits or any(type(v) is not int or not 1 <= v <= self.maximum for v in value):
            raise ValueError(
                f"must be [height, width], each from 1 to {self.maximum}, and is {shown(value)}"
            )
        return value[0], value[1]


@dataclass(frozen=True)
class ShapeOfOne:
    """[height, width, channels] or [features], each from 1 to `maximum`."""

    maximum: int

    def parse(self, value: Any) -> Shape:
        fits = isinstance(value, list | tuple) and len(value) in (1, 3)
        if not fits or any(type(v) is not int or not 1 <= v <= self.maximum for v in value):
            raise ValueError(
                "must be [height, width, channels] or [features], "
                f"each from 1 to {self.maximum}, and is {shown(value)}"
            )
        return tuple(value)


@dataclass(frozen=True)
class Word:
    """A name that may stand in a file's name and in a report."""

    pattern = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")

    def parse(self, value: Any) -> str:
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            raise ValueError(
                f"must be letters, digits, '_', '.', ':' and '-', at most 64, and is {shown(value)}"
            )
        return value


@dataclass(frozen=True)
class OneOf:
    """One of a few words or numbers."""

    allowed: tuple[str | int, ...]

    def parse(self, value: Any) -> str | int:
        for item in self.allowed:
            if type(value) is type(item) and value == item:
                return item
        names = " or ".join(repr(item) for item in self.allowed)
        raise ValueError(f"must be {names}, and is {shown(value)}")


def rules_of(owner: type) -> dict[str, Rule]:
    """Field name → rule, for the fields of a dataclass that have one."""
    hints = get_type_hints(owner, include_extras=True)
    return {
        name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")
    }


def shown(value: Any) -> str:
    """A value from a hostile file, fit for a message."""
    if isinstance(value, dict):
        return f"an object of {len(value)}"
    if isinstance(value, list | tuple):
        if len(value) > 4 or any(isinstance(item, dict | list | tuple) for item in value):
            return f"a list of {len(value)}"
        return f"[{', '.join(shown(item) for item in value)}]"
    if type(value) is int and value.bit_length() > 64:
        return "a huge number"
    return printable(repr(value), 40)


MAXIMUM_CHANNELS = 4096

Name = Annotated[str, Word()]
Input = Annotated[Shape, ShapeOfOne(MAXIMUM_CHANNELS)]
Channels = Annotated[int, Count(MAXIMUM_CHANNELS)]
OptionalChannels = Annotated[int | None, Count(MAXIMUM_CHANNELS)]
Kernel = Annotated[tuple[int, int], Pair(64)]
Stride = Annotated[tuple[int, int], Pair(16)]
DefaultActivation = Annotated[Literal["relu", "relu6"], OneOf(("relu", "relu6"))]
OptionalActivation = Annotated[Activation | None, OneOf(("none", "relu", "relu6"))]
OptionalBits = Annotated[Literal[4, 8] | None, OneOf((4, 8))]
Residual = Annotated[Literal["none", "add", "pad_add"], OneOf(("none", "add", "pad_add"))]
ClassifierKind = Annotated[Literal["conv", "dense"], OneOf(("conv", "dense"))]
