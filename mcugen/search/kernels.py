"""What the aot runtime's kernels take beside tensors, as functions of widths.

Working memory and constants of each layer are sums of products of a function of the input's
channels and one of the output's: exactly so, as `mcugen/runtimes/aot/lower` computes them, but for
what depends on the weights' values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mcugen.architecture import Layer
from mcugen.ir.graph import DType, Operands, Operator, Tensor
from mcugen.ir.ops.conv import Conv2D, DepthwiseConv2D
from mcugen.ir.ops.window import Window, make_window
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower import conv, depthwise_conv, fully_connected, strips
from mcugen.runtimes.aot.lower.depthwise_conv import GROUP, PLANES, VECTOR_BYTES
from mcugen.search.terms import Function

Integers = npt.NDArray[np.int64]

SEGMENT = 96
"""Depths that conv_w4a4 sums up in 12 bits; it depends on the weights, and is about so many."""


@dataclass(frozen=True)
class Product:
    """A function of the input's channels times one of the output's; None is 1."""

    of_input: Function | None = None
    of_output: Function | None = None


@dataclass(frozen=True)
class Storage:
    """How a layer's weights and activations are stored: in 4 bits, or else in 8."""

    weights_are_4_bit: bool = False
    input_is_packed: bool = False
    output_is_packed: bool = False


@dataclass(frozen=True)
class Site:
    """A weighted layer where it stands: `image` is its input's (height, width)."""

    layer: Layer
    image: tuple[int, int]

    @property
    def taps(self) -> int:
        return math.prod(self.layer.kernel)

    @property
    def positions(self) -> tuple[int, int]:
        """(height, width) of the output."""
        shape = self.layer.shape
        return (shape[0], shape[1]) if len(shape) == 3 else (1, 1)

    @property
    def count(self) -> int:
        return math.prod(self.positions)

    @property
    def window(self) -> Window:
        options = {
            "padding": "SAME",
            "stride_h": self.layer.stride[0],
            "stride_w": self.layer.stride[1],
            "dilation_h_factor": 1,
            "dilation_w_factor": 1,
        }
        return make_window(options, self.image, self.layer.kernel)

    @property
    def windows_are_rows(self) -> bool:
        """Whether it is a plain matrix product."""
        if self.layer.kind == "FULLY_CONNECTED":
            return True
        if self.layer.kernel == (1, 1):
            return self.positions == self.image
        pads = self.window.pads
        return self.layer.kernel == self.image and not any(vars(pads).values())

    def operands(self, inputs: int = GROUP, outputs: int = GROUP) -> Operands:
        """The layer with shapes only, for so many channels: what the kernels' rules look at."""
        is_depthwise = self.layer.kind == "DEPTHWISE_CONV_2D"
        outputs = inputs if is_depthwise else outputs
        filters = (1, *self.layer.kernel, outputs)
        weights = filters if is_depthwise else (outputs, *self.layer.kernel, inputs)
        shapes = ((1, *self.image, inputs), weights, (1, *self.positions, outputs))
        source, constant, target = (Tensor("", shape, DType.INT8, None) for shape in shapes)
        attributes = (
            DepthwiseConv2D(self.window, 1, "NONE") if is_depthwise else Conv2D(self.window, "NONE")
        )
        return Operands(Operator(attributes, (0, 1), (2,), 0), (source, constant), (target,))


def up(step: int) -> Callable[[Integers], Integers]:
    """Rounds up to multiples of `step`."""
    return lambda n: -(-n // step) * step


def scratch(isa: Isa, site: Site, storage: Storage, align: Function) -> Iterator[Product]:
    """Bytes of working memory that the layer's kernel asks for, each through `align`."""
    if not (storage.input_is_packed or storage.output_is_packed):
        yield from _scratch_8(isa, site, storage.weights_are_4_bit, align)
        return
    own = _scratch_4(isa, site, storage)
    if own is not None:
        yield Product(lambda c: align(own(c)))
        return
    whole = up(strips.ALIGNMENT_BYTES)
    yield from _strips(isa, site, storage, lambda n: align(whole(n)))


def _scratch_8(isa: Isa, site: Site, narrow: bool, align: Function) -> Iterator[Product]:
    """For activations of 8 bits; `narrow` weights have 4."""
    if site.layer.kind == "DEPTHWISE_CONV_2D":
        own = _depthwise(isa, site, narrow)
        yield Product(lambda c: align(own(c)))
    elif site.windows_are_rows:
        yield from _matrix_product(isa, site, narrow, align)
    else:
        yield from _convolution(isa, site, narrow, align)


def _matrix_product(isa: Isa, site: Site, narrow: bool, align: Function) -> Iterator[Product]:
    if isa is not Isa.DSP:
        return
    rows = 4 if site.count >= 4 else 1
    extra = 8 * rows if narrow else 0
    of_output: Function | None = None
    if not narrow and site.count < 4:
        of_output = lambda c: c > fully_connected.FEW_UNITS  # noqa: E731
    yield Product(lambda c: align(extra + rows * 2 * up(4)(site.taps * c)), of_output)


def _convolution(isa: Isa, site: Site, narrow: bool, align: Function) -> Iterator[Product]:
    taps = site.taps
    if isa is Isa.PORTABLE:
        yield Product(lambda c: align(taps * c))
    elif isa is Isa.DSP and narrow:
        yield Product(lambda c: align(4 * (8 + 2 * up(4)(taps * c)) + up(4)(taps * c)))
    elif isa is Isa.DSP:
        pixels = 4 if site.count >= 4 else 1
        yield Product(lambda c: align((2 * pixels + 1) * up(4)(taps * c)))
    else:
        for lanes, outputs in ((few_lanes, 1), (many_lanes, conv.MVE_LANES)):

            def gathered(c: Integers, outputs: int = outputs) -> Integers:
                windows = [conv.mve_windows(site.operands(int(n), outputs)) for n in c]
                return align(np.array(windows) * taps * c)

            yield Product(gathered, lanes)


def few_lanes(c: Integers) -> npt.NDArray[np.bool_]:
    """Whether there are fewer channels than Helium multiplies side by side."""
    return c < conv.MVE_LANES


def many_lanes(c: Integers) -> npt.NDArray[np.bool_]:
    """Whether there are as many, or more."""
    return c >= conv.MVE_LANES


def _depthwise(isa: Isa, site: Site, narrow: bool) -> Function:
    """Layers of one channel are convolutions, and count as ones of more."""

    def widened(c: Integers) -> Integers:
        return up(8)(site.taps * c) if narrow else 0 * c

    if isa is Isa.PORTABLE:
        return widened
    x = site.operands()
    if isa is Isa.DSP:
        tile = depthwise_conv.tiling(x).scratch_bytes
        return lambda c: widened(c) + tile * (c >= GROUP)
    plane = depthwise_conv.planes(x).plane_bytes
    return lambda c: widened(c) + (np.minimum(c, PLANES) * plane + VECTOR_BYTES) * (c >= GROUP)


def _scratch_4(isa: Isa, site: Site, storage: Storage) -> Function | None:
    """For the kernels that take packed activations; None where strips serve."""
    if isa is Isa.MVE or not storage.weights_are_4_bit or not storage.input_is_packed:
        return None
    if site.layer.kind == "DEPTHWISE_CONV_2D":
        if isa is not Isa.DSP or not storage.output_is_packed:
            return None
        tile = depthwise_conv.tiling(site.operands()).scratch_bytes
        return lambda c: tile + 0 * c

    def unpacked(c: Integers) -> Integers:
        depth = _depth_w4a4(site, c)
        return 16 * (depth // 2 + -(-depth // SEGMENT)) + depth // 2

    return unpacked


def _depth_w4a4(site: Site, c: Integers) -> Integers:
    return up(8)(site.taps * up(2)(c))


def _strips(isa: Isa, site: Site, storage: Storage, align: Function) -> Iterator[Product]:
    """A strip's input, output and scratch, as mcugen/runtimes/aot/lower/strips.py has them."""
    (height, width), (rows, columns) = site.image, site.positions
    strip = site
    if site.layer.kind != "FULLY_CONNECTED":
        ranges = strips.row_ranges(rows, columns, by_pixels=site.layer.kind == "CONV_2D")
        rows = max(last + 1 - first for first, last in ranges)
        height = max(_rows_read(site, first, last) for first, last in ranges)
        layer = replace(site.layer, shape=(rows, columns, site.layer.shape[-1]))
        strip = Site(layer, (height, width))
    if storage.input_is_packed:
        yield Product(lambda c: align(height * width * c))
    if storage.output_is_packed:
        yield Product(None, lambda c: align(rows * columns * c))
    yield from _scratch_8(isa, strip, storage.weights_are_4_bit, align)


def _rows_read(site: Site, first: int, last: int) -> int:
    """Rows of input that these rows of output need."""
    window = site.window
    top = first * window.stride_h - window.pads.top
    bottom = last * window.stride_h - window.pads.top + site.layer.kernel[0]
    return min(bottom, site.image[0]) - max(top, 0)


def constants(isa: Isa, site: Site, storage: Storage) -> Iterator[Product]:
    """Bytes of weights, biases and requantization in flash."""
    taps, narrow = site.taps, storage.weights_are_4_bit
    own = _scratch_4(isa, site, storage) is not None
    pairs = up(2)
    if site.layer.kind == "DEPTHWISE_CONV_2D":
        if own:
            yield Product(lambda c: (taps + 16) * pairs(c))
        else:
            weights = (lambda c: up(8)(taps * c) // 2) if narrow else (lambda c: taps * c)
            yield Product(lambda c: weights(c) + 9 * c)
        return
    if own:
        yield Product(lambda c: _depth_w4a4(site, c) // 2, pairs)
        yield Product(None, lambda c: 16 * pairs(c))
    elif isa is Isa.DSP:
        yield Product(lambda c: up(4)(taps * c) // (2 if narrow else 1), pairs)
        yield Product(None, lambda c: 10 * pairs(c))
    elif narrow:
        depth: Function = (lambda c: up(4)(taps * c)) if isa is Isa.PORTABLE else lambda c: taps * c
        yield Product(lambda c: depth(c) / 2, pairs)
        yield Product(None, lambda c: 9 * c)
    else:
        yield Product(lambda c: taps * c, lambda c: c)
        yield Product(None, lambda c: 9 * c)
