/**
 * Helium (MVE, Cortex-M55 and M85): requantization of four values at once, and what else the
 * kernels' vector sections share. Without Helium there is nothing here but MCUGEN_MVE == 0.
 *
 * Predicates come from VCTP only: GCC 12 makes a wrong mask of a literal predicate of 16- or 32-bit
 * lanes.
 */
#ifndef MCUGEN_MVE_H
#define MCUGEN_MVE_H

#include "mcugen_common.h"

/* Not at -O0, where the compiler holds registers that the assembly needs. */
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1) && defined(__OPTIMIZE__)
#define MCUGEN_MVE 1
#include <arm_mve.h>
#else
#define MCUGEN_MVE 0
#endif

#if MCUGEN_MVE

/** mcugen_requantize of each lane with its own multiplier and shift; shifts are negative. */
static inline int32x4_t mcugen_requantize_mve(int32x4_t x, int32x4_t multiplier, int32x4_t shift) {
  x = vqrdmulhq_s32(x, multiplier);
  /* VRSHL has ties upward; one unit less makes a negative number's ties go away from zero. */
  return vrshlq_s32(vaddq_s32(x, vshrq_n_s32(x, 31)), shift);
}

/** The same for any shifts: a shift to the left comes first and may wrap around. */
static inline int32x4_t mcugen_requantize_any_mve(int32x4_t x, int32x4_t multiplier,
                                                  int32x4_t shift) {
  const int32x4_t zero = vdupq_n_s32(0);
  const int32x4_t right = vminq_s32(shift, zero);
  x = vqrdmulhq_s32(vshlq_s32(x, vmaxq_s32(shift, zero)), multiplier);
  /* Ties are up to the shift to the right only. */
  const int32x4_t sign = vandq_s32(vshrq_n_s32(x, 31), vshrq_n_s32(shift, 31));
  return vrshlq_s32(vaddq_s32(x, sign), right);
}

/*
 * Loads that widen and stores that narrow take addresses in low registers only. GCC 12 does not
 * always see to it, and its output does not assemble: the constraint l does.
 */

/** Four codes, widened. */
static inline int32x4_t mcugen_load_codes_mve(const int8_t *codes) {
  int32x4_t x;
  __asm__("vldrb.s32 %q0, [%1]" : "=t"(x) : "l"(codes), "m"(*(const int8_t(*)[4])codes));
  return x;
}

/** Writes four codes, limited to [low, high]. */
static inline void mcugen_store_codes_mve(int8_t *codes, int32x4_t x, int32_t low, int32_t high) {
  x = vminq_s32(vmaxq_s32(x, vdupq_n_s32(low)), vdupq_n_s32(high));
  __asm__("vstrb.32 %q1, [%2]" : "=m"(*(int8_t(*)[4])codes) : "t"(x), "l"(codes));
}

/** Copies from any address to any other; they may overlap where `to` is the lower one. */
static inline void mcugen_copy_mve(void *to, const void *from, int32_t bytes) {
  __asm__ volatile(
      "wlstp.8 lr, %2, 2f     \n" /* 16 bytes a turn, in the last one as many as are left */
      "1: vldrb.8 q0, [%1], #16 \n"
      "vstrb.8 q0, [%0], #16  \n"
      "letp lr, 1b            \n"
      "2:                     \n"
      : "+r"(to), "+r"(from)
      : "r"(bytes)
      : "q0", "lr", "memory");
}

#endif

#endif
