#include "mcugen_mul_s8.h"

static void mul_row(const mcugen_mul_s8_params *params, const int8_t *input0, const int8_t *input1,
                    int8_t *output) {
  const int32_t step0 = params->steps0[MCUGEN_BROADCAST_DIMS - 1];
  const int32_t step1 = params->steps1[MCUGEN_BROADCAST_DIMS - 1];
  const int8_t *const end = output + params->dims[MCUGEN_BROADCAST_DIMS - 1];
  while (output < end) {
    const int32_t product = (*input0 - params->zero_point0) * (*input1 - params->zero_point1);
    const int32_t value =
        mcugen_requantize(product, params->output_multiplier, params->output_shift) +
        params->output_zero_point;
    *output++ = (int8_t)mcugen_clamp(value, params->activation_min, params->activation_max);
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
    dim = mcugen_next_row(params->dims, index);
    if (dim >= 0) {
      input0 += params->steps0[dim];
      input1 += params->steps1[dim];
      output += params->dims[MCUGEN_BROADCAST_DIMS - 1];
    }
  } while (dim >= 0);
}
