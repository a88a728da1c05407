/**
 * From sums to codes, two output channels u and v at a time, on cores with the DSP extension.
 *
 * The constants of a pair are five words: two that belong to the kernel, then
 *
 *   multiplier u, multiplier v (Q31)
 *   right shift u, right shift v, in a byte each; negative as a whole if one is not 1 .. 22
 *
 * Such a pair takes the long way of mcugen_put_pair_slowly, which knows all of TFLite's scales.
 */
#ifndef MCUGEN_PAIR_CODES_H
#define MCUGEN_PAIR_CODES_H

#include "mcugen_dsp_bytes.h"

#define MCUGEN_PAIR_WORDS 5

/** How one channel's sums become codes. */
typedef struct {
  int32_t multiplier;
  int32_t shift;
  int32_t term;
} mcugen_to_code;

static inline mcugen_to_code mcugen_to_code_of(int32_t multiplier, int32_t shift,
                                               int32_t zero_point) {
  const mcugen_to_code result = {multiplier, shift, mcugen_rounding_term(zero_point, shift)};
  return result;
}

/** Channel u of a pair on the short way. */
static inline mcugen_to_code mcugen_to_code_u(const int32_t *pair, int32_t zero_point) {
  return mcugen_to_code_of(pair[2], pair[4] & 0xFF, zero_point);
}

/** Channel v of a pair on the short way. */
static inline mcugen_to_code mcugen_to_code_v(const int32_t *pair, int32_t zero_point) {
  return mcugen_to_code_of(pair[3], pair[4] >> 8, zero_point);
}

/** Writes the code of a sum, doubled; returns the place of the same channel `step` bytes on. */
static inline int8_t *mcugen_put_code(int8_t *output, int32_t step, int32_t doubled,
                                      const mcugen_to_code *channel) {
  *output = (int8_t)mcugen_ssat8(
      mcugen_requantize_doubled(doubled, channel->multiplier, channel->shift, channel->term));
  return output + step;
}

/**
 * Writes the codes of `count` pixels, `step` bytes apart, of channel u and, if there is one, v.
 *
 * doubled_u, doubled_v [count]: the sums, doubled.
 */
void mcugen_put_pair_slowly(const int32_t *pair, const int32_t *doubled_u, const int32_t *doubled_v,
                            int32_t count, int32_t zero_point, int32_t has_v, int8_t *output,
                            int32_t step);

/** Writes the codes of channel u and, if there is one, v of one pixel. */
static inline void mcugen_put_pair(const int32_t *pair, int32_t doubled_u, int32_t doubled_v,
                                   int32_t zero_point, int32_t has_v, int8_t *output) {
  if (pair[4] < 0) {
    const int32_t doubled[] = {doubled_u, doubled_v};
    mcugen_put_pair_slowly(pair, doubled, doubled + 1, 1, zero_point, has_v, output, 1);
  } else {
    const mcugen_to_code to_code = mcugen_to_code_u(pair, zero_point);
    mcugen_put_code(output, 1, doubled_u, &to_code);
    if (has_v) {
      const mcugen_to_code to_code_v = mcugen_to_code_v(pair, zero_point);
      mcugen_put_code(output + 1, 1, doubled_v, &to_code_v);
    }
  }
}

/** Limits `count` codes to [low, high]: only where that is not all of int8. */
static inline void mcugen_limit_codes(int8_t *codes, int32_t count, int32_t low, int32_t high) {
  if (low > INT8_MIN || high < INT8_MAX) {
#if MCUGEN_DSP_ASM
    const uint32_t lows = UINT32_C(0x01010101) * (uint8_t)low;
    const uint32_t highs = UINT32_C(0x01010101) * (uint8_t)high;
    for (; count >= 4; count -= 4) {
      const uint32_t limited = mcugen_bytes_max(mcugen_load_word(codes), lows);
      mcugen_store_word(codes, mcugen_bytes_min(limited, highs));
      codes += 4;
    }
#endif
    for (const int8_t *const end = codes + count; codes < end; ++codes) {
      *codes = (int8_t)mcugen_clamp(*codes, low, high);
    }
  }
}

#endif
