/** What every kernel shares: fixed-width types and TFLite's requantization. */
#ifndef MCUGEN_COMMON_H
#define MCUGEN_COMMON_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * a * b / 2^31, rounded to nearest with ties upward.
 *
 * gemmlowp adds 1 - 2^30 to a negative product and divides toward zero, which is the same.
 * Precondition: not both operands are INT32_MIN (multipliers are non-negative).
 */
static inline int32_t mcugen_high_mul(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/** x / 2^exponent, rounded to nearest with ties away from zero; 0 <= exponent <= 31. */
static inline int32_t mcugen_rounding_shift_right(int32_t x, int32_t exponent) {
  const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1U);
  const int32_t remainder = x & mask;
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/**
 * TFLite's MultiplyByQuantizedMultiplier, with its double rounding.
 *
 * multiplier is a Q31 mantissa >= 0, shift a power of two in [-31, 30].
 */
static inline int32_t mcugen_requantize(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  const int32_t right = shift > 0 ? 0 : -shift;
  const int32_t shifted = (int32_t)((uint32_t)x << left);
  return mcugen_rounding_shift_right(mcugen_high_mul(shifted, multiplier), right);
}

/** x limited to [low, high]. */
static inline int32_t mcugen_clamp(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : (x > high ? high : x);
}

#endif
