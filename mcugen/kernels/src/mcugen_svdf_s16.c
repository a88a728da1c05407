#include "mcugen_svdf_s16.h"

void mcugen_svdf_s16(const mcugen_svdf_s16_params *params, const int8_t *input, int16_t *state,
                     int8_t *output) {
  const int16_t *weights = (const int16_t *)params->time_weights;
  const int32_t last = params->memory - 1;
  int32_t filter = 0;
  for (int32_t unit = 0; unit < params->units; ++unit) {
    int32_t sum = params->bias[unit];
    for (int32_t i = 0; i < params->rank; ++i, ++filter) {
      for (int32_t j = 0; j < last; ++j) {
        state[j] = state[j + 1];
        sum = mcugen_svdf_add(sum, state[j], weights[j]);
      }
      state[last] = (int16_t)mcugen_svdf_feature(params, input, filter, INT16_MIN, INT16_MAX);
      sum = mcugen_svdf_add(sum, state[last], weights[last]);
      state += params->memory;
      weights += params->memory;
    }
    *output++ = mcugen_svdf_output(params, sum);
  }
}
