"""Runs of equal kernel calls whose operands move on by the same distances, as loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

LEAST_ROUNDS = 3
"""Two rounds are better read one after the other."""

LONGEST_BODY = 4
"""Calls in the body of a loop."""


@dataclass(frozen=True)
class Place:
    """A place in the arena: bytes from its start, and from one round of a loop to the next."""

    offset_bytes: int
    stride_bytes: int = 0

    def __str__(self) -> str:
        """The place in C, where `i` counts the rounds."""
        moving = f" + {self.stride_bytes} * i" if self.stride_bytes else ""
        # uint8_t pointers convert to void ones silently, and those to what each kernel takes.
        return f"(void *)(arena + {self.offset_bytes}{moving})"


@dataclass(frozen=True)
class Call:
    """One kernel call: the params struct's name and members, and all arguments.

    There are no members where the struct is that of an earlier call.
    """

    kernel: str
    params: str
    members: tuple[tuple[str, str], ...]
    arguments: tuple[str | Place, ...]


@dataclass(frozen=True)
class Loop:
    """Calls that are made `count` times, places moving on by their strides."""

    count: int
    calls: tuple[Call, ...]


def loops(calls: Sequence[Call]) -> tuple[Loop, ...]:
    """The calls in their order, runs of equal ones as loops, all others as loops of one round.

    A loop's body begins with the kernel that comes first of all, not somewhere within a round.
    """
    found: list[Loop] = []
    kernel = calls[0].kernel if calls else ""
    while calls:
        best = Loop(1, tuple(calls[:1]))
        if calls[0].kernel == kernel:
            candidates = [_first_loop(calls, length) for length in range(1, LONGEST_BODY + 1)]
            best = max(candidates, key=lambda loop: (loop.count - 1) * len(loop.calls))
        found.append(best)
        calls = calls[best.count * len(best.calls) :]
    return tuple(found)


def _first_loop(calls: Sequence[Call], length: int) -> Loop:
    """The longest loop with a body of the first `length` calls."""
    body = calls[:length]
    strides = _strides(body, calls[length : 2 * length])
    if strides is None:
        return Loop(1, tuple(calls[:1]))
    count = 2
    while (
        _strides(
            calls[(count - 1) * length : count * length],
            calls[count * length : (count + 1) * length],
        )
        == strides
    ):
        count += 1
    if count < LEAST_ROUNDS:
        return Loop(1, tuple(calls[:1]))
    moving = iter(strides)
    return Loop(
        count,
        tuple(
            replace(
                call,
                arguments=tuple(
                    replace(a, stride_bytes=next(moving)) if isinstance(a, Place) else a
                    for a in call.arguments
                ),
            )
            for call in body
        ),
    )


def _strides(body: Sequence[Call], following: Sequence[Call]) -> list[int] | None:
    """How far each place moves on from one round to the following one; None if it is another."""
    if not body or len(body) != len(following):
        return None
    strides = []
    for a, b in zip(body, following, strict=True):
        if (a.kernel, a.params, len(a.arguments)) != (b.kernel, b.params, len(b.arguments)):
            return None
        for one, next_one in zip(a.arguments, b.arguments, strict=True):
            if isinstance(one, Place) and isinstance(next_one, Place):
                strides.append(next_one.offset_bytes - one.offset_bytes)
            elif one != next_one:
                return None
    return strides
