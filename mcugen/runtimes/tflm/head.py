"""The head of TFLM's arena: what lies there, when, and where its greedy planner puts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mcugen.errors import InputRejected
from mcugen.plan.problem import make_problem, place
from mcugen.runtimes.tflm.abi import ALIGNMENT_BYTES
from mcugen.runtimes.tflm.file_operators import callees
from mcugen.runtimes.tflm.needs import Needs, tensor_bytes
from mcugen.tflite.file_model import FileModel
from mcugen.tflite.flatbuffer import TOO_LARGE_HINT

NEVER = -1
"""The step in which a buffer is live that nothing uses: TFLM plans those, too."""

MAX_BUFFERS = 4096

Place = tuple[int, int]
"""A subgraph, and a tensor or operator in it."""


@dataclass(frozen=True)
class HeadBuffer:
    """A tensor or an operator's scratch in the head, live from step `first` to step `last`.

    `size_bytes` is rounded up to 16, as the planner has it.
    """

    name: str
    is_scratch: bool
    size_bytes: int
    first: int
    last: int
    offset_bytes: int = 0


def plan_head(model: FileModel, needs: Mapping[Place, Needs]) -> tuple[HeadBuffer, ...]:
    """The buffers in TFLM's order, placed: tensors in the file's, then scratch in the requests'.

    `needs` are those of each operator. Raises InputRejected for a model with too many buffers.
    """
    lifetimes = _Lifetimes(model)
    buffers = [
        HeadBuffer(model.subgraphs[s].tensors[t].name, False, size, *lifetimes.of_tensor((s, t)))
        for (s, t), size in _planned_tensors(model).items()
    ]
    for (s, i), need in needs.items():
        where, live = model.subgraphs[s].operators[i].where, lifetimes.of_operator((s, i))
        buffers += [HeadBuffer(where, True, _up(size), *live) for size in need.scratch]
    if len(buffers) > MAX_BUFFERS:
        raise InputRejected(f"the model has {len(buffers)} tensors to plan", TOO_LARGE_HINT)
    return _placed(buffers)


def _planned_tensors(model: FileModel) -> dict[Place, int]:
    """The tensors without memory of their own, and their sizes.

    Handles are numbers in their operators' state, and variables lie in the tail.
    """
    found = {}
    for s, subgraph in enumerate(model.subgraphs):
        handles = {t for o in subgraph.operators if o.name == "VAR_HANDLE" for t in o.outputs}
        for t, tensor in enumerate(subgraph.tensors):
            size = _up(tensor_bytes(tensor))
            if size and tensor.data is None and not tensor.is_variable and t not in handles:
                found[s, t] = size
    return found


def _placed(buffers: Sequence[HeadBuffer]) -> tuple[HeadBuffer, ...]:
    """The largest first, each at the lowest offset that is free; among equals the last comes first.

    A buffer of no bytes takes no room anywhere.
    """
    solid = [b for b in buffers if b.size_bytes]
    problem = make_problem(
        [b.size_bytes for b in solid],
        [b.first for b in solid],
        [b.last for b in solid],
        ALIGNMENT_BYTES,
    )
    order = sorted(reversed(range(len(solid))), key=lambda i: -solid[i].size_bytes)
    offsets = iter(begin for begin, _ in place(problem, order).spans)
    return tuple(replace(b, offset_bytes=next(offsets)) if b.size_bytes else b for b in buffers)


class _Lifetimes:
    """Steps in which tensors and operators are live, those of called subgraphs in between.

    An operator is one step, and so is the entry into each subgraph that it calls.
    """

    def __init__(self, model: FileModel) -> None:
        self._model = model
        self._step = 0
        self._tensors: dict[Place, tuple[int, int]] = {}
        self._operators: dict[Place, tuple[int, int]] = {}
        self._run(0)

    def of_tensor(self, place: Place) -> tuple[int, int]:
        return self._tensors.get(place, (NEVER, NEVER))

    def of_operator(self, place: Place) -> tuple[int, int]:
        return self._operators.get(place, (NEVER, NEVER))

    def _run(self, s: int) -> None:
        subgraph = self._model.subgraphs[s]
        self._touch(s, subgraph.inputs)
        for i, operator in enumerate(subgraph.operators):
            self._step += 1
            begin = self._step
            self._touch(s, operator.outputs)
            for callee in callees(operator):
                self._step += 1
                self._run(callee)
            self._touch(s, (*operator.inputs, *operator.outputs))
            first, _ = self._operators.get((s, i), (begin, begin))
            self._operators[s, i] = (first, self._step)
        self._touch(s, subgraph.outputs)

    def _touch(self, s: int, tensors: Sequence[int]) -> None:
        for t in tensors:
            first, _ = self._tensors.get((s, t), (self._step, self._step))
            self._tensors[s, t] = (first, self._step)


def _up(size_bytes: int) -> int:
    return -(-size_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
