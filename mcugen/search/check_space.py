"""Whether every choice of a space makes a network. Errors name the node and what to change."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NoReturn

from mcugen.architecture.blocks import (
    Block,
    Classifier,
    InvertedBottleneck,
    ResidualPair,
    Weighted,
)
from mcugen.architecture.layers import Shape
from mcugen.errors import InputRejected
from mcugen.search.matching import own_field

if TYPE_CHECKING:
    from mcugen.search.space import Node, Space

HINT = "docs/search.md shows a space and says what its fields hold"


def check(space: Space) -> None:
    """Raises InputRejected, naming the node, for choices that make no networks."""
    for field in ("input", "nodes", "bits"):
        if not isinstance(getattr(space, field), tuple):
            raise InputRejected(f"search space {space.name!r}: {field} must be a tuple", HINT)
    for index, node in enumerate(space.all_nodes):
        if not isinstance(node.block, Block):
            raise InputRejected(
                f"search space {space.name!r}: nodes[{index}] must be a block or a Node of one, "
                f"and is of type {type(node.block).__name__}",
                HINT,
            )
        _check_widths(space, index, node)
        _check_kernels(space, index, node)
        if node.optional and not _can_be_left_out(node.block):
            reject(space, index, "optional", "is for blocks with weights other than a classifier")
    _check_bits(space)
    _check_shapes(space)


def reject(space: Space, index: int, field: str, reason: str) -> NoReturn:
    """Says what about a node is wrong."""
    block = space.all_nodes[index].block.block
    raise InputRejected(
        f"search space {space.name!r}: nodes[{index}].{field} ({block}) {reason}", HINT
    )


def _can_be_left_out(block: Block) -> bool:
    return isinstance(block, Weighted) and not isinstance(block, Classifier)


def _check_widths(space: Space, index: int, node: Node) -> None:
    for field, choices in (("channels", node.channels), ("expansion", node.expansion)):
        own = getattr(node.block, own_field(node.block, field), None)
        if not isinstance(choices, tuple) or any(type(choice) is not int for choice in choices):
            reject(space, index, field, f"must be a tuple of whole numbers, and is {choices!r}")
        if choices and own is None:
            reject(space, index, field, f"is open, and the block has no {field} of its own")
        if choices and (list(choices) != sorted(set(choices)) or choices[-1] != own):
            reject(
                space, index, field, f"must ascend to the block's own, {own}; it is {list(choices)}"
            )
        if choices and choices[0] < 1:
            reject(space, index, field, f"must be 1 at least; it is {list(choices)}")


def _check_kernels(space: Space, index: int, node: Node) -> None:
    own = getattr(node.block, "kernel", None)
    if not isinstance(node.kernel, tuple):
        reject(space, index, "kernel", f"must be a tuple of pairs, and is {node.kernel!r}")
    for kernel in node.kernel:
        fits = isinstance(kernel, tuple) and len(kernel) == 2
        if not fits or any(type(n) is not int or n < 1 for n in kernel) or kernel == (1, 1):
            reject(
                space,
                index,
                "kernel",
                f"must hold pairs of whole numbers from 1, and not (1, 1); it holds {kernel!r}",
            )
    if node.kernel and own is None:
        reject(space, index, "kernel", "is open, and the block has no kernel of its own")
    for small, large in itertools.pairwise(node.kernel):
        if small == large or small[0] > large[0] or small[1] > large[1]:
            reject(space, index, "kernel", f"must ascend: {small} does not lie within {large}")
    if node.kernel and node.kernel[-1] != own:
        reject(space, index, "kernel", f"must end with the block's own, {own}")


def _check_bits(space: Space) -> None:
    place = f"search space {space.name!r}: bits"
    if not space.bits or len(set(space.bits)) < len(space.bits):
        raise InputRejected(f"{place} must be one or more, each once", HINT)
    most = max(b.weights for b in space.bits), max(b.activations for b in space.bits)
    if most != (space.bits[-1].weights, space.bits[-1].activations):
        raise InputRejected(f"{place} must end with the most for weights and activations", HINT)


def _check_shapes(space: Space) -> None:
    """Whatever is chosen, what comes to a block fits it."""
    comes, varies = space.input, False
    for index, (node, layers) in enumerate(
        zip(space.all_nodes, space.widest.layers_of_blocks, strict=True)
    ):
        leaves = layers[-1].shape if layers else comes
        open_width = bool(node.channels)
        _check_residual(space, index, node.block, varies or open_width, comes[:-1] == leaves[:-1])
        if node.optional:
            _check_left_out(space, index, comes, leaves)
            varies |= open_width or comes[-1] != leaves[-1]
        elif isinstance(node.block, InvertedBottleneck) and node.block.residual != "none":
            varies |= open_width
        elif isinstance(node.block, Weighted):
            varies = open_width
        comes = leaves


def _check_left_out(space: Space, index: int, comes: Shape, leaves: Shape) -> None:
    if len(comes) != len(leaves):
        reject(space, index, "optional", "would leave a map where the block leaves a vector")
    if comes[-1] > leaves[-1]:
        reject(
            space,
            index,
            "channels",
            f"must reach {comes[-1]}, as wide as what goes on if the block is left out; "
            f"the widest is {leaves[-1]}",
        )


def _check_residual(space: Space, index: int, block: Block, is_open: bool, same_map: bool) -> None:
    if isinstance(block, InvertedBottleneck) and block.residual == "add" and is_open:
        reject(space, index, "residual", 'must be "pad_add": the widths that it adds may differ')
    if isinstance(block, ResidualPair) and is_open and same_map:
        reject(
            space,
            index,
            "channels",
            "must be fixed, and so what comes to it: whether the shortcut is a convolution "
            "would depend on them (a stride makes it one)",
        )
