#include "mcugen_mean_s8.h"

/* The means of all channels over one window. */
static void mean_pixel(const mcugen_mean_s8_params *params, const mcugen_window *window,
                       int8_t *output) {
  const int32_t start = params->start;
  const int32_t multiplier = params->multiplier;
  const int32_t shift = params->shift;
  const int32_t zero_point = params->output_zero_point;
  int32_t channel = 0;
  while (channel < params->kept2) {
    int32_t sums[MCUGEN_WINDOW_LANES];
    const int32_t lanes = mcugen_window_sums(window, channel, params->kept2, sums);
    for (int32_t i = 0; i < lanes; ++i) {
      const int32_t mean = mcugen_requantize(start + sums[i], multiplier, shift) + zero_point;
      output[channel + i] = (int8_t)mcugen_clamp(mean, INT8_MIN, INT8_MAX);
    }
    channel += lanes;
  }
}

void mcugen_mean_s8(const mcugen_mean_s8_params *params, const int8_t *input, int8_t *output) {
  const int32_t middle_step = params->reduced1 * params->kept2;
  const int32_t outer_step = params->kept1 * middle_step;
  for (int32_t i = 0; i < params->kept0; ++i) {
    for (int32_t j = 0; j < params->kept1; ++j) {
      const mcugen_window window = {
          .first = input + j * middle_step,
          .h = params->reduced0,
          .w = params->reduced1,
          .pixel_step = params->kept2,
          .row_step = outer_step,
      };
      mean_pixel(params, &window, output);
      output += params->kept2;
    }
    input += params->reduced0 * outer_step;
  }
}
