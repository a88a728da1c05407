#include "mcugen_add_s8.h"

#include "mcugen_dsp_bytes.h"
#include "mcugen_mve.h"

/* floor(code * multiplier / 256) without a product of more than 32 bits. */
static inline int32_t scaled(int32_t code, int32_t multiplier) {
  return code * (multiplier >> 8) + ((code * (multiplier & 0xFF)) >> 8);
}

#if MCUGEN_MVE
static inline int32x4_t scaled_four(const int8_t *codes, int32x4_t multiplier) {
  /* Of the product, VMULH keeps what divides by 2^32. */
  return vmulhq_s32(vshlq_n_s32(mcugen_load_codes_mve(codes), 24), multiplier);
}

/* The whole words of a row in which neighbours lie next to each other; returns their bytes. */
static int32_t add_words(const mcugen_add_s8_params *params, const int8_t *input0,
                         const int8_t *input1, int8_t *output) {
  const int32x4_t multiplier0 = vdupq_n_s32(params->multiplier0);
  const int32x4_t multiplier1 = vdupq_n_s32(params->multiplier1);
  const int32_t low = params->activation_min;
  const int32_t high = params->activation_max;
  const int32_t offset = params->offset;
  const int32_t rounding = params->rounding;
  const int32_t bytes = params->size & ~3;
  for (int32_t i = 0; i < bytes; i += 4) {
    int32x4_t sum = scaled_four(input0 + i, multiplier0);
    sum = vaddq_s32(sum, scaled_four(input1 + i, multiplier1));
    sum = vaddq_n_s32(sum, offset);
    sum = vaddq_s32(sum, vshrq_n_s32(sum, 31));
    sum = vshrq_n_s32(vaddq_n_s32(sum, rounding), MCUGEN_ADD_FRACTION_BITS);
    mcugen_store_codes_mve(output + i, sum, low, high);
  }
  return bytes;
}
#elif MCUGEN_DSP_ASM
static inline int32_t rounded(int32_t sum, int32_t rounding) {
  int32_t code;
  __asm__(
      "add  %0, %1, %1, asr #31 \n" /* one less where negative: ties away from zero */
      "add  %0, %0, %2          \n"
      "ssat %0, #8, %0, asr %3  \n"
      : "=&r"(code)
      : "r"(sum), "r"(rounding), "i"(MCUGEN_ADD_FRACTION_BITS));
  return code;
}

/* The whole words of a row in which neighbours lie next to each other; returns their bytes. */
static int32_t add_words(const mcugen_add_s8_params *params, const int8_t *input0,
                         const int8_t *input1, int8_t *output) {
  const uint32_t odd_bytes = UINT32_C(0xFF00FF00);
  const uint32_t low = UINT32_C(0x01010101) * (uint8_t)params->activation_min;
  const uint32_t high = UINT32_C(0x01010101) * (uint8_t)params->activation_max;
  const int32_t multiplier0 = params->multiplier0;
  const int32_t multiplier1 = params->multiplier1;
  const int32_t offset = params->offset;
  const int32_t rounding = params->rounding;
  const int32_t bytes = params->size & ~3;
  for (const int8_t *const end = output + bytes; output != end; output += 4) {
    const uint32_t word0 = mcugen_load_word(input0);
    const uint32_t word1 = mcugen_load_word(input1);
    /* Lanes hold 256 times a code, so that what divides by 65536 divides by 256. */
    const uint32_t even0 = (word0 << 8) & odd_bytes;
    const uint32_t even1 = (word1 << 8) & odd_bytes;
    const uint32_t odd0 = word0 & odd_bytes;
    const uint32_t odd1 = word1 & odd_bytes;
    int32_t a = mcugen_smlawb(multiplier1, even1, mcugen_smlawb(multiplier0, even0, offset));
    int32_t b = mcugen_smlawb(multiplier1, odd1, mcugen_smlawb(multiplier0, odd0, offset));
    int32_t c = mcugen_smlawt(multiplier1, even1, mcugen_smlawt(multiplier0, even0, offset));
    int32_t d = mcugen_smlawt(multiplier1, odd1, mcugen_smlawt(multiplier0, odd0, offset));
    a = rounded(a, rounding);
    b = rounded(b, rounding);
    c = rounded(c, rounding);
    d = rounded(d, rounding);
    const uint32_t limited = mcugen_bytes_max(mcugen_bytes(a, b, c, d), low);
    mcugen_store_word(output, mcugen_bytes_min(limited, high));
    input0 += 4;
    input1 += 4;
  }
  return bytes;
}
#endif

static void add_row(const mcugen_add_s8_params *params, const int8_t *input0, const int8_t *input1,
                    int8_t *output) {
  const int32_t step0 = mcugen_inner_step0(params->walk);
  const int32_t step1 = mcugen_inner_step1(params->walk);
  const int32_t multiplier0 = params->multiplier0;
  const int32_t multiplier1 = params->multiplier1;
  const int32_t offset = params->offset;
  const int32_t rounding = params->rounding;
  const int32_t low = params->activation_min;
  const int32_t high = params->activation_max;
  const int8_t *const end = output + params->size;
#if MCUGEN_MVE || MCUGEN_DSP_ASM
  if (step0 == 1 && step1 == 1) {
    const int32_t done = add_words(params, input0, input1, output);
    input0 += done;
    input1 += done;
    output += done;
  }
#endif
  while (output != end) {
    const int32_t sum = offset + scaled(*input0, multiplier0) + scaled(*input1, multiplier1);
    /* Taking one from a negative sum turns its ties away from zero. */
    const int32_t code = (sum + (sum >> 31) + rounding) >> MCUGEN_ADD_FRACTION_BITS;
    *output++ = (int8_t)mcugen_clamp(code, low, high);
    input0 += step0;
    input1 += step1;
  }
}

void mcugen_add_s8(const mcugen_add_s8_params *params, const int8_t *input0, const int8_t *input1,
                   int8_t *output) {
  int32_t index[MCUGEN_BROADCAST_DIMS - 1] = {0};
  int32_t dim;
  do {
    add_row(params, input0, input1, output);
    dim = mcugen_next_row(params->walk, index);
    if (dim >= 0) {
      input0 += mcugen_step0(params->walk, dim);
      input1 += mcugen_step1(params->walk, dim);
      output += params->size;
    }
  } while (dim >= 0);
}
