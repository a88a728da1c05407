#include "mcugen_pair_codes.h"

static void put_channel(const int32_t *doubled, int32_t count, int32_t multiplier, int32_t shift,
                        int32_t zero_point, int8_t *output, int32_t step) {
  for (int32_t i = 0; i < count; ++i) {
    /* A doubled sum is even, so that halving it is exact. */
    const int32_t code = zero_point + mcugen_requantize(doubled[i] >> 1, multiplier, shift);
    *output = (int8_t)mcugen_clamp(code, INT8_MIN, INT8_MAX);
    output += step;
  }
}

void mcugen_put_pair_slowly(const int32_t *pair, const int32_t *doubled_u, const int32_t *doubled_v,
                            int32_t count, int32_t zero_point, int32_t has_v, int8_t *output,
                            int32_t step) {
  const uint32_t shifts = (uint32_t)pair[4];
  const int32_t right_u = (int32_t)((shifts & 0xFFU) ^ 0x80U) - 0x80;
  put_channel(doubled_u, count, pair[2], -right_u, zero_point, output, step);
  if (has_v) {
    const int32_t right_v = (int32_t)(((shifts >> 8) & 0xFFU) ^ 0x80U) - 0x80;
    put_channel(doubled_v, count, pair[3], -right_v, zero_point, output + 1, step);
  }
}
