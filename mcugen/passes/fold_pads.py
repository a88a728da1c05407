"""A PAD before a convolution becomes part of the convolution's own padding."""

from __future__ import annotations

from dataclasses import replace

from mcugen.ir.graph import Graph, Operands, Operator
from mcugen.ir.ops.window import Pads, Window

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def fold_pads(graph: Graph) -> Graph:
    """Folds a PAD or PADV2 of height and width with the zero point into the only reader.

    A convolution reads positions outside its input as the input's zero point, which is what the
    pad writes; the tensor between them is no longer made.
    """
    producers, consumers = graph.producers(), graph.consumers()
    operators: dict[int, Operator] = dict(enumerate(graph.operators))
    for i, x in enumerate(graph):
        if x.operator.name not in CONVOLUTIONS:
            continue
        padded = x.operator.inputs[0]
        source = producers.get(padded)
        if source is None or consumers[padded] != [i] or padded in graph.outputs:
            continue
        pad = graph.operands(graph.operators[source])
        if not _is_zero_point_border(pad):
            continue
        merged = replace(
            x.operator,
            attributes=replace(x.attributes, window=_widened(x.attributes.window, pad)),
            inputs=(pad.operator.inputs[0], *x.operator.inputs[1:]),
        )
        y = graph.operands(merged)
        if all(check(y) is None for check in y.operator.attributes.constraints):
            operators[i] = merged
            del operators[source]
    return replace(graph, operators=tuple(operators.values()))


def _is_zero_point_border(x: Operands) -> bool:
    if x.operator.name not in ("PAD", "PADV2") or len(x.attributes.paddings) != 4:
        return False
    source, target = x.input(), x.output()
    batch, _, _, channels = x.attributes.paddings
    return (
        batch == channels == (0, 0)
        and source.quantization is not None
        and source.quantization == target.quantization
        and x.attributes.value_for(target) == source.quantization.zero_point
    )


def _widened(window: Window, pad: Operands) -> Window:
    _, (top, bottom), (left, right), _ = pad.attributes.paddings
    pads = window.pads
    return replace(
        window,
        pads=Pads(pads.top + top, pads.bottom + bottom, pads.left + left, pads.right + right),
    )
