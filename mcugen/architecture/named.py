"""Published architectures by name.

MicroNets: Banbury et al., MLSys 2021, as in ARM-software/ML-zoo's files. DS-CNN: Zhang et al.,
"Hello Edge", 2017, as in ML-zoo's files and, for S, MLPerf Tiny's. MobileNets: Howard et al., 2017;
Sandler et al., 2018. ResNet-8 and the autoencoder: MLPerf Tiny.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable
from typing import Literal

from mcugen.architecture.architecture import Architecture
from mcugen.architecture.blocks import (
    AveragePool,
    Block,
    Classifier,
    Conv,
    Dense,
    DepthwiseSeparable,
    InvertedBottleneck,
    ResidualPair,
    Softmax,
)
from mcugen.architecture.layers import Shape
from mcugen.errors import InputRejected
from mcugen.text import printable

KWS_INPUT = (49, 10, 1)
AD_INPUT = (32, 32, 1)
MOBILENET_INPUT = (96, 96, 3)

Widths = tuple[tuple[int, int], ...]
"""Of a DS-CNN's blocks: channels, stride."""

Bottlenecks = tuple[tuple[int, int, int, Literal["none", "add", "pad_add"]], ...]
"""Of a MicroNet-VWW's blocks: expansion, channels, stride, residual."""

VWW_2: Bottlenecks = (
    (4, 8, 1, "none"),
    (28, 24, 2, "none"),
    (28, 20, 1, "pad_add"),
    (128, 28, 2, "none"),
    (152, 16, 1, "pad_add"),
    (152, 28, 1, "add"),
    (152, 24, 2, "none"),
    (112, 24, 1, "add"),
    (112, 12, 1, "pad_add"),
    (76, 32, 1, "pad_add"),
    (76, 16, 1, "none"),
    (56, 28, 1, "pad_add"),
    (56, 28, 1, "add"),
    (56, 16, 2, "none"),
    (96, 16, 1, "add"),
    (96, 16, 1, "add"),
    (96, 32, 1, "none"),
)
VWW_3: Bottlenecks = (
    (3, 6, 1, "none"),
    (9, 14, 2, "none"),
    (28, 16, 1, "pad_add"),
    (28, 32, 2, "none"),
    (115, 25, 1, "pad_add"),
    (115, 32, 1, "add"),
    (172, 51, 2, "none"),
    (307, 51, 1, "add"),
    (307, 44, 1, "pad_add"),
    (307, 57, 1, "pad_add"),
    (230, 48, 1, "none"),
    (288, 48, 1, "add"),
    (288, 76, 1, "pad_add"),
    (115, 16, 2, "none"),
    (96, 16, 1, "add"),
    (96, 16, 1, "add"),
    (96, 32, 1, "none"),
)
VWW_4: Bottlenecks = (
    (4, 4, 1, "none"),
    (8, 12, 2, "none"),
    (14, 16, 1, "pad_add"),
    (28, 32, 2, "none"),
    (96, 28, 1, "pad_add"),
    (96, 28, 1, "pad_add"),
    (152, 44, 2, "none"),
    (268, 40, 1, "pad_add"),
    (268, 52, 1, "pad_add"),
    (268, 44, 1, "pad_add"),
    (192, 68, 1, "none"),
    (172, 68, 1, "add"),
    (172, 48, 1, "pad_add"),
    (288, 16, 2, "none"),
    (96, 16, 1, "add"),
    (96, 32, 1, "pad_add"),
    (96, 32, 1, "none"),
)

CONV_CLASSIFIER = (AveragePool(), Classifier(kind="conv"))
DENSE_CLASSIFIER = (AveragePool(), Classifier(kind="dense"), Softmax())


def named(text: str) -> Architecture:
    """The architecture of this name; MobileNets are `mobilenet_v2:WIDTH[:HEIGHTxWIDTHxCHANNELS]`.

    Raises InputRejected, with the names that come nearest, if there is none.
    """
    name, _, options = text.partition(":")
    if name in FAMILIES:
        width, shape = _mobilenet_options(text, options)
        return FAMILIES[name](text, width, shape)
    if text in _published():
        return _published()[text]
    near = difflib.get_close_matches(name.lower().replace("-", "_"), names(), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?\n" if near else ""
    raise InputRejected(
        f"there is no architecture {printable(text)!r}",
        f"{hint}there are {', '.join(names())}\nor name an arch.json file",
    )


def names() -> tuple[str, ...]:
    """All names; those of the families with a width for an example."""
    return (*_published(), *(f"{family}:0.25" for family in FAMILIES))


@functools.cache
def _published() -> dict[str, Architecture]:
    architectures = (
        _hello_edge("ds_cnn_s", 64, (2, 2), ((64, 1),) * 4),
        _hello_edge("ds_cnn_m", 172, (2, 1), ((172, 2), *((172, 1),) * 3)),
        _hello_edge("ds_cnn_l", 276, (2, 1), ((276, 2), *((276, 1),) * 4)),
        _micronet_kws("micronet_kws_s", 84, ((112, 2), (84, 1), (84, 1), (84, 1), (196, 1))),
        _micronet_kws("micronet_kws_m", 140, ((140, 2), (140, 1), (140, 1), (112, 1), (196, 1))),
        _micronet_kws("micronet_kws_l", 276, ((248, 2), *((276, 1),) * 2, *((248, 1),) * 4)),
        _micronet_ad("micronet_ad_s", 72, ((164, 2), (220, 1), (276, 2), (276, 2))),
        _micronet_ad("micronet_ad_m", 192, (*((276, s) for s in (2, 1, 1, 2, 2)),)),
        _micronet_ad("micronet_ad_l", 276, ((248, 2), (276, 1), (276, 1), (248, 2), (248, 2))),
        _micronet_vww("micronet_vww_2", 50, 12, VWW_2),
        _micronet_vww("micronet_vww_3", 128, 9, VWW_3),
        _micronet_vww("micronet_vww_4", 128, 8, VWW_4),
        _resnet8("resnet8"),
        _autoencoder("ad_autoencoder"),
        _digits("digits"),
    )
    return {architecture.name: architecture for architecture in architectures}


def _ds_cnn(first: Conv, widths: Widths, end: tuple[Block, ...]) -> tuple[Block, ...]:
    blocks = (DepthwiseSeparable(channels=c, stride=(s, s)) for c, s in widths)
    return (first, *blocks, *end)


def _hello_edge(name: str, channels: int, stride: tuple[int, int], widths: Widths) -> Architecture:
    first = Conv(channels=channels, kernel=(10, 4), stride=stride)
    return Architecture(name, KWS_INPUT, 12, "relu", _ds_cnn(first, widths, DENSE_CLASSIFIER))


def _micronet_kws(name: str, channels: int, widths: Widths) -> Architecture:
    first = Conv(channels=channels, kernel=(10, 4))
    return Architecture(name, KWS_INPUT, 12, "relu6", _ds_cnn(first, widths, CONV_CLASSIFIER))


def _micronet_ad(name: str, channels: int, widths: Widths) -> Architecture:
    first = Conv(channels=channels, kernel=(3, 3))
    return Architecture(name, AD_INPUT, 8, "relu6", _ds_cnn(first, widths, CONV_CLASSIFIER))


def _micronet_vww(name: str, side: int, channels: int, bottlenecks: Bottlenecks) -> Architecture:
    first = Conv(channels=channels, kernel=(3, 3), stride=(2, 2))
    middle = (
        InvertedBottleneck(expansion=e, channels=c, stride=(s, s), residual=residual)
        for e, c, s, residual in bottlenecks
    )
    blocks = (first, *middle, Conv(channels=128), *CONV_CLASSIFIER)
    return Architecture(name, (side, side, 1), 2, "relu6", blocks)


def _resnet8(name: str) -> Architecture:
    blocks = (
        Conv(channels=16, kernel=(3, 3)),
        ResidualPair(channels=16),
        ResidualPair(channels=32, stride=(2, 2)),
        ResidualPair(channels=64, stride=(2, 2)),
        *DENSE_CLASSIFIER,
    )
    return Architecture(name, (32, 32, 3), 10, "relu", blocks)


def _autoencoder(name: str) -> Architecture:
    widths = (128, 128, 128, 128, 8, 128, 128, 128, 128)
    return Architecture(
        name, (640,), 640, "relu", (*(Dense(units=n) for n in widths), Classifier())
    )


def _digits(name: str) -> Architecture:
    first = Conv(channels=24, kernel=(3, 3))
    widths = ((32, 1), (48, 2), (48, 1))
    return Architecture(name, (8, 8, 1), 10, "relu", _ds_cnn(first, widths, DENSE_CLASSIFIER))


def _mobilenet_v1(name: str, width: float, shape: Shape) -> Architecture:
    full: Widths = (
        *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
        *((512, 1),) * 5,
        *((1024, 2), (1024, 1)),
    )
    first = Conv(channels=max(1, int(32 * width)), kernel=(3, 3), stride=(2, 2))
    widths = tuple((max(1, int(c * width)), s) for c, s in full)
    return Architecture(name, shape, 2, "relu", _ds_cnn(first, widths, DENSE_CLASSIFIER))


def _mobilenet_v2(name: str, width: float, shape: Shape) -> Architecture:
    blocks: list[Block] = [Conv(channels=_eights(32 * width), kernel=(3, 3), stride=(2, 2))]
    depth = _eights(32 * width)
    # Table 2 of the paper: expansion factor, channels, repeats, stride of the first.
    for factor, full, repeats, first_stride in (
        *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
        *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
    ):
        channels = _eights(full * width)
        for stride in (first_stride, *(1,) * (repeats - 1)):
            blocks.append(
                InvertedBottleneck(
                    expansion=None if factor == 1 else factor * depth,
                    channels=channels,
                    stride=(stride, stride),
                    residual="add" if stride == 1 and depth == channels else "none",
                )
            )
            depth = channels
    blocks.append(Conv(channels=_eights(1280 * max(1.0, width))))
    return Architecture(name, shape, 2, "relu6", (*blocks, *DENSE_CLASSIFIER))


def _eights(channels: float) -> int:
    """The nearest multiple of 8 that is at least 8 and not more than 10 % below `channels`."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


def _mobilenet_options(text: str, options: str) -> tuple[float, Shape]:
    match = re.fullmatch(r"(\d\.\d{1,4}|\d)(?::(\d{1,4})x(\d{1,4})x(\d{1,4}))?", options)
    width = float(match[1]) if match else 0.0
    if match is None or not 0.05 <= width <= 2:
        raise InputRejected(
            f"architecture {printable(text)!r}: a width from 0.05 to 2 must follow the name, "
            "and perhaps by the input's size",
            "write it as in mobilenet_v2:0.35 or mobilenet_v2:0.35:96x96x3",
        )
    if match[2] is None:
        return width, MOBILENET_INPUT
    return width, (int(match[2]), int(match[3]), int(match[4]))


FAMILIES: dict[str, Callable[[str, float, Shape], Architecture]] = {
    "mobilenet_v1": _mobilenet_v1,
    "mobilenet_v2": _mobilenet_v2,
}
