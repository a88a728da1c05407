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


def kernels() -> Space:
    """Kernels to choose from, even ones too, that strides align in several ways."""
    conv = Conv(channels=8, kernel=(7, 4), stride=(2, 1))
    node = Node(conv, (4, 8), kernel=((1, 2), (3, 3), (4, 3), (7, 4)))
    shrinking = DepthwiseSeparable(channels=12, kernel=(5, 5), stride=(2, 2))
    bottleneck = InvertedBottleneck(expansion=16, channels=12, kernel=(5, 5), residual="pad_add")
    pair = ResidualPair(channels=12, stride=(2, 2))
    nodes = (
        node,
        Node(shrinking, (4, 12), kernel=((2, 2), (3, 3), (3, 5), (5, 5)), optional=True),
        Node(bottleneck, (4, 12), kernel=((3, 3), (5, 5))),
        Node(pair, kernel=((2, 2), (3, 3))),
    )
    return Space("kernels", SHAPE, 3, "relu", (*nodes, *END))


def dense() -> Space:
    """A map that is flattened for units to choose from."""
    nodes = (FIRST, Node(DS, (4, 12)), Node(Dense(units=16), (4, 16)), Classifier())
    return Space("dense", SHAPE, 3, "relu", nodes)
