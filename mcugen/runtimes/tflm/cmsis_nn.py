"""Scratch that CMSIS-NN 7.0.0 asks for, by its get_buffer_size functions; all sizes in bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mcugen.isa import Isa

MVE_CHANNEL_BLOCK = 124
REVERSED_CHANNELS = 16
"""A transposed convolution of more input channels is computed as an ordinary one."""


@dataclass(frozen=True)
class Window:
    """Geometry of a convolution; `pad_w` and `pad_h` are those at the left and at the top."""

    in_h: int
    in_w: int
    in_c: int
    kernel_h: int
    kernel_w: int
    out_w: int
    out_c: int
    stride_h: int
    stride_w: int
    dilated: bool
    dilated_w: bool
    pad_h: int
    pad_w: int

    @property
    def patch(self) -> int:
        """Values under the window, over all input channels."""
        return self.kernel_h * self.kernel_w * self.in_c


def conv_scratch(w: Window, int4: bool, isa: Isa) -> int:
    """Bytes that CMSIS-NN's convolution wrapper asks for."""
    if w.kernel_h == w.kernel_w == 1 and w.pad_h == w.pad_w == 0 and not w.dilated:
        return 0
    if isa is not Isa.MVE:
        return 4 * (w.patch if int4 else round_up(w.patch, 4))
    row = w.in_h == 1 and w.kernel_h == 1 and not w.dilated_w
    if row and w.stride_w * w.in_c % 4 == 0:
        found = _row_scratch(w)
        if found is not None:
            return 0 if int4 else found
    return 4 * round_up(w.patch, 16)


def _row_scratch(w: Window) -> int | None:
    """Of the kernel for images of one row with MVE, None where the general one takes over."""
    asymmetric = math.fmod((w.out_w - 1) * w.stride_w + w.kernel_w - w.in_w, 2) != 0
    right_pad = w.pad_w + asymmetric
    right = max(1, (right_pad + w.stride_w - 1) // w.stride_w) if right_pad else 0
    left = max(1, (w.pad_w + w.stride_w - 1) // w.stride_w) if w.pad_w else 0
    if right + max(w.out_w - right - left, 0) + left != w.out_w:
        return None
    left_bytes, full = w.pad_w * w.in_c, w.kernel_w * w.in_c
    return max(full + left_bytes, full - w.in_c + (right * w.in_c if asymmetric else left_bytes))


def depthwise_scratch(w: Window, int4: bool, isa: Isa) -> int:
    if isa is Isa.MVE:
        return 4 * MVE_CHANNEL_BLOCK * w.kernel_h * w.kernel_w
    small = w.kernel_h == w.kernel_w == 3 and w.pad_h <= 1 and w.pad_w <= 1
    if not int4 and (small or isa is Isa.PORTABLE):
        return 0
    return 2 * w.patch


def round_up(value: int, multiple: int) -> int:
    """The next multiple."""
    return -(-value // multiple) * multiple
