"""Spaces without the widths that budgets put out of reach: supernets are as wide as those left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mcugen.architecture.blocks import Block, InvertedBottleneck
from mcugen.search.budgets import Budgets
from mcugen.search.costs import CostModel
from mcugen.search.matching import own_field
from mcugen.search.scaling import scaled_within, smallest_kernels, widest
from mcugen.search.space import Node, Space

REACH = 3.0
"""How many times as wide as in the uniformly scaled network a layer may become."""


def narrowed(model: CostModel, budgets: Budgets) -> Space:
    """The model's space with widths up to `REACH` times those that uniform scaling comes to.

    That is of the network with the smallest kernels, which may become the widest.

    The cost of a layer grows with the product of its widths, that of a supernet's step with the
    product of the widest ones: what hardly can be chosen would take most of the search's time.
    Memory and flash close nothing: each is spent in some layers only, where it would keep uniform
    scaling narrow.
    """
    space = model.space
    selection = scaled_within(
        model,
        replace(budgets, sram_bytes=None, flash_bytes=None),
        smallest_kernels(widest(space), space),
    )
    reach = {
        (d.node, d.field): REACH * float(np.array(d.choices, np.float64)[choice])
        for d, choice in zip(space.decisions, selection, strict=True)
        if d.field in ("channels", "expansion")
    }
    nodes, comes = [], 0
    for index, (node, layers) in enumerate(
        zip(space.all_nodes, space.widest.layers_of_blocks, strict=True)
    ):
        # What comes to a block that is left out must not be wider than the block.
        least = comes if node.optional else 0
        channels = _up_to(node.channels, max(reach.get((index, "channels"), 0.0), least))
        expansion = _up_to(node.expansion, reach.get((index, "expansion"), 0.0))
        nodes.append(_narrower(node, channels, expansion))
        if layers:
            leaves = channels[-1] if channels else layers[-1].shape[-1]
            # A sum is as wide as the wider of what it adds.
            comes = max(comes, leaves) if _adds_to_input(node.block) else leaves
    return replace(space, nodes=tuple(nodes))


def _adds_to_input(block: Block) -> bool:
    return isinstance(block, InvertedBottleneck) and block.residual != "none"


def _up_to(widths: tuple[int, ...], reach: float) -> tuple[int, ...]:
    """The widths up to the first that is not below `reach`."""
    below = sum(width < reach for width in widths)
    return widths[: below + 1]


def _narrower(node: Node, channels: tuple[int, ...], expansion: tuple[int, ...]) -> Node:
    values: dict[str, Any] = {}
    if channels:
        values[own_field(node.block, "channels")] = channels[-1]
    if expansion:
        values["expansion"] = expansion[-1]
    return replace(
        node, block=replace(node.block, **values), channels=channels, expansion=expansion
    )
