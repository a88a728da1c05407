"""Requantization of the kernels that read 4-bit activations: one multiply-add, by proof.

How it is done and stored: mcugen/cmsis_nn_int4/include/mcugen_multiply_add.h.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import activation_range
from mcugen.ir.graph import DType, Operands
from mcugen.ir.multiply_add import FRACTION_BITS, MultiplyAdd, Sums, multiply_add
from mcugen.ir.ops.weighted import channel_multipliers
from mcugen.runtimes.aot.lower.pairs import channel_rows, folded_bias

ACTIVATIONS = (-8, 7)

SUMS = (-(1 << 15), (1 << 15) - 1)
"""The sums that requantization takes."""


def extremes(
    weights: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The least and the greatest sum of products with any activations, along the last axis."""
    products = [weights * code for code in ACTIVATIONS]
    low: npt.NDArray[np.int64] = np.minimum(*products).sum(axis=-1)
    high: npt.NDArray[np.int64] = np.maximum(*products).sum(axis=-1)
    return low, high


def requantization(
    x: Operands, surplus: npt.NDArray[np.int64], fraction_bits: int = FRACTION_BITS
) -> MultiplyAdd | str:
    """Its constants with proof, or why there are none. Codes count from the lowest one.

    A kernel's sums exceed those of the products by `surplus`.
    """
    output = x.output()
    low, high = extremes(channel_rows(x))
    lowest, highest = activation_range(x.attributes.activation, output.q, output.dtype)
    multipliers, shifts = channel_multipliers(x)
    return multiply_add(
        Sums(
            low,
            high,
            folded_bias(x),
            surplus,
            multipliers,
            shifts,
            output.q.zero_point - lowest,
            (0, highest - lowest),
            fraction_bits,
        )
    )


def channel_words(constants: MultiplyAdd, bias: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """mcugen_multiply_add of each channel, and of one of zeros to make them even."""
    words = np.stack([constants.multipliers, constants.offsets, bias, constants.negative], axis=1)
    return np.pad(words, ((0, len(words) % 2), (0, 0)))


def is_plain(x: Operands, constants: MultiplyAdd) -> bool:
    """Whether codes are all that four bits hold, and sums of one sign matter."""
    codes = activation_range(x.attributes.activation, x.output().q, x.output().dtype)
    return x.output().dtype is DType.INT4 and codes == ACTIVATIONS and not constants.signed


def sums_overflow(x: Operands, surplus: npt.NDArray[np.int64]) -> str | None:
    """Sums of products, as the kernel has them and with the bias, have 16 bits."""
    low, high = extremes(channel_rows(x))
    for more in (surplus, folded_bias(x)):
        lower, upper = low + more, high + more
        wide = np.flatnonzero((lower < SUMS[0]) | (upper > SUMS[1]))
        if len(wide):
            return f"the sum of channel {wide[0]} may exceed 16 bits"
    return None


def input_has_8_bits(x: Operands) -> str | None:
    """The input has 4 bits."""
    return None if x.input().dtype is DType.INT4 else "the input has 8 bits"
