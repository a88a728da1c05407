"""Rewrites of a graph that keep every result exactly, one a file, run in a fixed order.

Inputs, outputs and variables stay in number, order, shape, type and quantization.
"""

from __future__ import annotations

from collections.abc import Callable

from mcugen.ir.graph import Graph
from mcugen.passes.fold_constant_channels import fold_constant_channels
from mcugen.passes.fold_constants import fold_constants
from mcugen.passes.fold_pads import fold_pads
from mcugen.passes.remove_constant_channels import remove_constant_channels
from mcugen.passes.remove_dead_code import remove_dead_code
from mcugen.passes.remove_no_ops import remove_no_ops

Pass = Callable[[Graph], Graph]

PASSES: dict[str, Pass] = {
    "fold_constants": fold_constants,
    "remove_no_ops": remove_no_ops,
    # After the no-ops, which may stand between a PAD and its convolution.
    "fold_pads": fold_pads,
    "fold_constant_channels": fold_constant_channels,
    "remove_constant_channels": remove_constant_channels,
    # Last: the others leave unused tensors behind.
    "remove_dead_code": remove_dead_code,
}
"""Every pass by name, in the order in which they run."""


def run_passes(graph: Graph) -> Graph:
    """The graph after all passes."""
    for rewrite in PASSES.values():
        graph = rewrite(graph)
    return graph


__all__ = ["PASSES", "Pass", "run_passes"]
