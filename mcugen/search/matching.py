"""Which choices of a space make a given architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcugen.architecture import Architecture, Layer
from mcugen.architecture.blocks import Block, Weighted
from mcugen.train.spec import Bits

if TYPE_CHECKING:
    from mcugen.search.space import Decision, Selection, Space


def find(space: Space, architecture: Architecture) -> Selection | None:
    """The choices that make the architecture's layers, None if none do.

    Nodes are gone through from the last to the first, since what follows a place does not depend
    on how it was reached: `rest` has, for each number of blocks left, the choices from there on.
    """
    blocks = architecture.blocks
    rest: dict[int, Selection] = {0: ()}
    for index in reversed(range(len(space.all_nodes))):
        found: dict[int, Selection] = {}
        for left in range(len(blocks) + 1):
            choices = _choices(space, index, blocks[len(blocks) - left :], rest)
            if choices is not None:
                found[left] = choices
        rest = found
    selection = rest.get(len(blocks))
    if selection is None:
        return None
    own = space.architecture(selection)
    same = own.input == architecture.input and _layers(own) == _layers(architecture)
    return selection if same else None


def _choices(
    space: Space, index: int, blocks: tuple[Block, ...], rest: Mapping[int, Selection]
) -> Selection | None:
    """The choices that make `blocks`, given those of the nodes behind the one at `index`.

    A node that can be left out is, where that serves.
    """
    node = space.all_nodes[index]
    decisions = [d for d in space.decisions if d.node == index]
    if node.optional:
        left_out = space.block(index, node, {(index, "keep"): False})
        begin = () if left_out is None else (left_out,)
        if blocks[: len(begin)] == begin and len(blocks) - len(begin) in rest:
            return (*(0 for _ in decisions), *rest[len(blocks) - len(begin)])
    if not blocks or type(blocks[0]) is not type(node.block) or len(blocks) - 1 not in rest:
        return None
    chosen = [_choice(decision, blocks[0]) for decision in decisions]
    indices = tuple(i for i in chosen if i is not None)
    if len(indices) < len(decisions):
        return None
    own = space.block(
        index,
        node,
        {(index, d.field): d.choices[i] for d, i in zip(decisions, indices, strict=True)},
    )
    if own is None or _plain(space, own) != _plain(space, blocks[0]):
        return None
    return (*indices, *rest[len(blocks) - 1])


def _choice(decision: Decision, block: Block) -> int | None:
    """Which of a decision's choices the block has."""
    value: object = True
    if decision.field == "bits" and isinstance(block, Weighted):
        value = Bits(block.weight_bits or 8, block.activation_bits or 8)
    elif decision.field != "keep":
        value = getattr(block, own_field(block, decision.field), None)
    return decision.choices.index(value) if value in decision.choices else None


def own_field(block: Block, field: str) -> str:
    """What the block calls a field that is open: the channels of dense layers are units."""
    return "units" if field == "channels" and hasattr(block, "units") else field


def _plain(space: Space, block: Block) -> Block:
    """The block with what a default stands for; "add" is a "pad_add" of equal widths."""
    values: dict[str, Any] = {}
    if isinstance(block, Weighted):
        values["weight_bits"] = block.weight_bits or 8
        values["activation_bits"] = block.activation_bits or 8
    if hasattr(block, "activation"):
        values["activation"] = block.activation or space.activation
    if getattr(block, "residual", None) == "add":
        values["residual"] = "pad_add"
    return replace(block, **values)


def _layers(architecture: Architecture) -> list[Layer]:
    """The layers with the bits that a default stands for."""
    return [
        replace(
            layer, weight_bits=layer.weight_bits or 8, activation_bits=layer.activation_bits or 8
        )
        for layer in architecture.layers
    ]
