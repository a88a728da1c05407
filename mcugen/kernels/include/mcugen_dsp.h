/**
 * The DSP extension's instructions (Cortex-M4, M7, M33), with plain C in their place elsewhere, and
 * the requantization that is built of them.
 *
 * A pair is a 32-bit word that holds two int16 lanes, the first in the lower half.
 */
#ifndef MCUGEN_DSP_H
#define MCUGEN_DSP_H

#include "mcugen_common.h"

#if defined(__ARM_FEATURE_DSP) && defined(__OPTIMIZE__)
/** Inline assembly can be used: the instructions exist, and registers are not held by -O0. */
#define MCUGEN_DSP_ASM 1
/** Keeps the compiler from computing a loop's last addresses by formula, at more cost than it
 * saves. */
#define MCUGEN_STEPWISE(pointer) __asm__("" : "+r"(pointer))
#else
#define MCUGEN_DSP_ASM 0
#define MCUGEN_STEPWISE(pointer) ((void)0)
#endif

/** Four bytes from any address, the first in the lowest bits (cores with DSP are little-endian). */
static inline uint32_t mcugen_load_word(const void *bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

static inline int32_t mcugen_lane0(uint32_t pair) {
  return (int32_t)((pair & UINT32_C(0xFFFF)) ^ UINT32_C(0x8000)) - 0x8000;
}

static inline int32_t mcugen_lane1(uint32_t pair) {
  return (int32_t)((pair >> 16) ^ UINT32_C(0x8000)) - 0x8000;
}

/** A pair of two values of 16 bits. */
static inline uint32_t mcugen_pair(int32_t lane0, int32_t lane1) {
  return ((uint32_t)lane0 & UINT32_C(0xFFFF)) | ((uint32_t)lane1 << 16);
}

/** sum + a[0] * b[0] + a[1] * b[1], modulo 2^32. */
static inline uint32_t mcugen_smlad(uint32_t a, uint32_t b, uint32_t sum) {
#if MCUGEN_DSP_ASM
  __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
#else
  sum += (uint32_t)(mcugen_lane0(a) * mcugen_lane0(b));
  return sum + (uint32_t)(mcugen_lane1(a) * mcugen_lane1(b));
#endif
}

/** Bytes 0 and 2 as a pair, sign-extended. */
static inline uint32_t mcugen_sxtb16(uint32_t bytes) {
#if MCUGEN_DSP_ASM
  uint32_t pair;
  __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
  return pair;
#else
  return mcugen_pair((int32_t)((bytes & 0xFFU) ^ 0x80U) - 0x80,
                     (int32_t)(((bytes >> 16) & 0xFFU) ^ 0x80U) - 0x80);
#endif
}

/** Bytes 1 and 3 as a pair, sign-extended. */
static inline uint32_t mcugen_sxtb16_odd(uint32_t bytes) {
#if MCUGEN_DSP_ASM
  uint32_t pair;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
  return pair;
#else
  return mcugen_sxtb16(bytes >> 8);
#endif
}

/** sum + a * b / 2^32, rounded to nearest with ties upward. */
static inline int32_t mcugen_smmlar(int32_t a, int32_t b, int32_t sum) {
#if MCUGEN_DSP_ASM
  int32_t result;
  __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
#else
  const int64_t product = (int64_t)a * b + (INT64_C(1) << 31);
  return sum + (int32_t)(product >> 32);
#endif
}

/** x limited to int8. */
static inline int32_t mcugen_ssat8(int32_t x) {
#if MCUGEN_DSP_ASM
  int32_t result;
  __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(x));
  return result;
#else
  return mcugen_clamp(x, INT8_MIN, INT8_MAX);
#endif
}

/** The largest right shift of mcugen_requantize_doubled; the smallest is 1. */
#define MCUGEN_MAX_SHIFT 22

/**
 * What mcugen_requantize_doubled adds before its shift: rounding and the zero point.
 *
 * Half a unit and zero_point units of 2^shift: (2 * zero_point + 1) * 2^(shift - 1).
 */
static inline int32_t mcugen_rounding_term(int32_t zero_point, int32_t shift) {
  return (2 * zero_point + 1) * (INT32_C(1) << (shift - 1));
}

/**
 * zero_point + mcugen_requantize(doubled / 2, multiplier, -shift), in three instructions.
 *
 * `term` is mcugen_rounding_term(zero_point, shift); 1 <= shift <= MCUGEN_MAX_SHIFT.
 *
 * TFLite rounds twice. Its first rounding, of x * multiplier / 2^31, has ties upward for either
 * sign, as SMMLAR has for 2x * multiplier / 2^32. Its second, the shift, has ties away from zero:
 * ties upward, after taking one unit of the unshifted number off a negative one. The sign of x
 * stands for that number's sign: they differ only where x = -1 and the number is 0, when one unit
 * less rounds to 0 all the same.
 */
static inline int32_t mcugen_requantize_doubled(int32_t doubled, int32_t multiplier, int32_t shift,
                                                int32_t term) {
#if MCUGEN_DSP_ASM
  /* Compilers would rather fetch the sign in an instruction of its own. */
  int32_t code;
  __asm__(
      "add    %0, %1, %2, asr #31 \n"
      "smmlar %0, %2, %3, %0      \n"
      "asr    %0, %0, %4          \n"
      : "=&r"(code)
      : "r"(term), "r"(doubled), "r"(multiplier), "r"(shift));
  return code;
#else
  return mcugen_smmlar(doubled, multiplier, term + (doubled >> 31)) >> shift;
#endif
}

/** zero_point + mcugen_requantize(x, multiplier, shift), the short way where it can be taken. */
static inline int32_t mcugen_code_of_sum(int32_t x, int32_t multiplier, int32_t shift,
                                         int32_t zero_point) {
  const int32_t limit = INT32_C(1) << 30;
  if (shift >= -MCUGEN_MAX_SHIFT && shift <= -1 && x > -limit && x < limit) {
    const int32_t term = mcugen_rounding_term(zero_point, -shift);
    return mcugen_requantize_doubled(2 * x, multiplier, -shift, term);
  }
  return zero_point + mcugen_requantize(x, multiplier, shift);
}

#endif
