"""Two output channels in a 16-bit lane: constants of the kernels for cores with DSP.

The layout and why it is exact: mcugen/kernels/include/mcugen_matmul_s8_dsp.h.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import Operands
from mcugen.ir.ops.weighted import bias_values, channel_axis, weight_sums
from mcugen.runtimes.aot.lower.weighted import MAX_RIGHT_SHIFT, output_range, right_shifts
from mcugen.runtimes.aot.program import Constant, Field

PIXELS = 4
"""Pixels that the kernels multiply side by side."""

V_LIMIT = 1 << 23
"""What an odd channel's sum of products stays below: it is computed in units of 256."""

SEGMENT = 496
"""Depths whose products stay below V_LIMIT whatever the weights: 496 * 128 * 128 < 2^23."""

DEPTH_ORDER = (0, 2, 1, 3)
"""How the kernels read four bytes: SXTB16 takes bytes 0 and 2, then 1 and 3."""


def channel_rows(x: Operands) -> npt.NDArray[np.int64]:
    """The weights as [units][depth]."""
    data = x.input(1).data
    assert data is not None
    units = data.shape[channel_axis(x)]
    return np.moveaxis(data, channel_axis(x), 0).reshape(units, -1).astype(np.int64)


def folded_bias(x: Operands) -> npt.NDArray[np.int64]:
    """The bias less the input's zero point times the channel's weights."""
    return bias_values(x) - x.input().q.zero_point * weight_sums(x)[0]


def sum_limits(x: Operands) -> npt.NDArray[np.int64]:
    """Per channel, the largest magnitude of its sum over all inputs, folded bias included."""
    rows, bias = channel_rows(x), folded_bias(x)
    positive, negative = np.maximum(rows, 0).sum(axis=1), np.minimum(rows, 0).sum(axis=1)
    highest = bias + 127 * positive - 128 * negative
    lowest = bias - 128 * positive + 127 * negative
    limits: npt.NDArray[np.int64] = np.maximum(np.abs(highest), np.abs(lowest))
    return limits


def lanes_overflow(x: Operands) -> str | None:
    """Two channels share a lane unless the odd one's -128 leaves no room for the other's borrow."""
    even, odd = paired(channel_rows(x))
    pairs = np.flatnonzero(((odd == -128) & (even < 0)).any(axis=1))
    return f"channel {2 * pairs[0] + 1} has a weight of -128" if len(pairs) else None


def doubled_sums_overflow(x: Operands) -> str | None:
    """Sums are below 2^30, so that the kernels can double them."""
    wide = np.flatnonzero(sum_limits(x) >= 1 << 30)
    return f"the sum of channel {wide[0]} may reach 2^30" if len(wide) else None


def segment_depth(x: Operands) -> int:
    """Depths after which sums of odd channels are taken out: all, if they stay below 2^23."""
    depth = padded(x.input(1).elements // x.output().shape[-1])
    peak = 128 * int(weight_sums(x)[1][1::2].max(initial=0))
    return depth if peak < V_LIMIT else SEGMENT


def matmul_pixels(x: Operands, count: int) -> int:
    """Pixels side by side for `count` of them: sums that are taken out on the way allow one."""
    whole = segment_depth(x) == padded(channel_rows(x).shape[1])
    return PIXELS if whole and count >= PIXELS else 1


def padded(depth: int) -> int:
    """The depth with what fills its last word."""
    return depth + -depth % 4


def matmul_fields(x: Operands, count: int) -> dict[str, Field]:
    """The members of mcugen_matmul_s8_dsp_params, for a struct that holds it as `matmul`.

    `count` is the number of pixels of the layer.
    """
    rows = channel_rows(x)
    units, depth = rows.shape
    bias_even, bias_odd = paired(folded_bias(x)[:, np.newaxis])
    return {
        "matmul.depth": padded(depth),
        "matmul.segment": segment_depth(x),
        "matmul.pixels": matmul_pixels(x, count),
        "matmul.units": units,
        "matmul.output_zero_point": x.output().q.zero_point,
        **{f"matmul.{name}": value for name, value in output_range(x).items()},
        "matmul.weights": Constant(lanes(rows), f"weights {list(x.input(1).shape)}, in pairs"),
        "matmul.channels": pair_constants(x, bias_even, 2 * bias_odd),
    }


def pair_constants(
    x: Operands, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]
) -> Constant:
    """Five words a pair: [pairs][1] of a kernel's own twice, then those of mcugen_pair_codes.h."""
    multipliers, shifts = (values[:, np.newaxis] for values in right_shifts(x))
    shift_even, shift_odd = paired(shifts)
    long_way = ((shifts < 1) | (shifts > MAX_RIGHT_SHIFT)).astype(np.int64)
    either_long = np.maximum(*paired(long_way))
    bytes_ = (shift_even & 0xFF) | (shift_odd & 0xFF) << 8
    words = np.hstack([first, second, *paired(multipliers), bytes_ | either_long << 31])
    return Constant(
        words.astype(np.uint32).astype(np.int32), "biases, multipliers, shifts of each pair"
    )


def lanes(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    """[units][depth] weights as [ceil(units / 2)][depth rounded up to 4] lanes."""
    even, odd = paired(rows)
    wide = 256 * odd + even
    wide = np.pad(wide, ((0, 0), (0, padded(wide.shape[1]) - wide.shape[1])))
    return wide.reshape(len(wide), -1, 4)[:, :, DEPTH_ORDER].reshape(wide.shape).astype(np.int16)


def paired(
    rows: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Even and odd rows; a last odd one of zeros is added where their number is odd."""
    whole = np.pad(rows, ((0, len(rows) % 2), (0, 0)))
    return whole[::2], whole[1::2]
