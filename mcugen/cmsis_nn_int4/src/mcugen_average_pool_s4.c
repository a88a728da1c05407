#include "mcugen_average_pool_s4.h"

static int8_t mean(const mcugen_average_pool_s4_params *params, int32_t sum, int32_t count) {
  sum += count * params->first_code;
  sum = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
  return (int8_t)mcugen_clamp(sum, params->activation_min, params->activation_max);
}

/* One pixel of the output, whose window begins at (y, x) and may reach over the image's border. */
static void pool_pixel(const mcugen_average_pool_s4_params *params, const uint8_t *input, int32_t y,
                       int32_t x, int8_t *output) {
  const int32_t top = mcugen_clamp(y, 0, params->input_h);
  const int32_t left = mcugen_clamp(x, 0, params->input_w);
  const int32_t bottom = mcugen_clamp(y + params->filter_h, 0, params->input_h);
  const int32_t right = mcugen_clamp(x + params->filter_w, 0, params->input_w);
  const int32_t count = (bottom - top) * (right - left);
  const int32_t pixel_bytes = (params->channels + 1) / 2;
  for (int32_t channel = 0; channel < params->channels; channel += 2) {
    int32_t low = 0;
    int32_t high = 0;
    for (int32_t row = top; row < bottom; ++row) {
      const uint8_t *pair = input + (row * params->input_w + left) * pixel_bytes + channel / 2;
      for (int32_t column = left; column < right; ++column) {
        low += *pair & 15;
        high += *pair >> 4;
        pair += pixel_bytes;
      }
    }
    output[channel] = mean(params, low, count);
    if (channel + 1 < params->channels) {
      output[channel + 1] = mean(params, high, count);
    }
  }
}

void mcugen_average_pool_s4(const mcugen_average_pool_s4_params *params, const int8_t *input,
                            int8_t *output) {
  for (int32_t out_y = 0; out_y < params->output_h; ++out_y) {
    for (int32_t out_x = 0; out_x < params->output_w; ++out_x) {
      pool_pixel(params, (const uint8_t *)input, out_y * params->stride_h - params->pad_top,
                 out_x * params->stride_w - params->pad_left, output);
      output += params->channels;
    }
  }
}
