#include "mcugen_max_min_s8.h"

static void max_min_row(const mcugen_max_min_s8_params *params, const int8_t *input0,
                        const int8_t *input1, int8_t *output) {
  const int32_t step0 = params->steps0[MCUGEN_BROADCAST_DIMS - 1];
  const int32_t step1 = params->steps1[MCUGEN_BROADCAST_DIMS - 1];
  const int32_t invert = params->invert;
  const int8_t *const end = output + params->dims[MCUGEN_BROADCAST_DIMS - 1];
  while (output < end) {
    *output++ = (*input0 ^ invert) > (*input1 ^ invert) ? *input0 : *input1;
    input0 += step0;
    input1 += step1;
  }
}

void mcugen_max_min_s8(const mcugen_max_min_s8_params *params, const int8_t *input0,
                       const int8_t *input1, int8_t *output) {
  int32_t index[MCUGEN_BROADCAST_DIMS - 1] = {0};
  int32_t dim;
  do {
    max_min_row(params, input0, input1, output);
    dim = mcugen_next_row(params->dims, index);
    if (dim >= 0) {
      input0 += params->steps0[dim];
      input1 += params->steps1[dim];
      output += params->dims[MCUGEN_BROADCAST_DIMS - 1];
    }
  } while (dim >= 0);
}
