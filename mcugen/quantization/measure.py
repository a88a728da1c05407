"""What a rewrite costs: both graphs on the same inputs, in the numpy reference."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import DType, Graph, Tensor
from mcugen.progress import Progress, silent
from mcugen.reference import evaluate
from mcugen.reference.registry import REFERENCES, initial_state
from mcugen.samples import Sample


@dataclass
class Error:
    """The energies of a signal and of its error, summed up."""

    signal: float = 0.0
    noise: float = 0.0

    def add(self, before: npt.NDArray[Any], after: npt.NDArray[Any]) -> None:
        """Takes a value, and what it has become, in the same unit."""
        self.signal += float(np.sum(np.square(before)))
        self.noise += float(np.sum(np.square(after - before)))

    @property
    def sqnr_db(self) -> float:
        """Signal to noise in decibels; infinite without noise."""
        if self.noise == 0.0:
            return math.inf
        return 10.0 * math.log10(self.signal / self.noise) if self.signal else -math.inf


@dataclass
class Comparison:
    """How two graphs with the same operators differ on some inputs.

    By operator index: `layers` is the error of an operator's output in the whole network, `alone`
    the part of it that its own weights make, on the inputs that it had before. `classes` has the
    class of each input, before and after; it is empty if no output tells one.
    """

    layers: dict[int, Error]
    alone: dict[int, Error]
    output: Error
    classes: list[tuple[int, int]]


def mean_inputs(
    graph: Graph, operators: Collection[int], samples: Sequence[Sample], progress: Progress = silent
) -> dict[int, npt.NDArray[np.float64]]:
    """The mean code of every element of these operators' first inputs, by operator index."""
    sources = {i: graph.operators[i].inputs[0] for i in operators}
    sums = {i: np.zeros(graph.tensors[t].shape) for i, t in sources.items()}
    state = initial_state(graph)
    for n, sample in enumerate(samples):
        values = evaluate(graph, sample, state)
        for i, t in sources.items():
            sums[i] += values[t]
        progress("calibrating", n + 1, len(samples))
    return {i: total / len(samples) for i, total in sums.items()}


def compare(
    before: Graph,
    after: Graph,
    operators: Collection[int],
    samples: Sequence[Sample],
    progress: Progress = silent,
) -> Comparison:
    """Runs both graphs on `samples`, as one sequence if they have state."""
    result = Comparison(
        {i: Error() for i in operators}, {i: Error() for i in operators}, Error(), []
    )
    states = initial_state(before), initial_state(after)
    for n, sample in enumerate(samples):
        old, new = evaluate(before, sample, states[0]), evaluate(after, sample, states[1])
        for i in operators:
            _compare_layer(result, i, before, after, old, new)
        ends = list(zip(before.outputs, after.outputs, strict=True))
        for a, b in ends:
            result.output.add(_real(before.tensors[a], old[a]), _real(after.tensors[b], new[b]))
        if is_classifier(before):
            ((a, b),) = ends
            result.classes.append((_class(old[a]), _class(new[b])))
        progress("comparing", n + 1, len(samples))
    return result


def is_classifier(graph: Graph) -> bool:
    """Whether there is one output that tells a class: its largest element, or an index."""
    if len(graph.outputs) != 1:
        return False
    output = graph.tensors[graph.outputs[0]]
    return output.elements > 1 or output.dtype in (DType.INT32, DType.INT64)


def _compare_layer(
    result: Comparison,
    i: int,
    before: Graph,
    after: Graph,
    old: dict[int, npt.NDArray[Any]],
    new: dict[int, npt.NDArray[Any]],
) -> None:
    x, y = before.operators[i], after.operators[i]
    tensor = before.tensors[x.outputs[0]]
    reference = _real(tensor, old[x.outputs[0]])
    result.layers[i].add(reference, _real(tensor, new[y.outputs[0]]))
    weights = [after.tensors[t].data if t >= 0 else None for t in y.inputs[1:]]
    (output,) = REFERENCES[y.name](after.operands(y), [old[x.inputs[0]], *weights])
    result.alone[i].add(reference, _real(tensor, output))


def _real(tensor: Tensor, value: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    wide = value.astype(np.float64)
    q = tensor.quantization
    return wide if q is None else (wide - q.zero_point) * q.scale


def _class(output: npt.NDArray[Any]) -> int:
    return int(output.argmax()) if output.size > 1 else int(output.reshape(-1)[0])
