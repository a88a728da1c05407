#include "mcugen_average_pool_s8.h"

static void average_pixel(const mcugen_average_pool_s8_params *params, const mcugen_window *window,
                          int8_t *output) {
  const int32_t channels = params->channels;
  const int32_t low = params->activation_min;
  const int32_t high = params->activation_max;
  const int32_t count = window->h * window->w;
  const int32_t half = count / 2;
  int32_t channel = 0;
  while (channel < channels) {
    int32_t sums[MCUGEN_WINDOW_LANES];
    const int32_t lanes = mcugen_window_sums(window, channel, channels, sums);
    for (int32_t i = 0; i < lanes; ++i) {
      const int32_t mean = (sums[i] > 0 ? sums[i] + half : sums[i] - half) / count;
      output[channel + i] = (int8_t)mcugen_clamp(mean, low, high);
    }
    channel += lanes;
  }
}

void mcugen_average_pool_s8(const mcugen_average_pool_s8_params *params, const int8_t *input,
                            int8_t *output) {
  for (int32_t out_y = 0; out_y < params->output_h; ++out_y) {
    for (int32_t out_x = 0; out_x < params->output_w; ++out_x) {
      const mcugen_window window = mcugen_pool_window(params, input, out_y, out_x);
      average_pixel(params, &window, output);
      output += params->channels;
    }
  }
}
