"""The widest network as costs see it: how wide each tensor is, and how likely it is stored how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from mcugen.architecture import Layer
from mcugen.search.kernels import Site, Storage
from mcugen.search.space import Space
from mcugen.search.terms import Function, Terms, Width
from mcugen.search.walk import Stage, stages
from mcugen.train.spec import Bits

WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")

Share = tuple[float, tuple[int, ...]]
"""A number and the features and factors that it is multiplied by."""


@dataclass(frozen=True)
class Tensor:
    """A layer's output, or what comes to a stage.

    `positions` is its number of pixels. `packed` are the probabilities, as products of factors,
    that it lies in memory with two codes to a byte; `packed_width` is the width of those that do,
    where that is not its own.
    """

    width: Width
    positions: int
    packed: tuple[int, ...] | None = None
    packed_width: Width | None = None

    def shares(self, terms: Terms, function: Function) -> Iterator[Share]:
        """The expectation of a function of its size in bytes."""
        whole = terms.feature(self.width, lambda c: function(self.positions * c))
        yield 1.0, (whole,)
        if self.packed is None:
            return
        width = self.packed_width or self.width
        wide = terms.feature(width, lambda c: function(self.positions * c))
        narrow = terms.feature(width, lambda c: function(self.positions * (-(-c // 2))))
        yield -1.0, (wide, *self.packed)
        yield 1.0, (narrow, *self.packed)


@dataclass(frozen=True)
class Relaxed:
    """A space, with the numbers of its factors.

    Keys of widths are ("layer", name) and ("came", stage), ("packed", stage) for what comes to it
    with 4-bit codes. Keys of factors are:

    - ("keep", stage), ("drop", stage): whether the node is there;
    - ("kernel", stage, height, width): the node's kernel;
    - ("bits", stage, weights, activations): the node's bits; ("narrow", stage): those of its
      activations are 4;
    - ("any", -1, weights, activations): some node has these bits;
    - ("reads", stage): whether what comes to it can lie there packed; ("weighs", stage): whether it
      gets to weights before it gets to an addition or to the end;
    - ("packed", stage): whether it has 4-bit codes, unpacked by nobody;
    - ("differ", stage): whether the operands of its addition are of different width.
    """

    space: Space
    terms: Terms

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        return stages(self.space)

    @property
    def may_pack(self) -> bool:
        """Whether any activation can have 4 bits."""
        return any(bits.activations == 4 for bits in self.space.bits)

    def present(self, stage: Stage) -> tuple[int, ...]:
        """Of a node's being there."""
        return () if stage.keep is None else (self.terms.factor(("keep", stage.node)),)

    def absent(self, stage: Stage) -> int:
        """Of an optional node's not being there."""
        return self.terms.factor(("drop", stage.node))

    def width(self, stage: Stage, name: str) -> Width:
        """Of a layer of the stage, or of what comes to it."""
        if name == stage.source:
            return self.came(stage)
        layer = next(x for x in stage.layers if x.name == name)
        if layer.kind == "RESHAPE":
            inner = self.width(stage, layer.inputs[0])
            return Width(inner.key, inner.channels, layer.elements // inner.channels)
        if layer.kind in ("DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "SOFTMAX"):
            return self.width(stage, layer.inputs[0])
        return Width(("layer", name), layer.shape[-1])

    def came(self, stage: Stage) -> Width:
        """Of what comes to a stage: the leaving width of the last that changes it."""
        if stage.node == 0:
            return Width(("came", 0), self.space.input[-1])
        before = self.stages[stage.node - 1]
        if before.keep is None:
            return self.width(before, before.target)
        return Width(("came", stage.node), _channels(self.space, before))

    def image(self, stage: Stage, name: str) -> tuple[int, int]:
        """(height, width) of a layer's output or of what comes to the stage; vectors are 1 by 1."""
        shape = next((x.shape for x in self.space.widest.layers if x.name == name), None)
        shape = self.space.input if shape is None else shape
        return (shape[0], shape[1]) if len(shape) == 3 else (1, 1)

    def tensor(self, stage: Stage, name: str) -> Tensor:
        """What the stage's layers read or write under this name while the node is there."""
        height, width = self.image(stage, name)
        whole = Tensor(self.width(stage, name), height * width)
        if not self.may_pack:
            return whole
        if name == stage.source:
            if not reads_packed(stage):
                return whole
            packed_width = Width(("packed", stage.node), whole.width.channels)
            return Tensor(whole.width, whole.positions, (), packed_width)
        layer = next(x for x in stage.layers if x.name == name)
        packed = self.packed(stage, layer)
        return whole if packed is None else Tensor(whole.width, whole.positions, packed)

    def packed(self, stage: Stage, layer: Layer) -> tuple[int, ...] | None:
        """Factors of a layer's output being packed, given its activations' bits; None: never."""
        if not self.may_pack or layer.kind not in WEIGHTED:
            return None
        readers = [x for x in stage.layers if layer.name in x.inputs]
        narrow = self.terms.factor(("narrow", stage.node))
        if readers:
            fits = all(reader.kind in (*WEIGHTED, "RESHAPE") for reader in readers)
            return (narrow,) if fits else None
        return narrow, self.terms.factor(("reads", stage.node + 1))

    def bits(self, stage: Stage) -> Iterator[tuple[Bits, tuple[int, ...]]]:
        """The bits that a node with weights may have, and the factors of their probability."""
        for bits in self.space.bits:
            key = ("bits", stage.node, bits.weights, bits.activations)
            yield bits, () if stage.bits is None else (self.terms.factor(key),)

    def any_of_bits(self) -> Iterator[tuple[Bits, tuple[int, ...]]]:
        """All bits, and the factors of the probability that any node with weights has them."""
        for bits in self.space.bits:
            key = ("any", -1, bits.weights, bits.activations)
            yield bits, () if len(self.space.bits) == 1 else (self.terms.factor(key),)

    def storages(self, stage: Stage, layer: Layer) -> Iterator[tuple[Storage, list[Share]]]:
        """How a weighted layer may be stored, and the probabilities of that."""
        before = next((x for x in stage.layers if x.name == layer.inputs[0]), None)
        for bits, chosen in self.bits(stage):
            for reads, of_input in self._either(stage, before, bits.activations):
                for writes, of_output in self._either(stage, layer, bits.activations):
                    storage = Storage(bits.weights == 4, reads, writes)
                    shares = [(a * b, (*chosen, *i, *o)) for a, i in of_input for b, o in of_output]
                    yield storage, shares

    def _either(
        self, stage: Stage, layer: Layer | None, activations: int
    ) -> Iterator[tuple[bool, list[Share]]]:
        """Whether a layer's output is packed, or what comes to the stage is, and how likely."""
        if layer is None:
            packed: tuple[int, ...] | None = None
            if self.may_pack and reads_packed(stage):
                packed = (self.terms.factor(("packed", stage.node)),)
        elif layer.kind == "RESHAPE":
            before = next((x for x in stage.layers if x.name == layer.inputs[0]), None)
            yield from self._either(stage, before, activations)
            return
        else:
            packed = self.packed(stage, layer) if activations == 4 else None
            # The bits are given.
            packed = None if packed is None else packed[1:]
        yield False, [(1.0, ())] + ([(-1.0, packed)] if packed is not None else [])
        if packed is not None:
            yield True, [(1.0, packed)]

    def sites(self, stage: Stage, layer: Layer) -> Iterator[tuple[Site, tuple[int, ...]]]:
        """A weighted layer with each kernel it may have, and the factors of the probability."""
        image, decision = self.image(stage, layer.inputs[0]), stage.kernel_of(layer)
        if decision is None:
            yield Site(layer, image), ()
            return
        for kernel in self.space.all_nodes[stage.node].kernel:
            factor = self.terms.factor(("kernel", stage.node, *kernel))
            yield Site(replace(layer, kernel=kernel), image), (factor,)


def reads_packed(stage: Stage) -> bool:
    """Whether a stage takes what comes to it packed: if only layers with weights read it."""
    readers = [x.kind for x in stage.layers if stage.source in x.inputs]
    return bool(readers) and all(kind in (*WEIGHTED, "RESHAPE") for kind in readers)


def adds_input(stage: Stage) -> bool:
    """Whether an addition reads what comes to the stage, or its padded copy."""
    padded = {x.name for x in stage.layers if x.kind == "PAD" and stage.source in x.inputs}
    return any(x.kind == "ADD" and {stage.source, *padded} & set(x.inputs) for x in stage.layers)


def _channels(space: Space, stage: Stage) -> int:
    """The most that leave the stage."""
    name = stage.target
    shape = next((x.shape for x in space.widest.layers if x.name == name), space.input)
    return shape[-1]
