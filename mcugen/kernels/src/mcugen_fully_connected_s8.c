#include "mcugen_fully_connected_s8.h"

void mcugen_fully_connected_s8(const mcugen_fully_connected_s8_params *params, const int8_t *input,
                               int8_t *output) {
  const int32_t depth = params->depth;
  for (int32_t row = 0; row < params->rows; ++row) {
    const int8_t *weights = params->weights;
    for (int32_t unit = 0; unit < params->units; ++unit) {
      int32_t sum = params->bias[unit];
      for (int32_t i = 0; i < depth; ++i) {
        sum += input[i] * weights[i];
      }
      weights += depth;
      sum = mcugen_requantize(sum, params->multiplier[unit], params->shift[unit]);
      sum += params->output_zero_point;
      *output++ = (int8_t)mcugen_clamp(sum, params->activation_min, params->activation_max);
    }
    input += depth;
  }
}
