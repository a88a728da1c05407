"""Which codes an int8 tensor can hold, whatever the input: what a fused activation guarantees."""

from __future__ import annotations

from mcugen.ir.fixed_point import activation_range
from mcugen.ir.graph import DType, Graph, Operands

SAME_CODES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})
"""Operators whose output holds the codes of their first input and no others."""

WITHIN_CODES = frozenset({"MAX_POOL_2D", "AVERAGE_POOL_2D"})
"""Operators whose output lies between the least and the greatest code of their input."""


def code_ranges(graph: Graph) -> dict[int, tuple[int, int]]:
    """(lowest, highest) code by tensor index, for int8 tensors that an operator writes.

    Tensors without an entry may hold any code.
    """
    ranges: dict[int, tuple[int, int]] = {}
    for x in graph:
        if len(x.outputs) != 1 or x.outputs[0] is None or x.output().dtype is not DType.INT8:
            continue
        found = _activation(x)
        source = ranges.get(x.operator.inputs[0]) if x.operator.inputs else None
        if source is not None and x.operator.name in SAME_CODES | WITHIN_CODES:
            low, high = found or source
            found = max(low, source[0]), min(high, source[1])
        if found is not None:
            ranges[x.operator.outputs[0]] = found
    return ranges


def _activation(x: Operands) -> tuple[int, int] | None:
    activation = getattr(x.attributes, "activation", None)
    quantization = x.output().quantization
    if activation is None or quantization is None or quantization.is_per_channel:
        return None
    return activation_range(activation, quantization, DType.INT8)
