"""Values of the widths and probabilities that costs are made of."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mcugen.search.memory import operands_of
from mcugen.search.relaxed import WEIGHTED, Relaxed, adds_input, reads_packed
from mcugen.search.walk import Stage, Vector, Widths, widened
from mcugen.train.spec import Width


@dataclass(frozen=True, eq=False)
class Packing:
    """What the keys that `Relaxed` lists stand for, under some probabilities of choices.

    `found` are the widths under the same probabilities.
    """

    relaxed: Relaxed
    probabilities: Sequence[Vector]
    found: Widths
    ops: Any

    def width(self, key: Any) -> Vector:
        """A survival vector."""
        kind, which = key
        if kind == "layer":
            return self.found.layers[which]
        if kind == "packed":
            return self._narrow[which]
        return self._came(which)

    def factors(self, keys: Sequence[Hashable]) -> Vector:
        """The probabilities of these keys."""
        return self.ops.stack([self._factor(key) for key in keys]) if keys else None

    def _factor(self, key: Any) -> Any:
        kind, which, *rest = key
        if kind == "reads":
            return self._reads[which]
        if kind == "weighs":
            return self._weighs[which]
        if kind == "packed":
            return self._narrow[which][0]
        if kind == "any":
            return self._any(rest)
        stage = self.relaxed.stages[which]
        if kind == "kernel":
            return self._kernel(stage, rest)
        if kind == "bits":
            return self._bits(stage, rest)
        if kind == "narrow":
            return self._narrow_bits(stage)
        if kind == "differ":
            return self._differ(stage)
        return self._keep(stage) if kind == "keep" else 1.0 - self._keep(stage)

    def _kernel(self, stage: Stage, wanted: Sequence[int]) -> Any:
        assert stage.kernel is not None
        order = self.relaxed.space.all_nodes[stage.node].kernel
        return self.probabilities[stage.kernel][order.index((wanted[0], wanted[1]))]

    def _bits(self, stage: Stage, wanted: Sequence[Width]) -> Any:
        assert stage.bits is not None
        order = [(bits.weights, bits.activations) for bits in self.relaxed.space.bits]
        return self.probabilities[stage.bits][order.index((wanted[0], wanted[1]))]

    def _any(self, wanted: Sequence[Width]) -> Any:
        """Whether any node that is there has these bits."""
        weighted = [stage for stage in self.relaxed.stages if stage.bits is not None]
        here = [self._keep(stage) * self._bits(stage, wanted) for stage in weighted]
        return 1.0 - self.ops.prod(1.0 - self.ops.stack(here))

    def _keep(self, stage: Stage) -> Any:
        return 1.0 if stage.keep is None else self.probabilities[stage.keep][1]

    def _came(self, node: int) -> Vector:
        """The width of what comes to a stage."""
        if node:
            return self.found.leaving[node - 1]
        return np.ones(self.relaxed.space.input[-1], np.float32)

    def _narrow_bits(self, stage: Stage) -> Any:
        """Whether a node's activations have 4 bits."""
        choices = self.relaxed.space.bits
        if stage.bits is None:
            return float(choices[-1].activations == 4)
        chosen = self.probabilities[stage.bits]
        return sum((chosen[i] for i, b in enumerate(choices) if b.activations == 4), start=0.0)

    def _differ(self, stage: Stage) -> Any:
        addition = stage.layers[-1]
        shares = []
        for name in operands_of(stage, addition):
            width = self._came(stage.node) if name == stage.source else self.found.layers[name]
            width = widened(width, addition.shape[-1], self.ops)
            shares.append(width - self.ops.pad(width[1:], ((0, 1),)))
        return 1.0 - self.ops.sum(shares[0] * shares[1])

    @cached_property
    def _narrow(self) -> list[Vector]:
        """Of what comes to each stage, as far as it has 4-bit codes that nobody has unpacked."""
        came: list[Vector] = [0.0 * self._came(0)]
        for stage in self.relaxed.stages:
            last = stage.layers[-1] if stage.layers else None
            leaves = came[-1]
            if last is not None:
                leaves = self.found.layers[last.name] * (
                    self._narrow_bits(stage) if last.kind in WEIGHTED else 0.0
                )
            if stage.keep is not None:
                keep, goes_on = self._keep(stage), float(stage.stride == (1, 1))
                before = widened(came[-1], leaves.shape[0], self.ops)
                leaves = leaves * keep + before * ((1.0 - keep) * goes_on)
            came.append(leaves)
        return came

    @cached_property
    def _reads(self) -> list[Any]:
        """Whether what comes to each stage can lie there packed."""
        after: list[Any] = [0.0]
        stages = self.relaxed.stages
        for stage in reversed(stages):
            goes_on = after[-1] if stage.stride == (1, 1) else self._weighs[stage.node + 1]
            here = float(reads_packed(stage)) if stage.layers else goes_on
            keep = self._keep(stage)
            after.append(here if stage.keep is None else here * keep + goes_on * (1.0 - keep))
        return after[::-1]

    @cached_property
    def _weighs(self) -> list[Any]:
        """Whether it gets to weights before it gets to an addition or to the end."""
        after: list[Any] = [0.0]
        for stage in reversed(self.relaxed.stages):
            first = stage.layers[0].kind if stage.layers else "AVERAGE_POOL_2D"
            if adds_input(stage) or first == "SOFTMAX":
                here: Any = 0.0
            else:
                here = after[-1] if first == "AVERAGE_POOL_2D" else 1.0
            keep = self._keep(stage)
            after.append(here if stage.keep is None else here * keep + after[-1] * (1.0 - keep))
        return after[::-1]
