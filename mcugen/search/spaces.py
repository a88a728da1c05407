"""Search spaces by name, and those of users' files.

Backbones of MicroNets: Banbury et al., MLSys 2021, section 5.2.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mcugen.architecture.blocks import (
    AveragePool,
    Classifier,
    Conv,
    DepthwiseSeparable,
    InvertedBottleneck,
)
from mcugen.errors import InputRejected
from mcugen.search.space import Node, Space, multiples
from mcugen.text import printable
from mcugen.user_module import import_file

WIDEST = 276
"""Of DS-CNN(L), and of the blocks that the paper adds."""

END = (AveragePool(), Classifier(kind="conv"))


def load_space(name: str) -> Space:
    """The space called `name`, or that of the Python file at the path `name`, its `SPACE`.

    `vww:160x160x1` is the space `vww` for inputs of that height, width and channels. A file is run:
    it is the user's own code. Raises InputRejected for a name that does not exist and for a file
    that defines no space.
    """
    if name.endswith(".py"):
        return _from_file(Path(name))
    base, colon, size = name.partition(":")
    if base not in SPACES:
        near = difflib.get_close_matches(base.lower(), SPACES, n=1)
        hints = [*(f"did you mean {n}?" for n in near), f"spaces: {', '.join(SPACES)}"]
        raise InputRejected(
            f"there is no search space {printable(name)!r}",
            "\n".join([*hints, "or the path of a Python file that defines SPACE"]),
        )
    space = SPACES[base]()
    if not colon:
        return space
    match = re.fullmatch(r"(\d{1,4})x(\d{1,4})x(\d{1,4})", size)
    if match is None:
        raise InputRejected(
            f"search space {printable(name)!r}: an input's size must follow the colon",
            f"write it as in {base}:{'x'.join(map(str, space.input))}",
        )
    return space.with_input(tuple(map(int, match.groups())))


def _from_file(path: Path) -> Space:
    module = import_file(path, "space")
    space = getattr(module, "SPACE", None)
    if not isinstance(space, Space):
        found = "none" if space is None else f"a {type(space).__name__}"
        raise InputRejected(
            f"{path} must define SPACE, a mcugen.search.space.Space; it defines {found}",
            "docs/search.md has an example to copy",
        )
    return space


def _ds(channels: int, stride: int = 1, *, step: int = 4, optional: bool = True) -> Node:
    block = DepthwiseSeparable(channels=channels, stride=(stride, stride))
    return Node(block, multiples(step, channels), optional=optional)


def _kws() -> Space:
    """DS-CNN(L), whose first depthwise convolution has the stride, and four blocks more."""
    first = Node(Conv(channels=WIDEST, kernel=(10, 4)), multiples(4, WIDEST))
    blocks = (_ds(WIDEST, 2, optional=False), *(_ds(WIDEST) for _ in range(8)))
    return Space("kws", (49, 10, 1), 12, "relu6", (first, *blocks, *END))


def _kws_strided() -> Space:
    """DS-CNN(L) with the strides of "Hello Edge", Zhang et al., 2017, and four blocks more.

    Its maps are half as large as those of `kws`: as many operations pay for wider layers.
    """
    first = Node(Conv(channels=WIDEST, kernel=(10, 4), stride=(2, 1)), multiples(4, WIDEST))
    blocks = (_ds(WIDEST, 2, optional=False), *(_ds(WIDEST) for _ in range(8)))
    return Space("kws_strided", (49, 10, 1), 12, "relu6", (first, *blocks, *END))


def _kws_temporal() -> Space:
    """Convolutions over time alone, to which the cepstral coefficients are channels.

    Neighbouring coefficients are not alike as neighbouring moments are; where the first layer reads
    all of them at once, maps are a column, and as many operations pay for much wider layers.

    For the idea see Choi et al., "Temporal Convolution for Real-time Keyword Spotting on Mobile
    Devices", Interspeech 2019; blocks are those of the other spaces, over time.
    """
    conv = Conv(channels=WIDEST, kernel=(5, 10), stride=(2, 10))
    first = Node(conv, multiples(4, WIDEST), kernel=((1, 10), (3, 10), (5, 10)))
    ds = DepthwiseSeparable(channels=WIDEST, kernel=(9, 1))
    block = Node(ds, multiples(4, WIDEST), kernel=((3, 1), (5, 1), (9, 1)))
    rest = (replace(block, optional=True),) * 5
    return Space("kws_temporal", (49, 10, 1), 12, "relu6", (first, block, *rest, *END))


def _ad() -> Space:
    """DS-CNN(L) with strides on its last two blocks."""
    first = Node(Conv(channels=WIDEST, kernel=(3, 3)), multiples(4, WIDEST))
    blocks = (_ds(WIDEST, 2, optional=False), *(_ds(WIDEST, s) for s in (1, 1, 2, 2)))
    return Space("ad", (32, 32, 1), 8, "relu6", (first, *blocks, *END))


def _vww() -> Space:
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
    return Space("vww", (50, 50, 1), 2, "relu6", (*nodes, *END))


def _digits() -> Space:
    """Small enough to be searched in a minute."""
    first = Node(Conv(channels=32, kernel=(3, 3)), multiples(4, 32))
    blocks = (_ds(48, optional=False), _ds(48, 2), _ds(48))
    return Space("digits", (8, 8, 1), 10, "relu", (first, *blocks, *END))


def _tenths(width: int) -> tuple[int, ...]:
    """10 to 100 % of a width, as the published files round them: down, or to multiples of 4."""
    parts = [width * tenth / 10 for tenth in range(1, 11)]
    rounded = (n for part in parts for n in (int(part), int(part) // 4 * 4, round(part / 4) * 4))
    return tuple(sorted({n for n in rounded if 0 < n <= width}))


SPACES: dict[str, Callable[[], Space]] = {
    "kws": _kws,
    "kws_strided": _kws_strided,
    "kws_temporal": _kws_temporal,
    "ad": _ad,
    "vww": _vww,
    "digits": _digits,
}
"""What builds each space."""

TASKS = {name: name.partition("_")[0] for name in SPACES}
"""What each space is for."""
