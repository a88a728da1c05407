"""Working memory: what the arena planner has to place in each step of a relaxed network.

A step's need is what is live in it: inputs and outputs of the layer, its kernel's working memory,
and tensors that wait for an addition. The planner nearly always reaches the largest step's need.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mcugen.architecture import Layer
from mcugen.architecture.blocks import InvertedBottleneck
from mcugen.isa import Isa
from mcugen.runtimes.aot.lowered import ALIGNMENT_BYTES
from mcugen.search.kernels import Integers, scratch, up
from mcugen.search.relaxed import WEIGHTED, Relaxed, Share, Tensor
from mcugen.search.terms import Width
from mcugen.search.walk import Stage, Vector

padded = up(ALIGNMENT_BYTES)


def padding(size_bytes: Integers) -> Integers:
    """What alignment adds: the topmost buffer goes without."""
    missing: Integers = padded(size_bytes) - size_bytes
    return missing


@dataclass
class Steps:
    """Bins of every step: one for the sum of padded sizes, and one for each buffer's padding."""

    relaxed: Relaxed
    isa: Isa
    sums: list[int] = field(default_factory=list)
    paddings: list[list[int]] = field(default_factory=list)

    def collect(self) -> None:
        """Adds the steps of the whole network."""
        for stage in self.relaxed.stages:
            for layer in stage.layers:
                self._layer(stage, layer)
            if stage.keep is not None and stage.stride != (1, 1):
                self._average(stage)

    def _layer(self, stage: Stage, layer: Layer) -> None:
        if layer.kind in ("RESHAPE", "PAD"):
            return
        present = self.relaxed.present(stage)
        if layer.kind == "ADD":
            self._add(stage, layer, present)
            return
        live = [self.relaxed.tensor(stage, name) for name in _live(stage, layer)]
        self._step(live, present, list(self._scratch(stage, layer)))

    def _scratch(self, stage: Stage, layer: Layer) -> Iterator[tuple[Any, Any, list[Share]]]:
        if layer.kind not in WEIGHTED:
            return
        terms = self.relaxed.terms
        source = self.relaxed.width(stage, layer.inputs[0])
        target = self.relaxed.width(stage, layer.name)
        for (site, chosen), (storage, stored) in itertools.product(
            self.relaxed.sites(stage, layer), self.relaxed.storages(stage, layer)
        ):
            shares = [(number, (*factors, *chosen)) for number, factors in stored]
            sizes = (
                scratch(self.isa, site, storage, padded),
                scratch(self.isa, site, storage, padding),
            )
            for size, missing in zip(*sizes, strict=True):
                features = [
                    [
                        terms.feature(width, function)
                        for width, function in ((source, x.of_input), (target, x.of_output))
                        if function is not None
                    ]
                    for x in (size, missing)
                ]
                yield features[0], features[1], shares

    def _add(self, stage: Stage, layer: Layer, present: tuple[int, ...]) -> None:
        """The sum takes the place of an operand; the narrower one is copied to be padded."""
        height, width = self.relaxed.image(stage, layer.name)
        total = Tensor(Width(("layer", layer.name), layer.shape[-1]), height * width)
        self._step([total, total], present, [])
        block = self.relaxed.space.all_nodes[stage.node].block
        if isinstance(block, InvertedBottleneck) and block.residual == "pad_add":
            operands = [self.relaxed.tensor(stage, name) for name in operands_of(stage, layer)]
            differ = self.relaxed.terms.factor(("differ", stage.node))
            self._step([*operands, total], (*present, differ), [])

    def _average(self, stage: Stage) -> None:
        """What stands for a node that is left out."""
        terms = self.relaxed.terms
        before = self.relaxed.image(stage, stage.source)
        came = self.relaxed.came(stage)
        source = Tensor(came, before[0] * before[1])
        if self.relaxed.may_pack:
            weighs = terms.factor(("weighs", stage.node + 1))
            narrow = Width(("packed", stage.node), came.channels)
            source = Tensor(came, source.positions, (weighs,), narrow)
        height, width = (-(-n // s) for n, s in zip(before, stage.stride, strict=True))
        target = Tensor(came, height * width)
        self._step([source, target], (self.relaxed.absent(stage),), [])

    def _step(
        self,
        live: list[Tensor],
        present: tuple[int, ...],
        working: list[tuple[list[int], list[int], list[Share]]],
    ) -> None:
        terms = self.relaxed.terms
        total, paddings = terms.bin(), []
        for tensor in live:
            for number, parts in tensor.shares(terms, padded):
                terms.add(total, number, *parts, *present)
            paddings.append(terms.bin())
            for number, parts in tensor.shares(terms, padding):
                terms.add(paddings[-1], number, *parts, *present)
        if working:
            paddings.append(terms.bin())
        for size, missing, shares in working:
            for number, parts in shares:
                terms.add(total, number, *size, *parts, *present)
                terms.add(paddings[-1], number, *missing, *parts, *present)
        self.sums.append(total)
        self.paddings.append(paddings)


def operands_of(stage: Stage, layer: Layer) -> list[str]:
    """The layers that an addition reads, before one of them is padded."""
    padded = {x.name: x.inputs[0] for x in stage.layers if x.kind == "PAD"}
    return [padded.get(name, name) for name in layer.inputs]


def _live(stage: Stage, layer: Layer) -> list[str]:
    """Names of what the layer reads and writes, and of what is read later on, views as one."""
    same = {x.name: x.inputs[0] for x in stage.layers if x.kind == "RESHAPE"}
    if layer.kind == "SOFTMAX":
        same[layer.name] = layer.inputs[0]
    here = stage.layers.index(layer)
    made = {stage.source, *(x.name for x in stage.layers[:here])}
    later = {name for x in stage.layers[here + 1 :] for name in x.inputs}
    names = [*layer.inputs, layer.name, *sorted(made & later)]
    for _ in same:
        names = [same.get(name, name) for name in names]
    return list(dict.fromkeys(names))


def peak(steps: Vector, smoothness: float, ops: Any = np) -> Vector:
    """The largest of the steps' needs, or somewhat more.

    With a `smoothness` above 0 it is a log-sum-exp whose temperature is that share of the largest:
    then each step that comes near to the largest has its part in the gradient.
    """
    largest = ops.max(steps)
    if not smoothness:
        return largest
    shares = ops.exp((steps / largest - 1.0) / smoothness)
    return largest * (1.0 + smoothness * ops.log(ops.sum(shares)))
