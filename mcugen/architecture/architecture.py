"""An architecture: blocks, and the primitive layers that they come to."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NoReturn

from mcugen.architecture.blocks import Block, Classifier, Softmax, Weighted
from mcugen.architecture.expansion import MAXIMUM_ELEMENTS, Expansion, Features, Impossible
from mcugen.architecture.fields import Channels, DefaultActivation, Input, Name, rules_of
from mcugen.architecture.layers import INPUT, Layer, Shape
from mcugen.errors import InputRejected

MAXIMUM_BLOCKS = 256


@dataclass(frozen=True)
class Architecture:
    """A network without its weights.

    `input` is the shape of one example: (height, width, channels), or (features,) for vectors.
    `activation` follows every batch normalisation that does not say otherwise. Blocks end with a
    Classifier, and perhaps a Softmax behind it. Raises InputRejected, naming block and field, for
    what cannot be built: an Architecture that exists has layers.
    """

    name: Name
    input: Input
    outputs: Channels
    activation: DefaultActivation
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        self._check_fields()
        self._check_ends()
        _ = self.layers

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Primitive layers in execution order, each by a name of its own.

        `ibn_3.expand` belongs to block 3, of which the first is 0.
        """
        expansion = Expansion(self.outputs, self.activation)
        x = Features(INPUT, self.input)
        for index, block in enumerate(self.blocks):
            if isinstance(block, Weighted):
                expansion.weight_bits = block.weight_bits
                expansion.activation_bits = block.activation_bits
            try:
                x = block.expand(_layer_name(block, index), x, expansion)
            except Impossible as error:
                self._reject(block_place(index, block.block, error.field), str(error))
        return tuple(expansion.layers)

    @property
    def has_softmax(self) -> bool:
        """Whether the exported file ends with probabilities; the trained network has logits."""
        return isinstance(self.blocks[-1], Softmax)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference; padding positions count. Two make an op each."""
        return sum(layer.macs for layer in self.layers)

    @property
    def params(self) -> int:
        """Weights and biases, with batch normalisation folded."""
        return sum(layer.params for layer in self.layers)

    def with_outputs(self, outputs: int) -> Architecture:
        """The same blocks for so many outputs."""
        return replace(self, outputs=outputs)

    def with_input(self, shape: Shape) -> Architecture:
        """The same blocks for examples of this shape."""
        return replace(self, input=tuple(shape))

    def _check_fields(self) -> None:
        for field, reason in _broken_rules(self):
            self._reject(field, reason)
        if math.prod(self.input) > MAXIMUM_ELEMENTS:
            self._reject("input", f"has more than {MAXIMUM_ELEMENTS:,} elements")
        if not 1 <= len(self.blocks) <= MAXIMUM_BLOCKS:
            self._reject("blocks", f"must be 1 to {MAXIMUM_BLOCKS}, and are {len(self.blocks)}")
        for index, block in enumerate(self.blocks):
            for field, reason in _broken_rules(block):
                self._reject(block_place(index, block.block, field), reason)

    def _check_ends(self) -> None:
        last = len(self.blocks) - (2 if self.has_softmax else 1)
        for index, block in enumerate(self.blocks):
            if isinstance(block, Classifier) and index != last:
                self._reject(
                    block_place(index, block.block), "must stand last, before a softmax at most"
                )
            if isinstance(block, Softmax) and index != last + 1:
                self._reject(block_place(index, block.block), "must stand last")
        if last < 0 or not isinstance(self.blocks[last], Classifier):
            self._reject("blocks", "must end with a classifier, or with one and a softmax")

    def _reject(self, place: str, reason: str) -> NoReturn:
        raise InputRejected(f"architecture {self.name!r}: {place} {reason}", HINT)


HINT = "compare with a published architecture: write_architecture saves any of them"


def block_place(index: int, block: str, field: str = "") -> str:
    """How messages name a block, or a field of it."""
    return f"blocks[{index}]{'.' if field else ''}{field} ({block})"


def _broken_rules(owner: Any) -> Iterator[tuple[str, str]]:
    """Field and reason, where a field is neither its default nor what its rule allows."""
    defaults = {f.name: f.default for f in dataclasses.fields(owner)}
    for name, rule in rules_of(type(owner)).items():
        value = getattr(owner, name)
        if value is not defaults[name]:
            try:
                rule.parse(value)
            except ValueError as error:
                yield name, str(error)


def _layer_name(block: Block, index: int) -> str:
    """`ds_1`; classifier and softmax, of which there is one, have no number."""
    alone = isinstance(block, Classifier | Softmax)
    return block.prefix if alone else f"{block.prefix}_{index}"
