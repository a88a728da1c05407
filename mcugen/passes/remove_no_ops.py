"""Operators whose output is their input, unchanged, are taken out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mcugen.ir.graph import Graph, Operands, Operator
from mcugen.ir.ops.slice import Extent


def remove_no_ops(graph: Graph) -> Graph:
    """Readers of a no-op's output read its input instead.

    The no-op stays if its output is one of the graph's: that tensor must be written.
    """
    renamed: dict[int, int] = {}
    kept: list[Operator] = []
    for x in graph:
        operator = replace(x.operator, inputs=tuple(renamed.get(t, t) for t in x.operator.inputs))
        if _is_no_op(x) and x.operator.outputs[0] not in graph.outputs:
            renamed[operator.outputs[0]] = operator.inputs[DATA_INPUT.get(operator.name, 0)]
        else:
            kept.append(operator)
    return replace(graph, operators=tuple(kept))


def _is_no_op(x: Operands) -> bool:
    name = x.operator.name
    position = DATA_INPUT.get(name, 0)
    if name not in KEEPS_ELEMENTS or len(x.outputs) != 1 or position >= len(x.inputs):
        return False
    source, target = x.inputs[position], x.outputs[0]
    return (
        source is not None
        and target is not None
        and source.shape == target.shape
        and source.dtype is target.dtype
        and source.quantization == target.quantization
        and KEEPS_ELEMENTS[name](x)
    )


def _always(x: Operands) -> bool:
    return True


def _single_input(x: Operands) -> bool:
    return len(x.inputs) == 1


def _identity_permutation(x: Operands) -> bool:
    # Dimensions of size 1 may change places among others without moving an element.
    shape = x.input().shape
    moved = [axis for axis in x.attributes.perm if shape[axis] != 1]
    return moved == sorted(moved)


def _whole_extents(x: Operands) -> bool:
    shape = x.input().shape
    # Along an axis of size 1 the stride is never taken.
    return all(
        extent in (Extent(0, 1, size), Extent(0, extent.stride, 1))
        for extent, size in zip(x.attributes.extents(shape), shape, strict=True)
    )


KEEPS_ELEMENTS: dict[str, Callable[[Operands], bool]] = {
    "RESHAPE": _always,
    "SQUEEZE": _always,
    "EXPAND_DIMS": _always,
    "PAD": _always,
    "PADV2": _always,
    "SPLIT": _always,
    "SPLIT_V": _always,
    # The same type and quantization on both sides: any code is requantized to itself.
    "QUANTIZE": _always,
    "SLICE": _always,
    "STRIDED_SLICE": _whole_extents,
    "TRANSPOSE": _identity_permutation,
    "CONCATENATION": _single_input,
}
"""Operators that may be no-ops, and when they are: given one output like the input in all but name.

A shape that does not change is enough for most: PAD then adds nothing, SLICE takes everything.
"""

DATA_INPUT = {"SPLIT": 1}
"""Which input holds the data, where it is not the first."""
