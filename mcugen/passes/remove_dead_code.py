"""Operators that nothing depends on go, and with them the tensors that nobody uses."""

from __future__ import annotations

from dataclasses import replace

from mcugen.ir.graph import Graph, Operator


def remove_dead_code(graph: Graph) -> Graph:
    """Keeps what an output of the graph or an assignment to a variable needs.

    Tensor indices are compacted; inputs, outputs and variables stay, used or not.
    """
    needed = set(graph.outputs)
    kept: list[Operator] = []
    for operator in reversed(graph.operators):
        # An operator without outputs acts on the state.
        if not operator.outputs or needed.intersection(operator.outputs):
            needed.update(operator.inputs)
            kept.append(operator)
    return compact(replace(graph, operators=tuple(reversed(kept))))


def compact(graph: Graph) -> Graph:
    """The graph without the tensors that nobody uses, in the same order."""
    used = {*graph.inputs, *graph.outputs}
    for operator in graph.operators:
        used |= {*operator.inputs, *operator.outputs}
    order = [i for i in range(len(graph.tensors)) if i in used]
    place = {old: new for new, old in enumerate(order)} | {-1: -1}

    def moved(indices: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(place[i] for i in indices)

    return replace(
        graph,
        tensors=tuple(graph.tensors[i] for i in order),
        operators=tuple(
            replace(o, inputs=moved(o.inputs), outputs=moved(o.outputs)) for o in graph.operators
        ),
        inputs=moved(graph.inputs),
        outputs=moved(graph.outputs),
    )
