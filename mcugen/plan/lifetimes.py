"""From tensors and the steps that use them to buffers for the arena planner.

Time: an inference runs steps 0 .. n_steps - 1, one operator each. Step -1 is the caller writing the
graph's inputs and step n_steps is the caller reading its outputs, so:

- a graph input has producer_step -1, and all of them are live together then, even one that no
  operator reads;
- a graph output has last_step n_steps. Not n_steps - 1: its last reader is the caller, and the
  last operator could otherwise be allowed to overwrite it;
- a persistent tensor (a variable) keeps its value from one inference to the next and is live in
  all steps from -1 to n_steps;
- a tensor that nothing reads is live in the step that writes it.

In one step, all that the operator reads, writes and uses as scratch is live together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from mcugen.plan.arena import Buffer


@dataclass(frozen=True)
class TensorUse:
    """A tensor that needs storage, from the step that writes it to the last one that reads it."""

    name: str
    size_bytes: int
    producer_step: int
    last_step: int
    persistent: bool = False


@dataclass(frozen=True)
class ScratchUse:
    """Working memory of one operator."""

    name: str
    size_bytes: int
    step: int


@dataclass(frozen=True)
class InPlace:
    """The operator of `step` may write `output_tensor` over `input_tensor` (tensor indices)."""

    step: int
    input_tensor: int
    output_tensor: int


@dataclass(frozen=True)
class Lifetimes:
    """Buffers, and which of them holds each tensor and each scratch (indices into `buffers`).

    `in_place` are the candidates that are honoured, in the order in which they were offered.
    """

    n_steps: int
    buffers: tuple[Buffer, ...]
    buffer_of_tensor: tuple[int, ...]
    buffer_of_scratch: tuple[int, ...]
    in_place: tuple[InPlace, ...]


def plan_lifetimes(
    tensors: Sequence[TensorUse],
    n_steps: int,
    aliases: Sequence[tuple[int, int]] = (),
    in_place: Sequence[InPlace] = (),
    scratch: Sequence[ScratchUse] = (),
) -> Lifetimes:
    """Groups tensors that share storage and gives each group, and each scratch, a buffer.

    `aliases` are pairs of tensor indices that are the same bytes (RESHAPE): always honoured, and
    their buffer is live as long as either. `in_place` candidates are tried in the order given, and
    one is honoured if, counting each tensor's aliases with it,

    - neither side is persistent;
    - the input's side is last read in that step, and nothing on it is written then or later;
    - nothing on the output's side is written before that step;
    - the output is not larger than the input's buffer, and where it is smaller, sharing does not
      raise the peak (a small output would keep a large buffer alive).

    Raises ValueError for tensors outside 0 <= producer <= last <= n_steps (-1 for a graph input),
    aliases of unequal size, and candidates whose output is not written in their step.
    """
    _check(tensors, n_steps, aliases, in_place, scratch)
    groups = _Groups(tensors, n_steps)
    for a, b in aliases:
        groups.join(a, b)
    scratch_buffers = [Buffer(use.name, use.size_bytes, use.step, use.step) for use in scratch]
    live = live_bytes([*groups.buffers(), *scratch_buffers], n_steps)
    honoured = tuple(candidate for candidate in in_place if groups.share(candidate, live))
    roots = [groups.root(i) for i in range(len(tensors))]
    index = {root: i for i, root in enumerate(sorted(set(roots)))}
    buffers = [*groups.buffers(), *scratch_buffers]
    return Lifetimes(
        n_steps=n_steps,
        buffers=tuple(buffers),
        buffer_of_tensor=tuple(index[root] for root in roots),
        buffer_of_scratch=tuple(range(len(index), len(buffers))),
        in_place=honoured,
    )


def _check(
    tensors: Sequence[TensorUse],
    n_steps: int,
    aliases: Sequence[tuple[int, int]],
    in_place: Sequence[InPlace],
    scratch: Sequence[ScratchUse],
) -> None:
    for use in tensors:
        if use.size_bytes < 0 or not -1 <= use.producer_step <= use.last_step <= n_steps:
            raise ValueError(f"{use} does not fit {n_steps} steps")
    for need in scratch:
        if need.size_bytes < 0 or not 0 <= need.step < n_steps:
            raise ValueError(f"{need} does not fit {n_steps} steps")
    for a, b in aliases:
        if tensors[a].size_bytes != tensors[b].size_bytes:
            raise ValueError(f"{tensors[a]} and {tensors[b]} cannot be the same bytes")
    for candidate in in_place:
        if tensors[candidate.output_tensor].producer_step != candidate.step:
            raise ValueError(f"{candidate}: the output is not written in that step")


class _Groups:
    """Sets of tensors that share storage: union-find with the extent of each set at its root."""

    def __init__(self, tensors: Sequence[TensorUse], n_steps: int) -> None:
        # A root is the smallest index of its group.
        self._parent = list(range(len(tensors)))
        self._name = [use.name for use in tensors]
        self._size_bytes = [use.size_bytes for use in tensors]
        self._persistent = [use.persistent for use in tensors]
        self._first = [-1 if use.persistent else use.producer_step for use in tensors]
        self._last = [n_steps if use.persistent else use.last_step for use in tensors]
        # The last step that writes into the group.
        self._last_write = [use.producer_step for use in tensors]

    def root(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def buffers(self) -> list[Buffer]:
        """One buffer a group, in the order of their first tensors and named after them."""
        return [
            Buffer(self._name[i], self._size_bytes[i], self._first[i], self._last[i])
            for i, parent in enumerate(self._parent)
            if i == parent
        ]

    def join(self, a: int, b: int) -> None:
        a, b = sorted((self.root(a), self.root(b)))
        if a == b:
            return
        self._parent[b] = a
        self._size_bytes[a] = max(self._size_bytes[a], self._size_bytes[b])
        self._persistent[a] |= self._persistent[b]
        self._first[a] = min(self._first[a], self._first[b])
        self._last[a] = max(self._last[a], self._last[b])
        self._last_write[a] = max(self._last_write[a], self._last_write[b])

    def share(self, candidate: InPlace, live: list[int]) -> bool:
        """Joins the two sides of a candidate if that is legal and of use; says whether it did.

        `live` are the live bytes of each step from -1 on, and are kept up to date.
        """
        source, target = self.root(candidate.input_tensor), self.root(candidate.output_tensor)
        step = candidate.step
        legal = (
            source != target
            and not self._persistent[source]
            and not self._persistent[target]
            and self._last_write[source] < step
            and self._last[source] == step
            and self._first[target] >= step
            and self._size_bytes[target] <= self._size_bytes[source]
        )
        if not legal:
            return False
        grown_bytes = self._size_bytes[source] - self._size_bytes[target]
        after = range(step + 1, self._last[target] + 1)
        if grown_bytes:
            peak = max(live)
            if any(live[s + 1] + grown_bytes > peak for s in after):
                return False
        live[step + 1] -= self._size_bytes[target]
        for s in after:
            live[s + 1] += grown_bytes
        self.join(source, target)
        return True


def live_bytes(buffers: Iterable[Buffer], n_steps: int) -> list[int]:
    """Sum of the sizes of the buffers live in each step; entry 0 is step -1, the last n_steps."""
    change = [0] * (n_steps + 3)
    for buffer in buffers:
        change[buffer.first + 1] += buffer.size_bytes
        change[buffer.last + 2] -= buffer.size_bytes
    return list(accumulate(change[:-1]))
