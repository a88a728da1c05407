"""Search spaces by name, and those of users' files.

Backbones of MicroNets: Banbury et al., MLSys 2021, section 5.2.
"""

from __future__ import annotations

from mcugen.architecture.blocks import (
    AveragePool,
    Classifier,
    Conv,
    DepthwiseSeparable,
    InvertedBottleneck,
)
from mcugen.architecture.layers import Shape
from mcugen.search.space import Node, Space, multiples

WIDEST = 276
"""Of DS-CNN(L), and of the blocks that the paper adds."""


def _ds(stride: int = 1, *, optional: bool = True) -> Node:
    block = DepthwiseSeparable(channels=WIDEST, stride=(stride, stride))
    return Node(block, multiples(4, WIDEST), optional=optional)


def _kws() -> Space:
    """DS-CNN(L), whose first depthwise convolution has the stride, and four blocks more."""
    first = Node(Conv(channels=WIDEST, kernel=(10, 4)), multiples(4, WIDEST))
    blocks = (_ds(2, optional=False), *(_ds() for _ in range(8)))
    return Space("kws", (49, 10, 1), 12, "relu6", (first, *blocks, *END))


def _ad() -> Space:
    """DS-CNN(L) with strides on its last two blocks."""
    first = Node(Conv(channels=WIDEST, kernel=(3, 3)), multiples(4, WIDEST))
    blocks = (_ds(2, optional=False), _ds(), _ds(), _ds(2), _ds(2))
    return Space("ad", (32, 32, 1), 8, "relu6", (first, *blocks, *END))


def _vww(shape: Shape = (50, 50, 1)) -> Space:
    """MobileNetV2 with every width in tenths, and blocks that repeat left out or not."""
    nodes = [Node(Conv(channels=32, kernel=(3, 3), stride=(2, 2)), _tenths(32))]
    depth = 32
    # Table 2 of MobileNetV2: expansion factor, channels, repeats, stride of the first.
    for factor, channels, repeats, first_stride in (
        *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
        *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
    ):
        for stride in (first_stride, *(1,) * (repeats - 1)):
            repeated = depth == channels
            block = InvertedBottleneck(
                expansion=factor * depth,
                channels=channels,
                stride=(stride, stride),
                residual="pad_add" if repeated else "none",
            )
            widths = _tenths(factor * depth)
            nodes.append(Node(block, _tenths(channels), widths, optional=repeated))
            depth = channels
    nodes.append(Node(Conv(channels=1280), _tenths(1280)))
    return Space("vww", shape, 2, "relu6", (*nodes, *END))


def _tenths(width: int) -> tuple[int, ...]:
    """10 to 100 % of a width, as the published files round them: down, or to multiples of 4."""
    parts = [width * tenth / 10 for tenth in range(1, 11)]
    rounded = (n for part in parts for n in (int(part), int(part) // 4 * 4, round(part / 4) * 4))
    return tuple(sorted({n for n in rounded if 0 < n <= width}))


END = (AveragePool(), Classifier(kind="conv"))
