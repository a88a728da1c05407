#include "mcugen_mean_s8.h"

void mcugen_mean_s8(const mcugen_mean_s8_params *params, const int8_t *input, int8_t *output) {
  const int32_t inner_step = params->kept2;
  const int32_t middle_step = params->reduced1 * inner_step;
  const int32_t outer_step = params->kept1 * middle_step;
  for (int32_t i = 0; i < params->kept0; ++i) {
    for (int32_t j = 0; j < params->kept1; ++j) {
      for (int32_t k = 0; k < params->kept2; ++k) {
        const int8_t *row = input + j * middle_step + k;
        int32_t sum = params->start;
        for (int32_t outer = 0; outer < params->reduced0; ++outer) {
          for (int32_t inner = 0; inner < params->reduced1; ++inner) {
            sum += row[outer * outer_step + inner * inner_step];
          }
        }
        sum = mcugen_requantize(sum, params->multiplier, params->shift);
        *output++ = (int8_t)mcugen_clamp(sum + params->output_zero_point, INT8_MIN, INT8_MAX);
      }
    }
    input += params->reduced0 * outer_step;
  }
}
