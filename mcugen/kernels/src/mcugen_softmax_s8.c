#include "mcugen_softmax_s8.h"

#include "mcugen_mve.h"

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

#if MCUGEN_MVE
static int32_t largest(const int8_t *codes, int32_t count) {
  int32_t result = INT8_MIN;
  for (int32_t i = 0; i < count; i += 16) {
    const mve_pred16_t lanes = vctp8q((uint32_t)(count - i));
    result = vmaxvq_p_s8((int8_t)result, vldrbq_z_s8(codes + i, lanes), lanes);
  }
  return result;
}

/* The exponentials of four codes. */
static inline int32x4_t four_exps(const mcugen_softmax_s8_params *params, const int8_t *codes,
                                  int32_t peak) {
  const int32x4_t below = vsubq_s32(vdupq_n_s32(peak), mcugen_load_codes_mve(codes));
  const mve_pred16_t in_table = vcmpltq_n_s32(below, params->exps_count);
  return vldrwq_gather_shifted_offset_z_s32(params->exps, vreinterpretq_u32_s32(below), in_table);
}
#else
static int32_t largest(const int8_t *codes, int32_t count) {
  int32_t result = codes[0];
  for (int32_t i = 1; i < count; ++i) {
    result = codes[i] > result ? codes[i] : result;
  }
  return result;
}
#endif

/* The exponential of a code, in Q0.31. */
static inline int32_t exp_of(const mcugen_softmax_s8_params *params, int32_t code, int32_t peak) {
  const int32_t below = peak - code;
  return below < params->exps_count ? params->exps[below] : 0;
}

/* The sum of a row's exponentials, in Q12.19. */
static uint32_t sum_of_exps(const mcugen_softmax_s8_params *params, const int8_t *input,
                            int32_t peak) {
  uint32_t sum = 0;
  int32_t i = 0;
#if MCUGEN_MVE
  for (; i + 4 <= params->depth; i += 4) {
    const int32x4_t exps = four_exps(params, input + i, peak);
    sum = vaddvaq_u32(sum, vreinterpretq_u32_s32(vrshrq_n_s32(exps, SUM_INTEGER_BITS)));
  }
#endif
  for (; i < params->depth; ++i) {
    const int32_t exp = exp_of(params, input[i], peak);
    sum += (uint32_t)mcugen_rounding_shift_right(exp, SUM_INTEGER_BITS);
  }
  return sum;
}

/* Writes a row's shares, exponentials * reciprocal / 2^exponent, as codes. */
static void write_shares(const mcugen_softmax_s8_params *params, const int8_t *input, int32_t peak,
                         int32_t reciprocal, int32_t exponent, int8_t *output) {
  int32_t i = 0;
#if MCUGEN_MVE
  for (; i + 4 <= params->depth; i += 4) {
    /* Nothing is negative: ties away from zero are ties upward. */
    const int32x4_t exps = four_exps(params, input + i, peak);
    const int32x4_t shares = vqrdmulhq_n_s32(exps, reciprocal);
    const int32x4_t codes = vaddq_n_s32(vrshlq_n_s32(shares, -exponent), INT8_MIN);
    mcugen_store_codes_mve(output + i, codes, INT8_MIN, INT8_MAX);
  }
#endif
  for (; i < params->depth; ++i) {
    const int32_t exp = exp_of(params, input[i], peak);
    const int32_t share = mcugen_rounding_shift_right(mcugen_high_mul(reciprocal, exp), exponent);
    output[i] = (int8_t)((share < 255 ? share : 255) + INT8_MIN);
  }
}

static void softmax_row(const mcugen_softmax_s8_params *params, const int8_t *input,
                        int8_t *output) {
  const int32_t peak = largest(input, params->depth);
  uint32_t sum = sum_of_exps(params, input, peak);
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
  write_shares(params, input, peak, reciprocal, exponent, output);
}

void mcugen_softmax_s8(const mcugen_softmax_s8_params *params, const int8_t *input,
                       int8_t *output) {
  for (int32_t row = 0; row < params->rows; ++row) {
    softmax_row(params, input + row * params->depth, output + row * params->depth);
  }
}
