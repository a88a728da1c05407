#include "mcugen_conv_s8.h"

#include "mcugen_fully_connected_s8.h"

static int8_t *pad(int8_t *column, int32_t zero_point, int32_t bytes) {
  memset(column, zero_point, (size_t)bytes);
  return column + bytes;
}

/* Appends `depth` channels of each of `count` neighbours, the first at x, which may lie outside. */
static int8_t *gather_run(const mcugen_conv_s8_params *params, const int8_t *row, int32_t x,
                          int32_t count, int32_t depth, int8_t *column) {
  const int32_t left = mcugen_clamp(-x, 0, count);
  const int32_t right = mcugen_clamp(x + count - params->input_w, 0, count - left);
  const int32_t bytes = (count - left - right) * depth;
  column = pad(column, params->input_zero_point, left * depth);
  if (bytes > 0) {
    memcpy(column, row + (x + left) * params->input_channels, (size_t)bytes);
  }
  return pad(column + bytes, params->input_zero_point, right * depth);
}

/* Copies the window whose first position is (y, x), `depth` channels from `input` on. */
static void gather_window(const mcugen_conv_s8_params *params, const int8_t *input, int32_t y,
                          int32_t x, int32_t depth, int8_t *column) {
  /* Neighbours are contiguous, and copied at once, unless dilation or other groups lie between. */
  const int32_t contiguous = params->dilation_w == 1 && params->groups == 1;
  const int32_t run = contiguous ? params->kernel_w : 1;
  for (int32_t ky = 0; ky < params->kernel_h; ++ky) {
    const int32_t row = y + ky * params->dilation_h;
    if (row < 0 || row >= params->input_h) {
      column = pad(column, params->input_zero_point, params->kernel_w * depth);
      continue;
    }
    const int8_t *pixels = input + row * params->input_w * params->input_channels;
    for (int32_t kx = 0; kx < params->kernel_w; kx += run) {
      column = gather_run(params, pixels, x + kx * params->dilation_w, run, depth, column);
    }
  }
}

void mcugen_conv_s8(const mcugen_conv_s8_params *params, const int8_t *input, int8_t *output,
                    void *scratch) {
  const int32_t depth = params->input_channels / params->groups;
  const int32_t filters = params->output_channels / params->groups;
  mcugen_fully_connected_s8_params filter = {
      .rows = 1,
      .depth = params->kernel_h * params->kernel_w * depth,
      .units = filters,
      .output_zero_point = params->output_zero_point,
      .activation_min = params->activation_min,
      .activation_max = params->activation_max,
  };
  int8_t *column = scratch;
  for (int32_t out_y = 0; out_y < params->output_h; ++out_y) {
    const int32_t y = out_y * params->stride_h - params->pad_top;
    for (int32_t out_x = 0; out_x < params->output_w; ++out_x) {
      const int32_t x = out_x * params->stride_w - params->pad_left;
      for (int32_t group = 0; group < params->groups; ++group) {
        const int32_t first = group * filters;
        gather_window(params, input + group * depth, y, x, depth, column);
        filter.weights = params->weights + first * filter.depth;
        filter.bias = params->bias + first;
        filter.multiplier = params->multiplier + first;
        filter.shift = params->shift + first;
        mcugen_fully_connected_s8(&filter, column, output);
        output += filters;
      }
    }
  }
}
