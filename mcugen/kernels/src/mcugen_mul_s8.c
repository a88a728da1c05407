#include "mcugen_mul_s8.h"

#include "mcugen_dsp_bytes.h"
#include "mcugen_mve.h"

/* A product is below 2^16: shifted by more than this, it is 0 all the same. */
#define MAX_SHIFT 22

/* What turns products into codes. With a shift to the right they are rescaled as
   mcugen_requantize_doubled does it; without one, rounded once, ties upward whatever their sign. */
typedef struct {
  int32_t zero_point0;
  int32_t factor1;
  int32_t offset1;
  int32_t multiplier;
  int32_t term;
  int32_t sign;
  int32_t right;
} rescaling;

static rescaling rescaling_of(const mcugen_mul_s8_params *params) {
  const int32_t shift = params->output_shift;
  const int32_t zero_point = params->output_zero_point;
  const int32_t right = shift >= 0 ? 0 : (shift < -MAX_SHIFT ? MAX_SHIFT : -shift);
  const int32_t factor1 = 2 * (INT32_C(1) << (shift > 0 ? shift : 0));
  const rescaling result = {
      .zero_point0 = params->zero_point0,
      .factor1 = factor1,
      .offset1 = params->zero_point1 * factor1,
      .multiplier = params->output_multiplier,
      .term = right > 0 ? mcugen_rounding_term(zero_point, right) : zero_point,
      .sign = right > 0 ? -1 : 0,
      .right = right,
  };
  return result;
}

/* The product's code, not limited yet. */
static inline int32_t product(int32_t code0, int32_t code1, rescaling r) {
  const int32_t doubled = (code0 - r.zero_point0) * (code1 * r.factor1 - r.offset1);
  return mcugen_smmlar(doubled, r.multiplier, r.term + (r.sign & (doubled >> 31))) >> r.right;
}

#if MCUGEN_MVE
/* The whole words of a row in which neighbours lie next to each other; returns their bytes. */
static int32_t mul_words(const mcugen_mul_s8_params *params, const int8_t *input0,
                         const int8_t *input1, int8_t *output) {
  const rescaling r = rescaling_of(params);
  const int32_t bytes = params->size & ~3;
  for (int32_t i = 0; i < bytes; i += 4) {
    const int32x4_t a = vsubq_n_s32(mcugen_load_codes_mve(input0 + i), r.zero_point0);
    const int32x4_t b = vmulq_n_s32(mcugen_load_codes_mve(input1 + i), r.factor1);
    const int32x4_t doubled = vmulq_s32(a, vsubq_n_s32(b, r.offset1));
    int32x4_t code = vrmulhq_s32(doubled, vdupq_n_s32(r.multiplier));
    const int32x4_t sign = vandq_s32(vshrq_n_s32(doubled, 31), vdupq_n_s32(r.sign));
    code = vaddq_n_s32(vaddq_s32(code, sign), r.term);
    mcugen_store_codes_mve(output + i, vshlq_r_s32(code, -r.right), params->activation_min,
                           params->activation_max);
  }
  return bytes;
}
#elif MCUGEN_DSP_ASM
/* The whole words of a row in which neighbours lie next to each other; returns their bytes. */
static int32_t mul_words(const mcugen_mul_s8_params *params, const int8_t *input0,
                         const int8_t *input1, int8_t *output) {
  const rescaling r = rescaling_of(params);
  const uint32_t low = UINT32_C(0x01010101) * (uint8_t)params->activation_min;
  const uint32_t high = UINT32_C(0x01010101) * (uint8_t)params->activation_max;
  const int32_t bytes = params->size & ~3;
  for (const int8_t *const end = output + bytes; output != end; output += 4) {
    const int32_t a = mcugen_ssat8(product(input0[0], input1[0], r));
    const int32_t b = mcugen_ssat8(product(input0[1], input1[1], r));
    const int32_t c = mcugen_ssat8(product(input0[2], input1[2], r));
    const int32_t d = mcugen_ssat8(product(input0[3], input1[3], r));
    const uint32_t limited = mcugen_bytes_max(mcugen_bytes(a, b, c, d), low);
    mcugen_store_word(output, mcugen_bytes_min(limited, high));
    input0 += 4;
    input1 += 4;
  }
  return bytes;
}
#endif

static void mul_row(const mcugen_mul_s8_params *params, const int8_t *input0, const int8_t *input1,
                    int8_t *output) {
  const rescaling r = rescaling_of(params);
  const int32_t low = params->activation_min;
  const int32_t high = params->activation_max;
  const int32_t step0 = mcugen_inner_step0(params->walk);
  const int32_t step1 = mcugen_inner_step1(params->walk);
  const int8_t *const end = output + params->size;
#if MCUGEN_MVE || MCUGEN_DSP_ASM
  if (step0 == 1 && step1 == 1) {
    const int32_t done = mul_words(params, input0, input1, output);
    input0 += done;
    input1 += done;
    output += done;
  }
#endif
  while (output != end) {
    *output++ = (int8_t)mcugen_clamp(product(*input0, *input1, r), low, high);
    input0 += step0;
    input1 += step1;
  }
}

void mcugen_mul_s8(const mcugen_mul_s8_params *params, const int8_t *input0, const int8_t *input1,
                   int8_t *output) {
  int32_t index[MCUGEN_BROADCAST_DIMS - 1] = {0};
  int32_t dim;
  do {
    mul_row(params, input0, input1, output);
    dim = mcugen_next_row(params->walk, index);
    if (dim >= 0) {
      input0 += mcugen_step0(params->walk, dim);
      input1 += mcugen_step1(params->walk, dim);
      output += params->size;
    }
  } while (dim >= 0);
}
