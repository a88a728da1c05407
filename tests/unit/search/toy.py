"""A space small enough to be searched in seconds, with every kind of decision."""

from __future__ import annotations

from mcugen.architecture.blocks import (
    AveragePool,
    Block,
    Classifier,
    Conv,
    Dense,
    DepthwiseSeparable,
    InvertedBottleneck,
    ResidualPair,
)
from mcugen.search.space import Node, Space, multiples

SHAPE = (8, 8, 1)
FIRST = Node(Conv(channels=8, kernel=(3, 3)), (2, 4, 8))
DS = DepthwiseSeparable(channels=12, stride=(1, 1))
END: tuple[Block, ...] = (AveragePool(), Classifier(kind="dense"))


def space() -> Space:
    """For `tests.unit.train.toy.Bars`."""
    shrinking = Node(DepthwiseSeparable(channels=12, stride=(2, 2)), (4, 8, 12), optional=True)
    last = Node(DS, multiples(4, 12), optional=True)
    return Space("toy", SHAPE, 3, "relu", (FIRST, shrinking, last, *END))


def bottlenecks() -> Space:
    """Residual blocks, whose widths need padding."""
    block = InvertedBottleneck(expansion=16, channels=8, residual="pad_add")
    node = Node(block, (3, 8), (5, 16), optional=True)
    pair = Node(ResidualPair(channels=8, stride=(2, 2)), (4, 8))
    return Space("bottlenecks", SHAPE, 3, "relu6", (FIRST, node, node, pair, *END))


def dense() -> Space:
    """A map that is flattened for units to choose from."""
    nodes = (FIRST, Node(DS, (4, 12)), Node(Dense(units=16), (4, 16)), Classifier())
    return Space("dense", SHAPE, 3, "relu", nodes)
