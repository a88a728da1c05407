/**
 * Words as four int8 lanes, the first in the lowest bits, on cores with the DSP extension.
 *
 * For sections under `#if MCUGEN_DSP_ASM`; the plain loop beside each says what it computes.
 */
#ifndef MCUGEN_DSP_BYTES_H
#define MCUGEN_DSP_BYTES_H

#include "mcugen_dsp.h"

#if MCUGEN_DSP_ASM

static inline void mcugen_store_word(void *address, uint32_t word) {
  memcpy(address, &word, sizeof word);
}

/** Four lanes; only the low byte of each value counts. */
static inline uint32_t mcugen_bytes(int32_t lane0, int32_t lane1, int32_t lane2, int32_t lane3) {
  uint32_t word = (uint32_t)lane0;
  __asm__(
      "bfi %0, %1, #8, #8  \n"
      "bfi %0, %2, #16, #8 \n"
      "bfi %0, %3, #24, #8 \n"
      : "+&r"(word)
      : "r"(lane1), "r"(lane2), "r"(lane3));
  return word;
}

/** The larger of each two lanes. */
static inline uint32_t mcugen_bytes_max(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__(
      "ssub8 %0, %1, %2 \n" /* notes for each lane whether a >= b */
      "sel   %0, %1, %2 \n"
      : "=&r"(result)
      : "r"(a), "r"(b)
      : "cc");
  return result;
}

/** The smaller of each two lanes. */
static inline uint32_t mcugen_bytes_min(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__(
      "ssub8 %0, %2, %1 \n" /* notes for each lane whether b >= a */
      "sel   %0, %1, %2 \n"
      : "=&r"(result)
      : "r"(a), "r"(b)
      : "cc");
  return result;
}

/** sum plus lanes 0 and 2, as a pair. */
static inline uint32_t mcugen_add_even(uint32_t sum, uint32_t bytes) {
  __asm__("sxtab16 %0, %0, %1" : "+r"(sum) : "r"(bytes));
  return sum;
}

/** sum plus lanes 1 and 3, as a pair. */
static inline uint32_t mcugen_add_odd(uint32_t sum, uint32_t bytes) {
  __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(sum) : "r"(bytes));
  return sum;
}

/** sum + floor(a * lane 0 of the pair / 65536). */
static inline int32_t mcugen_smlawb(int32_t a, uint32_t pair, int32_t sum) {
  int32_t result;
  __asm__("smlawb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(pair), "r"(sum));
  return result;
}

/** sum + floor(a * lane 1 of the pair / 65536). */
static inline int32_t mcugen_smlawt(int32_t a, uint32_t pair, int32_t sum) {
  int32_t result;
  __asm__("smlawt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(pair), "r"(sum));
  return result;
}

#endif

#endif
