#include "mcugen_average_pool_s8.h"

void mcugen_average_pool_s8(const mcugen_average_pool_s8_params *params, const int8_t *input,
                            int8_t *output) {
  const int32_t channels = params->channels;
  for (int32_t out_y = 0; out_y < params->output_h; ++out_y) {
    for (int32_t out_x = 0; out_x < params->output_w; ++out_x) {
      const mcugen_pool_window window = mcugen_pool_window_at(params, input, out_y, out_x);
      const int32_t count = window.h * window.w;
      const int32_t half = count / 2;
      for (int32_t channel = 0; channel < channels; ++channel) {
        int32_t sum = 0;
        int32_t row = channel;
        for (int32_t y = 0; y < window.h; ++y) {
          const int8_t *value = window.first + row;
          for (int32_t x = 0; x < window.w; ++x) {
            sum += value[x * channels];
          }
          row += params->input_w * channels;
        }
        const int32_t mean = (sum > 0 ? sum + half : sum - half) / count;
        *output++ = (int8_t)mcugen_clamp(mean, params->activation_min, params->activation_max);
      }
    }
  }
}
