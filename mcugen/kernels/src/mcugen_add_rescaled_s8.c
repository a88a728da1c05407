#include "mcugen_add_rescaled_s8.h"

#define LEFT_SHIFT 20

static inline int32_t common_scale(int32_t centred, int32_t multiplier, int32_t shift) {
  return mcugen_requantize(centred * (1 << LEFT_SHIFT), multiplier, shift);
}

static void add_row(const mcugen_add_rescaled_s8_params *params, const int8_t *input0,
                    const int8_t *input1, int8_t *output) {
  const int32_t step0 = mcugen_inner_step0(params->walk);
  const int32_t step1 = mcugen_inner_step1(params->walk);
  const int8_t *const end = output + params->size;
  while (output < end) {
    const int32_t a =
        common_scale(*input0 - params->zero_point0, params->multiplier0, params->shift0);
    const int32_t b =
        common_scale(*input1 - params->zero_point1, params->multiplier1, params->shift1);
    const int32_t sum =
        mcugen_requantize(a + params->sign1 * b, params->output_multiplier, params->output_shift) +
        params->output_zero_point;
    *output++ = (int8_t)mcugen_clamp(sum, params->activation_min, params->activation_max);
    input0 += step0;
    input1 += step1;
  }
}

void mcugen_add_rescaled_s8(const mcugen_add_rescaled_s8_params *params, const int8_t *input0,
                            const int8_t *input1, int8_t *output) {
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
