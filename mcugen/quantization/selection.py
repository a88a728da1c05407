"""Which layers of a model are meant: by number, by kind or by name."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph, Operator
from mcugen.text import printable

KINDS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
"""Operators whose weights can be int4, in TFLM and elsewhere."""

DEFAULT_KINDS = ("CONV_2D", "FULLY_CONNECTED")
"""Depthwise weights are few: keeping their 8 bits costs little, and spares errors."""

SHOWN_LAYERS = 100


def weighted_layers(graph: Graph) -> list[int]:
    """Indices of the operators whose weights are int8 or int4, one of `KINDS` each."""
    return [i for i, operator in enumerate(graph.operators) if operator.name in KINDS]


def layer_number(graph: Graph, index: int) -> int:
    """The operator's number in the file, which is also what errors call it."""
    source = graph.operators[index].source_index
    return source if source >= 0 else index


def select(graph: Graph, layers: Sequence[str] = (), skip: Sequence[str] = ()) -> list[int]:
    """Indices of the operators to rewrite: those that `layers` name, less those that `skip` does.

    A string holds patterns with commas between them: a number or a range of numbers (3, 3-5), an
    operator's kind (conv_2d), `all`, or a glob of the output's or the weights' name ('*/pw_?*').
    Without `layers`, all but depthwise convolutions. Raises InputRejected, with the layers that can
    be chosen, for a pattern that matches none, or if nothing remains.
    """
    candidates = [i for i in weighted_layers(graph) if _weights_type(graph, i) is DType.INT8]
    if not candidates:
        raise _nothing_to_do(graph)
    chosen = _matching(graph, candidates, layers, "layers")
    if not layers:
        chosen = {i for i in candidates if graph.operators[i].name in DEFAULT_KINDS}
        if not chosen:
            raise InputRejected(
                "the model's only int8 weights are of depthwise convolutions, which keep 8 bits "
                "unless they are asked for",
                "ask for them: --layers all",
            )
    remaining = chosen - _matching(graph, candidates, skip, "skip")
    if not remaining:
        raise InputRejected("no layer remains to be rewritten", "skip fewer layers")
    return sorted(remaining)


def _matching(
    graph: Graph, candidates: Sequence[int], texts: Sequence[str], option: str
) -> set[int]:
    found: set[int] = set()
    for pattern in (p.strip() for text in texts for p in text.split(",")):
        matches = {i for i in candidates if _matches(graph, i, pattern)}
        if not matches:
            raise InputRejected(
                f"--{option}: no layer with int8 weights matches '{printable(pattern)}'",
                "\n".join(["choose from these:", *_listing(graph, candidates)]),
            )
        found |= matches
    return found


def _matches(graph: Graph, index: int, pattern: str) -> bool:
    operator, number = graph.operators[index], layer_number(graph, index)
    numbers = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", pattern, re.ASCII)
    if numbers:
        first, last = numbers[1], numbers[2] or numbers[1]
        return int(first) <= number <= int(last)
    if pattern.upper() in KINDS:
        return operator.name == pattern.upper()
    names = (graph.tensors[t].name for t in (operator.outputs[0], operator.inputs[1]))
    return pattern.lower() == "all" or any(fnmatch.fnmatchcase(n, pattern) for n in names)


def _listing(graph: Graph, candidates: Sequence[int]) -> list[str]:
    lines = [
        f"{layer_number(graph, i)}: {graph.operators[i].name} "
        f"'{printable(graph.tensors[graph.operators[i].outputs[0]].name)}'"
        for i in candidates[:SHOWN_LAYERS]
    ]
    more = len(candidates) - len(lines)
    return [*lines, f"and {more} more"] if more > 0 else lines


def _nothing_to_do(graph: Graph) -> InputRejected:
    if weighted_layers(graph):
        return InputRejected(
            f"{printable(graph.name)}: all weights are int4 already", "there is nothing to do"
        )
    return InputRejected(
        f"{printable(graph.name)}: no weights that can be int4",
        f"those of {', '.join(KINDS)} can; mcugen inspect shows what the model has",
    )


def _weights_type(graph: Graph, index: int) -> DType:
    operator: Operator = graph.operators[index]
    return graph.tensors[operator.inputs[1]].dtype
