"""Search spaces: a network whose blocks leave some of their fields open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from mcugen.architecture import Architecture
from mcugen.architecture.blocks import AveragePool, Block, Weighted
from mcugen.architecture.fields import Kernel
from mcugen.architecture.layers import Shape
from mcugen.search.check_space import check
from mcugen.search.matching import find, own_field
from mcugen.train.spec import Bits

Open = Literal["channels", "expansion", "kernel", "keep", "bits"]
"""What of a block can be open: a width, the kernel that is not 1x1, whether it is there at all, the
bits of its layers."""

Choice = int | Kernel | bool | Bits


@dataclass(frozen=True)
class Node:
    """A block of the network, as large as it may become, and what of it is open.

    `channels` and `expansion` list the widths to choose from, `kernel` the (height, width) pairs,
    each of which the next contains; the last of them is the block's own, and an empty list leaves
    that. An `optional` block can be left out: what comes to it goes on, averaged over its stride
    where it has one.
    """

    block: Block
    channels: tuple[int, ...] = ()
    expansion: tuple[int, ...] = ()
    optional: bool = False
    kernel: tuple[Kernel, ...] = ()


@dataclass(frozen=True)
class Decision:
    """One open field of one node, and what can be chosen, the dearest last."""

    node: int
    field: Open
    choices: tuple[int, ...] | tuple[Kernel, ...] | tuple[bool, ...] | tuple[Bits, ...]


Selection = tuple[int, ...]
"""A choice's index for each of a space's decisions, in their order."""


@dataclass(frozen=True)
class Space:
    """Every network that the nodes' choices make.

    `input`, `outputs` and `activation` are those of `Architecture`. A plain Block is a node with
    nothing open. More than one entry in `bits` opens the bits of every block with weights; the
    dearest stand last. Raises InputRejected, naming the node, for choices that make no networks.
    """

    name: str
    input: Shape
    outputs: int
    activation: Literal["relu", "relu6"]
    nodes: tuple[Node | Block, ...]
    bits: tuple[Bits, ...] = (Bits(8, 8),)

    def __post_init__(self) -> None:
        check(self)

    @cached_property
    def all_nodes(self) -> tuple[Node, ...]:
        """The nodes, plain blocks among them."""
        return tuple(n if isinstance(n, Node) else Node(n) for n in self.nodes)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """What is open, node after node."""
        return tuple(self._decisions())

    @cached_property
    def widest(self) -> Architecture:
        """The largest network: every block there, at its widest, with the most bits."""
        return self.architecture(tuple(len(d.choices) - 1 for d in self.decisions))

    def architecture(self, selection: Selection) -> Architecture:
        """The network of these choices."""
        chosen: dict[tuple[int, Open], Choice] = {
            (d.node, d.field): d.choices[i] for d, i in zip(self.decisions, selection, strict=True)
        }
        blocks = (self.block(i, node, chosen) for i, node in enumerate(self.all_nodes))
        return Architecture(
            self.name,
            self.input,
            self.outputs,
            self.activation,
            tuple(block for block in blocks if block is not None),
        )

    def sample(self, rng: np.random.Generator) -> Selection:
        """Choices drawn one by one, all of a decision's equally likely."""
        return tuple(int(rng.integers(len(d.choices))) for d in self.decisions)

    def select(self, architecture: Architecture) -> Selection | None:
        """The choices that make this architecture's layers; None if none do.

        Of a block that is left out, the first choices stand for the widths that do not matter.
        """
        return find(self, architecture)

    def with_input(self, shape: Shape) -> Space:
        """The same nodes for examples of this shape."""
        return replace(self, input=tuple(shape))

    def with_outputs(self, outputs: int) -> Space:
        """The same nodes for so many outputs."""
        return replace(self, outputs=outputs)

    def with_bits(self, *bits: Bits) -> Space:
        """The same nodes with these bits to choose from."""
        return replace(self, bits=bits)

    def _decisions(self) -> Iterator[Decision]:
        for index, node in enumerate(self.all_nodes):
            if node.optional:
                yield Decision(index, "keep", (False, True))
            if node.expansion:
                yield Decision(index, "expansion", node.expansion)
            if node.kernel:
                yield Decision(index, "kernel", node.kernel)
            if node.channels:
                yield Decision(index, "channels", node.channels)
            if len(self.bits) > 1 and isinstance(node.block, Weighted):
                yield Decision(index, "bits", self.bits)

    def block(
        self, index: int, node: Node, chosen: Mapping[tuple[int, Open], Choice]
    ) -> Block | None:
        """The node's block as chosen; None if nothing stands in its place."""
        if not chosen.get((index, "keep"), True):
            stride = getattr(node.block, "stride", (1, 1))
            return None if stride == (1, 1) else AveragePool(stride=stride)
        values: dict[str, Any] = {}
        if node.channels:
            values[own_field(node.block, "channels")] = chosen[index, "channels"]
        if node.expansion:
            values["expansion"] = chosen[index, "expansion"]
        if node.kernel:
            values["kernel"] = chosen[index, "kernel"]
        bits = chosen.get((index, "bits"), self.bits[-1])
        if isinstance(node.block, Weighted) and self.bits != (Bits(8, 8),):
            assert isinstance(bits, Bits)
            values |= {"weight_bits": bits.weights, "activation_bits": bits.activations}
        return replace(node.block, **values)


def multiples(step: int, most: int, least: int = 0) -> tuple[int, ...]:
    """Widths to choose from: the multiples of `step` from `least` to `most`."""
    return tuple(range(max(step, -(-least // step) * step), most + 1, step))
