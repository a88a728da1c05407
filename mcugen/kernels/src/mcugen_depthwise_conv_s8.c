#include "mcugen_depthwise_conv_s8.h"

#include "mcugen_dsp.h"

/* Channels that are summed side by side, so that input and weights are read in order. */
#define BLOCK 16

/*
 * Adds to sums[i] the products of input channel `channel` + i with its filter for every position
 * of the window from (y, x) on that lies in the image.
 */
static void add_window(const mcugen_depthwise_conv_s8_params *params, const int8_t *input,
                       int32_t y, int32_t x, int32_t channel, int32_t copy, int32_t count,
                       int32_t *sums) {
  const int32_t step = params->depth_multiplier;
  const int32_t zero_point = params->input_zero_point;
  for (int32_t ky = 0; ky < params->kernel_h; ++ky) {
    const int32_t row = y + ky * params->dilation_h;
    if (row < 0 || row >= params->input_h) {
      continue;
    }
    for (int32_t kx = 0; kx < params->kernel_w; ++kx) {
      const int32_t column = x + kx * params->dilation_w;
      if (column < 0 || column >= params->input_w) {
        continue;
      }
      const int32_t pixel = row * params->input_w + column;
      const int32_t tap = ky * params->kernel_w + kx;
      const int8_t *values = input + pixel * params->channels + channel;
      const int8_t *weights = params->weights + (tap * params->channels + channel) * step + copy;
      for (int32_t i = 0; i < count; ++i) {
        sums[i] += (values[i] - zero_point) * *weights;
        weights += step;
      }
    }
  }
}

static void convolve_pixel(const mcugen_depthwise_conv_s8_params *params, const int8_t *input,
                           int32_t y, int32_t x, int8_t *output) {
  for (int32_t channel = 0; channel < params->channels; channel += BLOCK) {
    const int32_t left = params->channels - channel;
    const int32_t count = left < BLOCK ? left : BLOCK;
    for (int32_t copy = 0; copy < params->depth_multiplier; ++copy) {
      int32_t sums[BLOCK] = {0};
      add_window(params, input, y, x, channel, copy, count, sums);
      int32_t out = channel * params->depth_multiplier + copy;
      for (int32_t i = 0; i < count; ++i) {
        const int32_t code =
            mcugen_code_of_sum(sums[i] + params->bias[out], params->multiplier[out],
                               params->shift[out], params->output_zero_point);
        output[out] = (int8_t)mcugen_clamp(code, params->activation_min, params->activation_max);
        out += params->depth_multiplier;
      }
    }
  }
}

void mcugen_depthwise_conv_s8(const mcugen_depthwise_conv_s8_params *params, const int8_t *input,
                              int8_t *output) {
  /* A copy, as codes might alias the original for all that the compiler knows. */
  const mcugen_depthwise_conv_s8_params p = *params;
  for (int32_t out_y = 0; out_y < p.output_h; ++out_y) {
    const int32_t y = out_y * p.stride_h - p.pad_top;
    for (int32_t out_x = 0; out_x < p.output_w; ++out_x) {
      convolve_pixel(&p, input, y, out_x * p.stride_w - p.pad_left, output);
      output += p.channels * p.depth_multiplier;
    }
  }
}
