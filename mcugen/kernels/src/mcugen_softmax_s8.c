#include "mcugen_softmax_s8.h"

#define SUM_INTEGER_BITS 12
#define OUTPUT_BITS 8
#define ONE_Q2 (INT32_C(1) << 29)

/* x * 2^bits, limited to int32_t. */
static int32_t shift_left_saturating(int32_t x, int32_t bits) {
  const int32_t limit = INT32_MAX >> bits;
  return x > limit ? INT32_MAX : (x < -limit - 1 ? INT32_MIN : x * (1 << bits));
}

/* 1 / (1 + x) for x in [0, 1) in Q0.31: three Newton-Raphson steps, as gemmlowp does them. */
static int32_t one_over_one_plus_x(int32_t x) {
  const int32_t half_denominator = (int32_t)(((uint32_t)x + UINT32_C(0x80000000)) >> 1);
  /* 48/17 - 32/17 * d is the best linear guess; numbers have two integer bits. */
  int32_t result = 1515870810 + mcugen_high_mul(half_denominator, -1010580540);
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t error = ONE_Q2 - mcugen_high_mul(half_denominator, result);
    result += shift_left_saturating(mcugen_high_mul(result, error), 2);
  }
  return shift_left_saturating(result, 1);
}

static int32_t largest(const int8_t *codes, int32_t count) {
  int32_t result = codes[0];
  for (int32_t i = 1; i < count; ++i) {
    result = codes[i] > result ? codes[i] : result;
  }
  return result;
}

static void softmax_row(const mcugen_softmax_s8_params *params, const int8_t *input,
                        int8_t *output) {
  const int32_t peak = largest(input, params->depth);
  uint32_t sum = 0;
  for (int32_t i = 0; i < params->depth; ++i) {
    const int32_t difference = peak - input[i];
    if (difference < params->exps_count) {
      sum += (uint32_t)mcugen_rounding_shift_right(params->exps[difference], SUM_INTEGER_BITS);
    }
  }
  int32_t headroom = 0;
  while (sum < UINT32_C(0x80000000)) {
    sum <<= 1;
    ++headroom;
  }
  int32_t reciprocal = one_over_one_plus_x((int32_t)(sum - UINT32_C(0x80000000)));
  int32_t exponent = SUM_INTEGER_BITS - headroom + 31 - OUTPUT_BITS;
  if (exponent > 31) {
    /* Each share is below half a code. */
    reciprocal = 0;
    exponent = 31;
  }
  for (int32_t i = 0; i < params->depth; ++i) {
    const int32_t difference = peak - input[i];
    int32_t share = 0;
    if (difference < params->exps_count) {
      share = mcugen_rounding_shift_right(mcugen_high_mul(reciprocal, params->exps[difference]),
                                          exponent);
    }
    output[i] = (int8_t)((share < 255 ? share : 255) + INT8_MIN);
  }
}

void mcugen_softmax_s8(const mcugen_softmax_s8_params *params, const int8_t *input,
                       int8_t *output) {
  for (int32_t row = 0; row < params->rows; ++row) {
    softmax_row(params, input + row * params->depth, output + row * params->depth);
  }
}
