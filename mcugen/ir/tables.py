"""Element-wise functions of 8-bit codes as tables: TFLM's arithmetic, carried out for all codes.

Source: the behaviour of TFLM's reference kernels. Multipliers are computed in double precision, as
TFLM does; versions of it that divide some scales in single precision differ in about one result in
10^5, by one code.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mcugen.ir.fixed_point import (
    quantize_multiplier,
    requantize,
    round_half_away,
    rounding_divide_by_pot,
)
from mcugen.ir.gemmlowp import Raw, exp_on_negative_values, logistic, tanh
from mcugen.ir.graph import Operands, Quantization
from mcugen.ir.ops.softmax import DIFFERENCE_INTEGER_BITS

_Q4_ONE = 1 << 27
_INT16 = np.iinfo(np.int16)


def byte_table(x: Operands) -> npt.NDArray[np.uint8]:
    """What a unary operator makes of each code: output codes indexed by input code, as bytes."""
    source, target = x.input(), x.output()
    codes = np.arange(256, dtype=np.uint8).view(source.dtype.numpy).astype(np.int64)
    q, result_q = source.q, target.q
    match x.operator.name:
        case "LOGISTIC":
            results = _logistic(codes, q)
        case "TANH":
            results = _tanh(codes, q)
        case "RELU":
            results = _relu(codes, q, result_q)
        case "RELU6":
            results = _relu6(codes, q)
        case "LEAKY_RELU":
            results = _leaky_relu(codes, q, result_q, x.attributes.alpha)
        case "HARD_SWISH":
            results = _hard_swish(codes, q, result_q)
        case "QUANTIZE":
            results = _rescale(codes, q, result_q)
        case name:
            raise AssertionError(name)
    info = np.iinfo(target.dtype.numpy)
    return np.clip(results, info.min, info.max).astype(target.dtype.numpy).view(np.uint8)


def softmax_exponentials(scale: float, beta: float) -> npt.NDArray[np.int32]:
    """exp(-beta * scale * d) in Q0 for d = 0, 1, ..., as far as TFLite takes it for more than 0."""
    fraction_bits = 31 - DIFFERENCE_INTEGER_BITS
    # Capped, a difference of 1 already makes the exponential vanish.
    multiplier, shift = quantize_multiplier(min(beta * scale * 2**fraction_bits, 2.0**31 - 1))
    radius = _input_radius(DIFFERENCE_INTEGER_BITS, shift)
    differences = -np.arange(min(radius, 255) + 1, dtype=np.int64)
    scaled = requantize(differences, multiplier, shift)
    return exp_on_negative_values(scaled, DIFFERENCE_INTEGER_BITS).astype(np.int32)


def _input_radius(integer_bits: int, shift: int) -> int:
    """The largest code difference that stays in range after a rescaling with this left shift."""
    return (((1 << integer_bits) - 1) << (31 - integer_bits)) >> shift


def _rescale(codes: Raw, source: Quantization, target: Quantization) -> Raw:
    """TFLM's QUANTIZE between integers."""
    multiplier, shift = quantize_multiplier(source.scale / target.scale)
    return requantize(codes - source.zero_point, multiplier, shift) + target.zero_point


def _saturating_q4(codes: Raw, source: Quantization) -> tuple[Raw, Raw]:
    """Codes as numbers with 4 integer bits, and -1 or 1 where they lie beyond, else 0."""
    fraction, shift = math.frexp(source.scale * _Q4_ONE)
    radius = _input_radius(4, shift)
    centred = codes - source.zero_point
    beyond = np.where(centred <= -radius, -1, np.where(centred >= radius, 1, 0))
    inside = np.where(beyond == 0, centred, 0)
    return requantize(inside, round_half_away(fraction * (1 << 31)), shift), beyond


def _logistic(codes: Raw, source: Quantization) -> Raw:
    """TFLM's LOGISTIC: 8 bits of gemmlowp's logistic, saturated outside of its range."""
    inside, beyond = _saturating_q4(codes, source)
    results = rounding_divide_by_pot(logistic(inside, 4), 31 - 8) - 128
    return np.where(beyond == 0, results, np.where(beyond < 0, -128, 127))


def _tanh(codes: Raw, source: Quantization) -> Raw:
    """TFLM's TANH: 8 bits of gemmlowp's tanh, saturated outside of its range."""
    inside, beyond = _saturating_q4(codes, source)
    results = rounding_divide_by_pot(tanh(inside, 4), 31 - 7)
    return np.where(beyond == 0, results, np.where(beyond < 0, -128, 127))


def _relu(codes: Raw, source: Quantization, target: Quantization) -> Raw:
    """TFLM's RELU: a change of scale, limited below."""
    return np.maximum(_rescale(codes, source, target), target.zero_point)


def _relu6(codes: Raw, source: Quantization) -> Raw:
    """TFLM's RELU6: codes between those of 0 and 6 in the input's quantization."""
    # This one division is in single precision.
    six = round_half_away(float(np.float32(6) / np.float32(source.scale))) + source.zero_point
    return np.clip(codes, source.zero_point, min(six, 127))


def _leaky_relu(codes: Raw, source: Quantization, target: Quantization, alpha: float) -> Raw:
    """TFLM's LEAKY_RELU: a multiplier for each sign."""
    slope = source.scale * alpha / target.scale
    multiplier, shift = quantize_multiplier(abs(slope))
    negative = requantize(codes - source.zero_point, multiplier, shift)
    negative = np.where(slope < 0, -negative, negative) + target.zero_point
    return np.where(codes >= source.zero_point, _rescale(codes, source, target), negative)


def _hard_swish(codes: Raw, source: Quantization, target: Quantization) -> Raw:
    """TFLM's HARD_SWISH: x on the output's scale times (x + 3) / 6 in [0, 1], in 16 bits."""
    hires_scale = source.scale / 128
    output_multiplier, output_shift = _multiplier16(hires_scale / target.scale)
    # 3.0 is 32768 on the scale of the factor.
    relu_multiplier, relu_shift = _multiplier16(hires_scale / (3 / 32768))

    hires = (codes - source.zero_point) << 7
    factor = hires
    if relu_shift > 0:
        factor = _saturate16(factor << (relu_shift - 1))
    factor = _rounding_high_mul16(factor, relu_multiplier)
    if relu_shift > 0:
        factor = _saturate16(factor << 1)
    else:
        factor = rounding_divide_by_pot(factor, -relu_shift)
    factor = (factor + (1 << 15)) >> 1

    product = factor * _rounding_high_mul16(hires, output_multiplier)
    towards_zero = np.sign(product) * (np.abs(product) >> 15)
    return rounding_divide_by_pot(towards_zero, -output_shift) + target.zero_point


def _multiplier16(real: float) -> tuple[int, int]:
    """A quantized multiplier of which 16 bits are kept: (Q15 mantissa, power of two)."""
    multiplier, shift = quantize_multiplier(real)
    return min((multiplier + (1 << 15)) >> 16, _INT16.max), shift


def _saturate16(x: Raw) -> Raw:
    return np.clip(x, _INT16.min, _INT16.max)


def _rounding_high_mul16(x: Raw, multiplier: int) -> Raw:
    """round(x * multiplier / 2^15), ties towards plus infinity, on int16 values."""
    return (x * multiplier + (1 << 14)) >> 15
