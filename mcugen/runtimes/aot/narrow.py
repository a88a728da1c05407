"""4-bit activations: which tensors of at most 16 codes are stored two codes to a byte.

No runtime has a 4-bit activation type, so files hold such tensors as int8 whose fused activation
leaves at most 16 codes. Where an operator can write them packed and all readers can take them so,
the tensor becomes an INT4 one: its codes and its zero point are less by the same number, so that
the codes lie in -8 .. 7. What they stand for does not change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.code_ranges import SAME_CODES, code_ranges
from mcugen.ir.graph import DType, Graph, Operands, Tensor

CODES = 16
LOWEST = -8

Ability = Callable[[Operands], bool]


def narrow_activations(graph: Graph) -> Graph:
    """The graph with every tensor as INT4 that is to be stored so."""
    ranges = code_ranges(graph)
    tensors = list(graph.tensors)
    for t in narrow_tensors(graph):
        tensors[t] = _narrowed(tensors[t], _first_code(*ranges[t]))
    return replace(graph, tensors=tuple(tensors))


def narrow_tensors(graph: Graph) -> set[int]:
    """Indices of the tensors that hold at most 16 codes and that all users can take packed.

    Inputs and outputs of the graph never are.
    """
    operands = list(graph)
    consumers = graph.consumers()
    ranges = code_ranges(graph)
    found: set[int] = set()
    for t, i in graph.producers().items():
        readers = [operands[j] for j in consumers.get(t, [])]
        if (
            t in ranges
            and ranges[t][1] - ranges[t][0] < CODES
            and t not in graph.outputs
            and operands[i].operator.name in WRITERS
            and readers
            and all(_reads(x, t) for x in readers)
        ):
            found.add(t)
    return _without_half_pairs(graph, found, ranges)


def stored_bytes(tensor: Tensor, file_zero_point: int, codes: npt.NDArray[Any]) -> bytes:
    """What the arena holds of a 4-bit tensor whose codes in the file's terms are `codes`.

    Two codes a byte, the first in the low half, each as its distance from the least that 4 bits
    hold; rows begin on bytes.
    """
    distances = codes.astype(np.int64) - file_zero_point + tensor.q.zero_point - LOWEST
    rows = distances.reshape(-1, tensor.shape[-1]).astype(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2)))
    return (rows[:, 0::2] | rows[:, 1::2] << np.uint8(4)).tobytes()


def _without_half_pairs(
    graph: Graph, found: set[int], ranges: dict[int, tuple[int, int]]
) -> set[int]:
    """Takes out what must be stored as another tensor is, but could not be."""
    while True:
        lost: set[int] = set()
        for operator in graph.operators:
            if operator.name not in SAME_STORAGE:
                continue
            pair = {operator.inputs[0], operator.outputs[0]}
            alike = len({_first_code(*ranges[t]) for t in pair & found}) < 2
            if not alike or (operator.name in SAME_CODES and not pair <= found):
                lost |= pair & found
            elif operator.outputs[0] in found and operator.inputs[0] not in found:
                lost.add(operator.outputs[0])
        if not lost:
            return found
        found = found - lost


def _narrowed(tensor: Tensor, first_code: int) -> Tensor:
    q = tensor.q
    zero_point = q.zero_point - first_code + LOWEST
    return replace(tensor, dtype=DType.INT4, quantization=replace(q, zero_points=(zero_point,)))


def _first_code(low: int, high: int) -> int:
    """The code that becomes -8: the range in the middle, within int8."""
    spare = CODES - 1 - (high - low)
    return min(max(low - (spare + 1) // 2, -128), 127 - (CODES - 1))


def _reads(x: Operands, tensor: int) -> bool:
    ability = READERS.get(x.operator.name)
    return (
        ability is not None
        and x.operator.inputs[0] == tensor
        and tensor not in x.operator.inputs[1:]
        and ability(x)
    )


def _always(x: Operands) -> bool:
    return True


def _whole_rows(x: Operands) -> bool:
    # Rows begin on bytes; so must the rows that are multiplied.
    channels, depth = x.input().shape[-1], x.input(1).shape[1]
    return channels % 2 == 0 or channels == depth


def _same_rows(x: Operands) -> bool:
    before, after = x.input().shape[-1:], x.output().shape[-1:]
    return before == after or all(size and size[0] % 2 == 0 for size in (before, after))


READERS: dict[str, Ability] = {
    "CONV_2D": _always,
    "DEPTHWISE_CONV_2D": _always,
    "FULLY_CONNECTED": _whole_rows,
    "MAX_POOL_2D": _always,
    "AVERAGE_POOL_2D": _always,
    **dict.fromkeys(SAME_CODES, _same_rows),
}
"""Operators that can read packed activations, and when."""

WRITERS = frozenset(READERS) - {"AVERAGE_POOL_2D"}
"""Operators that can write them."""

SAME_STORAGE = SAME_CODES | {"MAX_POOL_2D"}
"""Operators whose output must hold the very codes of their input."""
