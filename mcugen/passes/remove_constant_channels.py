"""Channels that hold one code for every input are not computed: their reader knows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import DType, Graph, Operands, Tensor
from mcugen.ir.ops.weighted import bias_values, channel_axis
from mcugen.ir.ops.window import Pads
from mcugen.passes.channel_ranges import Range, channel_ranges, own_bias, passes_channels

READERS = ("CONV_2D", "FULLY_CONNECTED")
MULTIPLE = 4
"""Channels are kept in multiples of four, which kernels read as whole words."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Chain:
    """Operators by index: one that makes channels, those that pass them on, one that reads them."""

    maker: int
    between: tuple[int, ...]
    reader: int


def remove_constant_channels(graph: Graph) -> Graph:
    """Takes constant channels out of a convolution, of what passes them on, and of their reader.

    The reader's bias takes over what the channel contributed: its weights times the code's distance
    from the zero point. With padding that must be nothing, as windows at the border see less of it.
    """
    ranges = channel_ranges(graph)
    for chain in list(_chains(graph)):
        reader = graph.operands(graph.operators[chain.reader])
        known = ranges.get(reader.operator.inputs[0])
        if known is not None:
            kept = _kept(reader, known)
            graph = graph if kept.all() else _without(graph, chain, kept, known)
    return graph


def _chains(graph: Graph) -> Iterator[_Chain]:
    """Every chain, in the order of execution."""
    producers, consumers = graph.producers(), graph.consumers()
    for i, x in enumerate(graph):
        if not _is_reader(x):
            continue
        between: list[int] = []
        tensor = x.operator.inputs[0]
        while tensor in producers and consumers[tensor] == [(between or [i])[0]]:
            if tensor in graph.outputs:
                break
            maker = producers[tensor]
            y = graph.operands(graph.operators[maker])
            if _makes_channels(y):
                yield _Chain(maker, tuple(between), i)
                break
            if not _passes_on(y):
                break
            between.insert(0, maker)
            tensor = y.operator.inputs[0]


def _is_reader(x: Operands) -> bool:
    """Whether it reads all channels of its input at each of its positions."""
    if x.operator.name not in READERS or x.input().dtype is not DType.INT8:
        return False
    return bool(x.input().shape) and x.input().shape[-1] == x.input(1).shape[-1]


def _makes_channels(x: Operands) -> bool:
    """Whether channels can be left out without touching what it reads."""
    if x.operator.name == "CONV_2D":
        return bool(x.input().shape[3] == x.input(1).shape[3])
    return x.operator.name == "FULLY_CONNECTED"


def _passes_on(x: Operands) -> bool:
    """Whether each output channel is made of the same input channel alone."""
    if x.operator.name == "DEPTHWISE_CONV_2D":
        return bool(x.attributes.depth_multiplier == 1) and x.input().dtype is DType.INT8
    return passes_channels(x)


def _kept(reader: Operands, known: Range) -> Mask:
    """The channels to keep: the varying ones, and constant ones up to a multiple of four."""
    removable = known.constant
    if reader.operator.name == "CONV_2D" and reader.attributes.window.pads != Pads():
        removable = removable & (known.low == reader.input().q.zero_point)
    kept = ~removable
    missing = max(-int(kept.sum()) % MULTIPLE, MULTIPLE if not kept.any() else 0)
    kept[np.flatnonzero(removable)[:missing]] = True
    return kept


def _without(graph: Graph, chain: _Chain, kept: Mask, known: Range) -> Graph:
    """The graph with the chain's other channels left out; as it is if a constraint objects."""
    edit = _Edit(graph)
    maker = edit.operands(chain.maker)
    edit.constants(chain.maker, *_fewer_outputs(maker, kept))
    edit.narrow(maker.operator.outputs[0], kept)
    for i in chain.between:
        x = edit.operands(i)
        if x.operator.name == "DEPTHWISE_CONV_2D":
            edit.constants(i, *_fewer_outputs(x, kept))
        edit.narrow(x.operator.outputs[0], kept)
    reader = graph.operands(graph.operators[chain.reader])
    edit.constants(chain.reader, *_fewer_inputs(reader, kept, known))
    return edit.result((chain.maker, *chain.between, chain.reader))


def _fewer_outputs(x: Operands, kept: Mask) -> tuple[Tensor, Tensor]:
    """Weights and bias for the kept output channels."""
    weights = x.input(1)
    assert weights.data is not None
    axis = channel_axis(x)
    data = np.ascontiguousarray(np.compress(kept, weights.data, axis=axis))
    q = weights.q
    if q.is_per_channel:
        scales = tuple(np.compress(kept, q.scales).tolist())
        q = replace(q, scales=scales, zero_points=(0,) * len(scales))
    narrow = replace(weights, shape=data.shape, data=data, quantization=q)
    return narrow, own_bias(x, np.compress(kept, bias_values(x)))


def _fewer_inputs(x: Operands, kept: Mask, known: Range) -> tuple[Tensor, Tensor]:
    """Weights for the kept input channels, and the bias with what the others contribute."""
    weights = x.input(1)
    assert weights.data is not None
    data = np.ascontiguousarray(weights.data[..., kept])
    gone = weights.data[..., ~kept].astype(np.int64) * (known.low - x.input().q.zero_point)[~kept]
    bias = bias_values(x) + gone.reshape(len(gone), -1).sum(axis=1)
    return replace(weights, shape=data.shape, data=data), own_bias(x, bias)


class _Edit:
    """Changes to a few tensors and operators of a graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._tensors = list(graph.tensors)
        self._operators = list(graph.operators)

    def operands(self, index: int) -> Operands:
        return self._graph.operands(self._graph.operators[index])

    def constants(self, index: int, weights: Tensor, bias: Tensor) -> None:
        """Gives an operator weights and bias of its own."""
        first = len(self._tensors)
        self._tensors += [weights, bias]
        old = self._operators[index]
        self._operators[index] = replace(old, inputs=(old.inputs[0], first, first + 1))

    def narrow(self, tensor: int, kept: Mask) -> None:
        """Leaves a tensor the kept channels: it has no counterpart in the file any more."""
        old = self._tensors[tensor]
        shape = (*old.shape[:-1], int(kept.sum()))
        self._tensors[tensor] = replace(old, shape=shape, source_index=-1)

    def result(self, touched: tuple[int, ...]) -> Graph:
        """The new graph; the old one if a touched operator's constraints do not hold in it."""
        edited = replace(
            self._graph, tensors=tuple(self._tensors), operators=tuple(self._operators)
        )
        for i in touched:
            x = edited.operands(edited.operators[i])
            if any(check(x) is not None for check in x.operator.attributes.constraints):
                return self._graph
        return edited
