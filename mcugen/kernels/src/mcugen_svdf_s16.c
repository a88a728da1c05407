#include "mcugen_svdf_s16.h"

void mcugen_svdf_s16(const mcugen_svdf_s16_params *params, const int8_t *input, int16_t *state,
                     int8_t *output) {
  const int8_t *feature_weights = params->feature_weights;
  const int16_t *time_weights = params->time_weights;
  const int32_t *start = params->feature_start;
  const int32_t last = params->memory - 1;
  for (int32_t unit = 0; unit < params->units; ++unit) {
    int32_t sum = params->bias[unit];
    for (int32_t filter = 0; filter < params->rank; ++filter) {
      int32_t feature = mcugen_svdf_feature(input, feature_weights, params->depth, *start++,
                                            params->state_multiplier, params->state_shift);
      feature = mcugen_clamp(feature, INT16_MIN, INT16_MAX) + params->state_zero_point;
      for (int32_t i = 0; i < last; ++i) {
        state[i] = state[i + 1];
        sum = mcugen_svdf_add(sum, state[i], time_weights[i]);
      }
      /* TFLM clamps before it adds the zero point, so that the code may wrap. */
      state[last] = (int16_t)feature;
      sum = mcugen_svdf_add(sum, state[last], time_weights[last]);
      state += params->memory;
      time_weights += params->memory;
      feature_weights += params->depth;
    }
    *output++ = mcugen_svdf_output(sum, params->output_multiplier, params->output_shift,
                                   params->output_zero_point);
  }
}
