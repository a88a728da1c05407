/** Instructions of the DSP extension that 4-bit kernels use, with C twins; see mcugen_dsp.h. */
#ifndef MCUGEN_INT4_H
#define MCUGEN_INT4_H

#include "mcugen_dsp.h"

/** Bits of a requantized sum below the code, and those where sums are large, and scales small. */
#define MCUGEN_INT4_FRACTION_BITS 14
#define MCUGEN_INT4_FINE_BITS 16

/** A constant that the compiler keeps in a register, so that an AND can shift its other operand. */
static inline uint32_t mcugen_opaque(uint32_t constant) {
#if MCUGEN_DSP_ASM
  __asm__("" : "+r"(constant));
#endif
  return constant;
}

/** a - b lane by lane, modulo 2^16. */
static inline uint32_t mcugen_subtract_lanes(uint32_t a, uint32_t b) {
#if MCUGEN_DSP_ASM
  uint32_t pair;
  __asm__("ssub16 %0, %1, %2" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
#else
  return mcugen_pair(mcugen_lane0(a) - mcugen_lane0(b), mcugen_lane1(a) - mcugen_lane1(b));
#endif
}

/** sum + a * b / 2^16, rounded down; b is an int16. */
static inline int32_t mcugen_smlaw(int32_t a, int32_t b, int32_t sum) {
#if MCUGEN_DSP_ASM
  int32_t result;
  __asm__("smlawb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
#else
  return sum + (int32_t)(((int64_t)a * b) >> 16);
#endif
}

/** The code of a requantized sum, limited to 0 .. 15. */
static inline int32_t mcugen_code4(int32_t scaled) {
#if MCUGEN_DSP_ASM
  int32_t code;
  __asm__("usat %0, #4, %1, asr #14" : "=r"(code) : "r"(scaled));
  return code;
#else
  return mcugen_clamp(scaled >> MCUGEN_INT4_FRACTION_BITS, 0, 15);
#endif
}

/** The code of a requantized sum, limited to 0 .. 255. */
static inline uint32_t mcugen_code8(int32_t scaled) {
#if MCUGEN_DSP_ASM
  uint32_t code;
  __asm__("usat %0, #8, %1, asr #14" : "=r"(code) : "r"(scaled));
  return code;
#else
  return (uint32_t)mcugen_clamp(scaled >> MCUGEN_INT4_FRACTION_BITS, 0, 255);
#endif
}

/** The code of a finely requantized sum, limited to 0 .. 15. */
static inline int32_t mcugen_fine_code4(int32_t scaled) {
#if MCUGEN_DSP_ASM
  int32_t code;
  __asm__("usat %0, #4, %1, asr #16" : "=r"(code) : "r"(scaled));
  return code;
#else
  return mcugen_clamp(scaled >> MCUGEN_INT4_FINE_BITS, 0, 15);
#endif
}

/** The code of a finely requantized sum, limited to 0 .. 255. */
static inline uint32_t mcugen_fine_code8(int32_t scaled) {
#if MCUGEN_DSP_ASM
  uint32_t code;
  __asm__("usat %0, #8, %1, asr #16" : "=r"(code) : "r"(scaled));
  return code;
#else
  return (uint32_t)mcugen_clamp(scaled >> MCUGEN_INT4_FINE_BITS, 0, 255);
#endif
}

/** a + b byte by byte, at most 255. */
static inline uint32_t mcugen_add_saturated(uint32_t a, uint32_t b) {
#if MCUGEN_DSP_ASM
  uint32_t bytes;
  __asm__("uqadd8 %0, %1, %2" : "=r"(bytes) : "r"(a), "r"(b));
  return bytes;
#else
  uint32_t bytes = 0;
  for (int32_t shift = 0; shift < 32; shift += 8) {
    const uint32_t sum = ((a >> shift) & 0xFFU) + ((b >> shift) & 0xFFU);
    bytes |= (sum < 0xFFU ? sum : 0xFFU) << shift;
  }
  return bytes;
#endif
}

/** a - b byte by byte, modulo 2^8. */
static inline uint32_t mcugen_subtract_bytes(uint32_t a, uint32_t b) {
#if MCUGEN_DSP_ASM
  uint32_t bytes;
  __asm__("ssub8 %0, %1, %2" : "=r"(bytes) : "r"(a), "r"(b) : "cc");
  return bytes;
#else
  const uint32_t high = UINT32_C(0x80808080);
  return ((a | high) - (b & ~high)) ^ ((a ^ ~b) & high);
#endif
}

#endif
