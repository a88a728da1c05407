"""Hypothesis strategies for graphs of one operator that moves elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import hypothesis.strategies as st
import numpy as np

from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.base import Attributes
from mcugen.ir.ops.concat import Concatenation, Pack
from mcugen.ir.ops.pad import Pad, PadV2
from mcugen.ir.ops.reshape import ExpandDims, Reshape, Shape, Squeeze
from mcugen.ir.ops.slice import Slice, StridedSlice
from mcugen.ir.ops.split import Split, SplitV, Unpack
from mcugen.ir.ops.transpose import Transpose

QUANTIZATION = Quantization((0.25,), (-7,))
NUMBERS = (DType.INT8, DType.INT32, DType.FLOAT32)
sides = st.integers(1, 5)


def shapes(low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of rank `low` to `high`."""
    return st.lists(sides, min_size=low, max_size=high).map(tuple)


def tensor(name: str, shape: Sequence[int], dtype: DType) -> Tensor:
    """A tensor that is not constant; int8 ones are quantized."""
    quantized = dtype in (DType.INT8, DType.UINT8)
    quantization = QUANTIZATION if quantized and dtype is DType.INT8 else None
    if dtype is DType.UINT8:
        quantization = Quantization((0.25,), (121,))
    return Tensor(name, tuple(shape), dtype, quantization)


def integers(name: str, values: Any) -> Tensor:
    """An int32 constant."""
    data = np.asarray(values, np.int32)
    return Tensor(name, data.shape, DType.INT32, None, data)


def graph_of(
    operator: type[Attributes],
    options: Mapping[str, Any],
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
) -> Graph:
    """A graph of one supported operator; what is not constant is the graph's input."""
    unique = list({id(t): t for t in inputs}.values())
    tensors = (*unique, *outputs)
    attributes = operator.from_options(options, tuple(inputs), tuple(outputs))
    written = tuple(range(len(unique), len(tensors)))
    graph = Graph(
        name="one",
        tensors=tensors,
        operators=(Operator(attributes, tuple(unique.index(t) for t in inputs), written),),
        inputs=tuple(i for i, t in enumerate(unique) if not t.is_constant),
        outputs=written,
    )
    (x,) = graph
    for constraint in operator.constraints:
        found = constraint(x)
        assert found is None, f"{operator.op}: {constraint.__doc__} {found}"
    return graph


def kinds(*dtypes: DType) -> st.SearchStrategy[DType]:
    """Element types, int8 the most common."""
    return st.just(DType.INT8) | st.sampled_from(dtypes)


@st.composite
def pads(draw: st.DrawFn) -> Graph:
    shape, kind = draw(shapes(1, 5)), draw(kinds(*NUMBERS, DType.INT16))
    pairs = [(draw(st.integers(0, 3)), draw(st.integers(0, 3))) for _ in shape]
    source = tensor("input", shape, kind)
    target = tensor("output", [n + a + b for n, (a, b) in zip(shape, pairs, strict=True)], kind)
    inputs = [source, integers("paddings", pairs)]
    if draw(st.booleans()):
        return graph_of(Pad, {}, inputs, [target])
    value = np.asarray([draw(st.integers(-128, 127))], kind.numpy)
    inputs.append(Tensor("value", (), kind, source.quantization, value.reshape(())))
    return graph_of(PadV2, {}, inputs, [target])


@st.composite
def reshapes(draw: st.DrawFn) -> Graph:
    shape, kind = draw(shapes(1, 4)), draw(kinds(*NUMBERS))
    target = tensor("output", [*shape[2:], *shape[:2]], kind)
    shape_input = [integers("shape", [-1, *target.shape[1:]])] if draw(st.booleans()) else []
    options = {"new_shape": target.shape}
    return graph_of(Reshape, options, [tensor("input", shape, kind), *shape_input], [target])


@st.composite
def squeezes(draw: st.DrawFn) -> Graph:
    shape, kind = list(draw(shapes(2, 4))), draw(kinds(*NUMBERS))
    axis = draw(st.integers(0, len(shape) - 1))
    shape[axis] = 1
    dims = draw(st.sampled_from([(), (axis,), (axis - len(shape),)]))
    output = [n for i, n in enumerate(shape) if (i != axis if dims else n != 1)]
    source, target = tensor("input", shape, kind), tensor("output", output, kind)
    return graph_of(Squeeze, {"squeeze_dims": dims}, [source], [target])


@st.composite
def expansions(draw: st.DrawFn) -> Graph:
    shape, kind = draw(shapes(1, 4)), draw(kinds(DType.INT8, DType.FLOAT32))
    rank = len(shape)
    axis = draw(st.integers(-rank - 1, rank))
    at = axis % (rank + 1)
    target = tensor("output", [*shape[:at], 1, *shape[at:]], kind)
    inputs = [tensor("input", shape, kind), integers("axis", draw(st.sampled_from([axis, [axis]])))]
    return graph_of(ExpandDims, {}, inputs, [target])


@st.composite
def shape_reads(draw: st.DrawFn) -> Graph:
    shape = draw(shapes(1, 4))
    source, target = tensor("input", shape, DType.INT8), tensor("output", [len(shape)], DType.INT32)
    return graph_of(Shape, {"out_type": "INT32"}, [source], [target])


@st.composite
def concatenations(draw: st.DrawFn) -> Graph:
    shape, kind = list(draw(shapes(1, 4))), draw(kinds(*NUMBERS))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    inputs: list[Tensor] = []
    for i in range(draw(st.integers(1, 5))):
        shape[axis] = draw(sides)
        inputs.append(tensor(f"input{i}", shape, kind))
        if len(inputs) > 1 and draw(st.booleans()):
            data = np.arange(inputs[-1].elements, dtype=kind.numpy).reshape(shape)
            inputs[-1] = Tensor(f"constant{i}", tuple(shape), kind, inputs[-1].quantization, data)
    if draw(st.booleans()):
        inputs.append(inputs[0])
    shape[axis] = sum(t.shape[axis] for t in inputs)
    options = {"axis": axis, "fused_activation_function": "NONE"}
    return graph_of(Concatenation, options, inputs, [tensor("output", shape, kind)])


@st.composite
def packs(draw: st.DrawFn) -> Graph:
    shape, kind = draw(shapes(1, 3)), draw(kinds(*NUMBERS))
    count = draw(st.integers(1, 4))
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    at = axis % (len(shape) + 1)
    inputs = [tensor(f"input{i}", shape, kind) for i in range(count)]
    target = tensor("output", [*shape[:at], count, *shape[at:]], kind)
    return graph_of(Pack, {"values_count": count, "axis": axis}, inputs, [target])


@st.composite
def splits(draw: st.DrawFn) -> Graph:
    shape, kind = list(draw(shapes(1, 4))), draw(kinds(*NUMBERS))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    if draw(st.booleans()):
        sizes = [draw(sides)] * draw(st.integers(1, 4))
    else:
        sizes = draw(st.lists(sides, min_size=1, max_size=4))
    parts = []
    for i, size in enumerate(sizes):
        shape[axis] = size
        parts.append(tensor(f"output{i}", shape, kind))
    shape[axis] = sum(sizes)
    source, options = tensor("input", shape, kind), {"num_splits": len(sizes)}
    if len(set(sizes)) == 1:
        return graph_of(Split, options, [integers("axis", axis), source], parts)
    inputs = [source, integers("sizes", sizes), integers("axis", axis)]
    return graph_of(SplitV, options, inputs, parts)


@st.composite
def unpacks(draw: st.DrawFn) -> Graph:
    shape, kind = draw(shapes(1, 4)), draw(kinds(*NUMBERS))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    at = axis % len(shape)
    parts = [
        tensor(f"output{i}", [*shape[:at], *shape[at + 1 :]], kind) for i in range(shape[axis])
    ]
    options = {"num": shape[axis], "axis": axis}
    return graph_of(Unpack, options, [tensor("input", shape, kind)], parts)


@st.composite
def slices(draw: st.DrawFn) -> Graph:
    shape, kind = draw(shapes(1, 5)), draw(kinds(*NUMBERS))
    begin = [draw(st.integers(0, n - 1)) for n in shape]
    counts = [draw(st.integers(1, n - b)) for n, b in zip(shape, begin, strict=True)]
    size = [
        -1 if b + c == n and draw(st.booleans()) else c
        for n, b, c in zip(shape, begin, counts, strict=True)
    ]
    inputs = [tensor("input", shape, kind), integers("begin", begin), integers("size", size)]
    return graph_of(Slice, {}, inputs, [tensor("output", counts, kind)])


@st.composite
def strided_slices(draw: st.DrawFn) -> Graph:
    shape, kind = draw(shapes(1, 4)), draw(kinds(*NUMBERS, DType.INT16))
    begin, end, strides, output, masks = [], [], [], [], [0, 0, 0]
    for axis, n in enumerate(shape):
        stride = draw(st.sampled_from([1, 1, 2, 3, -1, -2, 1 << 20]))
        masked = [draw(st.booleans()), draw(st.booleans())]
        low, high = (st.integers(-n - 2, n - 1), st.integers(1, n + 3))
        first, last = draw(low), draw(high)
        if stride < 0:
            first, last = draw(st.integers(0, n + 3)), -n - 1
            masked[1] = masked[1] or first == 0
        python = slice(
            None if masked[0] else max(first, -n) if first < 0 else first,
            None if masked[1] or stride < 0 else last,
            stride,
        )
        positions = range(n)[python]
        shrink = stride > 0 and draw(st.booleans()) and (masked[0] or -n <= first)
        if not positions and not shrink:
            # An empty range is no valid output: take the whole axis.
            masked, positions = [True, True], range(n)[:: (1 if stride > 0 else -1) * abs(stride)]
        for bit, mask in enumerate((*masked, shrink)):
            masks[bit] |= int(mask) << axis
        begin.append(first)
        end.append(last)
        strides.append(stride)
        output += [] if shrink else [len(positions)]
    options = {
        "begin_mask": masks[0],
        "end_mask": masks[1],
        "shrink_axis_mask": masks[2],
        "ellipsis_mask": 0,
        "new_axis_mask": 0,
        "offset": False,
    }
    names = {"begin": begin, "end": end, "strides": strides}
    inputs = [tensor("input", shape, kind), *(integers(k, v) for k, v in names.items())]
    return graph_of(StridedSlice, options, inputs, [tensor("output", output, kind)])


@st.composite
def transposes(draw: st.DrawFn) -> Graph:
    shape, kind = draw(shapes(1, 5)), draw(kinds(DType.INT8, DType.FLOAT32, DType.INT16))
    perm = draw(st.permutations(range(len(shape))))
    inputs = [tensor("input", shape, kind), integers("perm", perm)]
    return graph_of(Transpose, {}, inputs, [tensor("output", [shape[a] for a in perm], kind)])


class Batch(list[Graph]):
    """Graphs to check in one program; a failing test shows their attributes only."""

    def __repr__(self) -> str:
        return "\n".join(str(operator.attributes) for graph in self for operator in graph.operators)


MOVEMENTS: tuple[st.SearchStrategy[Graph], ...] = (
    pads(),
    reshapes(),
    squeezes(),
    expansions(),
    shape_reads(),
    concatenations(),
    packs(),
    splits(),
    unpacks(),
    slices(),
    strided_slices(),
    transposes(),
)
