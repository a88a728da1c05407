"""What a network of a space costs, with choices certain or only likely.

Where every choice is certain the costs are those of the one network: operations and weights to the
last one, memory as the arena planner has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mcugen.architecture import Layer
from mcugen.architecture.blocks import InvertedBottleneck
from mcugen.isa import Isa
from mcugen.search.code_size import CODE_SIZES
from mcugen.search.kernels import Site, constants
from mcugen.search.latency import EIGHT_BITS, LatencyModel, Rate, group_of
from mcugen.search.memory import Steps, peak
from mcugen.search.packing import Packing
from mcugen.search.relaxed import WEIGHTED, Relaxed
from mcugen.search.space import Selection, Space
from mcugen.search.terms import Terms, Width
from mcugen.search.walk import Stage, Vector, one_hot, widths

CostName = Literal["ops", "flash_bytes", "sram_bytes", "latency"]


@dataclass(frozen=True)
class Costs:
    """Of one inference, or of the model; scalars of whatever computed them.

    `ops` are two for each multiply-accumulate. `weights_bytes` are those of the .tflite file,
    `flash_bytes` those of the whole image, of which the code's share is an estimate.
    `memory_bytes` is the arena. `latency` has the unit of the model that gave it; None without one.
    """

    ops: Any
    params: Any
    weights_bytes: Any
    flash_bytes: Any
    memory_bytes: Any
    latency: Any = None

    def of(self, name: CostName) -> Any:
        """The cost that a budget of this name bounds."""
        return self.memory_bytes if name == "sram_bytes" else getattr(self, name)


class CostModel:
    """Costs of a space's networks on cores of an instruction set."""

    def __init__(
        self, space: Space, isa: Isa = Isa.PORTABLE, latency: LatencyModel | None = None
    ) -> None:
        self.space, self.isa, self.latency = space, isa, latency
        self._terms = terms = Terms()
        self._relaxed = Relaxed(space, terms)
        self._macs, self._params, self._weights_bytes, self._flash, self._time, nothing = (
            terms.bin() for _ in range(6)
        )
        code = CODE_SIZES[isa]
        terms.add(self._flash, code.runtime_bytes)
        for bits, factors in self._relaxed.any_of_bits():
            terms.add(self._flash, code.kernels_bytes(bits), *factors)
        for stage in self._relaxed.stages:
            self._count(stage)
        steps = Steps(self._relaxed, isa)
        steps.collect()
        self._sums = np.array(steps.sums)
        longest = max(map(len, steps.paddings))
        self._paddings = np.array([p + [nothing] * (longest - len(p)) for p in steps.paddings])
        self._compiled = terms.compiled()

    def costs(
        self, probabilities: Sequence[Vector], ops: Any = np, smoothness: float = 0.0
    ) -> Costs:
        """Expected costs under the choices' probabilities, which are as for `walk.widths`.

        `smoothness`: see `memory.peak`.
        """
        vectors, factors = self._packed(probabilities, ops)
        return self._costs(self._compiled.values(vectors, factors, ops), ops, smoothness)

    def of_selection(self, selection: Selection) -> Costs:
        """The costs of one network, as numbers."""
        return self.exact_and_smooth(selection, 0.0)[0]

    def exact_and_smooth(self, selection: Selection, smoothness: float) -> tuple[Costs, Costs]:
        """The costs of one network as they are, and with memory smoothed."""
        vectors, factors = self._packed(one_hot(self.space, selection), np)
        values = self._compiled.certain_values(vectors, factors)
        exact, smooth = (
            Costs(**{name: None if v is None else float(v) for name, v in vars(costs).items()})
            for costs in (self._costs(values, np, s) for s in (0.0, smoothness))
        )
        return exact, smooth

    def _packed(self, probabilities: Sequence[Vector], ops: Any) -> tuple[list[Vector], Vector]:
        """Values of the terms' widths and factors."""
        found = widths(self.space, probabilities, ops)
        packing = Packing(self._relaxed, probabilities, found, ops)
        vectors = [packing.width(key) for key in self._compiled.keys]
        return vectors, packing.factors(self._compiled.factors)

    def _costs(self, values: Vector, ops: Any, smoothness: float) -> Costs:
        steps = ops.take(values, self._sums) - ops.max(ops.take(values, self._paddings), axis=1)
        return Costs(
            ops=2.0 * values[self._macs],
            params=values[self._params],
            weights_bytes=values[self._weights_bytes],
            flash_bytes=values[self._flash],
            memory_bytes=peak(steps, smoothness, ops),
            latency=None if self.latency is None else values[self._time],
        )

    def _count(self, stage: Stage) -> None:
        present = self._relaxed.present(stage)
        for layer in stage.layers:
            self._code(layer, present)
            if layer.kind in WEIGHTED:
                self._weighted(stage, layer, present)
            elif layer.kind in ("ADD", "AVERAGE_POOL_2D"):
                width = self._relaxed.width(stage, layer.name)
                self._plain(layer, width, layer.elements // layer.shape[-1], present)
        if self._adds_padded(stage):
            differ = self._relaxed.terms.factor(("differ", stage.node))
            addition = stage.layers[-1]
            pad = Layer("PAD", "pad", (), addition.shape)
            width = self._relaxed.width(stage, addition.name)
            self._plain(pad, width, addition.elements // addition.shape[-1], (*present, differ))
            self._code(pad, (*present, differ))
        if stage.keep is not None and stage.stride != (1, 1):
            absent = (self._relaxed.absent(stage),)
            came = self._relaxed.came(stage)
            image = self._relaxed.image(stage, stage.source)
            height, width_ = (-(-n // s) for n, s in zip(image, stage.stride, strict=True))
            pool = Layer("AVERAGE_POOL_2D", "pool", (), (height, width_, came.channels))
            self._plain(pool, came, height * width_, absent)
            self._code(pool, absent)

    def _adds_padded(self, stage: Stage) -> bool:
        block = self.space.all_nodes[stage.node].block
        return isinstance(block, InvertedBottleneck) and block.residual == "pad_add"

    def _code(self, layer: Layer, present: tuple[int, ...]) -> None:
        """What calling a layer's kernel takes; pads count where they are needed."""
        if layer.kind != "RESHAPE" and (layer.kind != "PAD" or not layer.inputs):
            self._terms.add(self._flash, CODE_SIZES[self.isa].layer_bytes, *present)

    def _weighted(self, stage: Stage, layer: Layer, present: tuple[int, ...]) -> None:
        terms = self._terms
        source = self._relaxed.width(stage, layer.inputs[0])
        target = self._relaxed.width(stage, layer.name)
        outputs = terms.feature(target, lambda c: c)
        terms.add(self._params, 1, outputs, *present)
        for site, chosen in self._relaxed.sites(stage, layer):
            self._with_kernel(stage, site, source, target, (*chosen, *present))

    def _with_kernel(
        self, stage: Stage, site: Site, source: Width, target: Width, present: tuple[int, ...]
    ) -> None:
        """What a layer costs with one of its kernels; `present` are the factors of its being so."""
        terms, layer = self._terms, site.layer
        parts = (terms.feature(target, lambda c: c), *present)
        if layer.kind != "DEPTHWISE_CONV_2D":
            parts = (terms.feature(source, lambda c: c), *parts)
        terms.add(self._macs, site.taps * site.count, *parts)
        terms.add(self._params, site.taps, *parts)
        for bits, chosen in self._relaxed.bits(stage):
            self._bytes(site.taps, layer, bits.weights == 4, source, target, (*chosen, *present))
            self._rate(group_of(layer, bits), site.taps * site.count, parts, site.count, (*chosen,))
        for storage, shares in self._relaxed.storages(stage, layer):
            for product in constants(self.isa, site, storage):
                features = [
                    terms.feature(width, function)
                    for width, function in (
                        (source, product.of_input),
                        (target, product.of_output),
                    )
                    if function is not None
                ]
                for number, factors in shares:
                    terms.add(self._flash, number, *features, *factors, *present)

    def _bytes(
        self,
        taps: int,
        layer: Layer,
        narrow: bool,
        source: Width,
        target: Width,
        factors: tuple[int, ...],
    ) -> None:
        """Weights in the file; those of 4 bits lie two to a byte throughout."""
        terms, both = self._terms, [target]
        if layer.kind != "DEPTHWISE_CONV_2D":
            both = [source, target]
        counts = [terms.feature(width, lambda c: c) for width in both]
        if not narrow:
            terms.add(self._weights_bytes, taps, *counts, *factors)
            return
        odd = [terms.feature(width, lambda c: c % 2) for width in both]
        terms.add(self._weights_bytes, taps / 2, *counts, *factors)
        terms.add(self._weights_bytes, taps % 2 / 2, *odd, *factors)

    def _plain(self, layer: Layer, width: Width, positions: int, factors: tuple[int, ...]) -> None:
        outputs = self._terms.feature(width, lambda c: c)
        self._rate(group_of(layer, EIGHT_BITS), 0, (outputs, *factors), positions, ())

    def _rate(
        self,
        group: str | None,
        macs: int,
        parts: tuple[int, ...],
        positions: int,
        factors: tuple[int, ...],
    ) -> None:
        """A layer's latency. `parts` begin with its features, the outputs' the last of them."""
        rates = {} if self.latency is None else self.latency.rates
        rate = rates.get(group or "", Rate())
        features = [part for part in parts if part > 0]
        present = [part for part in parts if part < 0]
        self._terms.add(self._time, rate.macs * macs, *parts, *factors)
        self._terms.add(self._time, rate.outputs * positions, features[-1], *present, *factors)
        self._terms.add(self._time, rate.layers, *present, *factors)
