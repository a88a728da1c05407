#include "mcugen_conv_s8_dsp.h"

#include "mcugen_copy.h"

static int8_t *pad(int8_t *column, int32_t zero_point, int32_t bytes) {
  mcugen_fill_bytes(column, zero_point, bytes);
  return column + bytes;
}

/* Appends `count` neighbours, the first at x, which may lie outside the row. */
static int8_t *gather_run(const mcugen_conv_s8_dsp_params *params, const int8_t *row, int32_t x,
                          int32_t count, int8_t *column) {
  const int32_t channels = params->input_channels;
  const int32_t left = mcugen_clamp(-x, 0, count);
  const int32_t right = mcugen_clamp(x + count - params->input_w, 0, count - left);
  const int32_t bytes = (count - left - right) * channels;
  column = pad(column, params->input_zero_point, left * channels);
  mcugen_copy_bytes(column, row + (x + left) * channels, bytes);
  return pad(column + bytes, params->input_zero_point, right * channels);
}

/* Copies the window whose first position is (y, x) to `column`. */
static void gather_window(const mcugen_conv_s8_dsp_params *params, const int8_t *input, int32_t y,
                          int32_t x, int8_t *column) {
  /* Neighbours are contiguous, and copied at once, unless dilation lies between. */
  const int32_t run = params->dilation_w == 1 ? params->kernel_w : 1;
  for (int32_t ky = 0; ky < params->kernel_h; ++ky) {
    const int32_t row = y + ky * params->dilation_h;
    if (row < 0 || row >= params->input_h) {
      const int32_t bytes = params->kernel_w * params->input_channels;
      column = pad(column, params->input_zero_point, bytes);
      continue;
    }
    const int8_t *pixels = input + row * params->input_w * params->input_channels;
    for (int32_t kx = 0; kx < params->kernel_w; kx += run) {
      column = gather_run(params, pixels, x + kx * params->dilation_w, run, column);
    }
  }
}

/* Whether the window from (y, x) lies in the image, and its rows are whole words in one piece. */
static int32_t has_plain_rows(const mcugen_conv_s8_dsp_params *params, int32_t y, int32_t x) {
  const int32_t bottom = y + (params->kernel_h - 1) * params->dilation_h;
  return ((params->kernel_w * params->input_channels) & 3) == 0 && params->dilation_w == 1 &&
         y >= 0 && bottom < params->input_h && x >= 0 && x + params->kernel_w <= params->input_w;
}

/* Widens the window from (y, x), every `step`th word from `pairs` on. */
static void widen_window(const mcugen_conv_s8_dsp_params *params, const int8_t *input, int32_t y,
                         int32_t x, int8_t *column, uint32_t *pairs, int32_t step) {
  const int32_t row_bytes = params->kernel_w * params->input_channels;
  if (has_plain_rows(params, y, x)) {
    const int32_t pitch = params->dilation_h * params->input_w * params->input_channels;
    const int8_t *row = input + (y * params->input_w + x) * params->input_channels;
    for (int32_t ky = 0; ky < params->kernel_h; ++ky) {
      pairs = mcugen_widen(row, row_bytes, pairs, step);
      row += pitch;
    }
  } else {
    gather_window(params, input, y, x, column);
    mcugen_widen(column, params->kernel_h * row_bytes, pairs, step);
  }
}

void mcugen_conv_s8_dsp(const mcugen_conv_s8_dsp_params *params, const int8_t *input,
                        int8_t *output, void *scratch) {
  uint32_t *const pairs = scratch;
  int8_t *const column = (int8_t *)(pairs + MCUGEN_MATMUL_PIXELS * params->matmul.depth / 2);
  int32_t left = params->output_h * params->output_w;
  int32_t out_y = 0;
  int32_t out_x = 0;
  while (left > 0) {
    const int32_t count = left < MCUGEN_MATMUL_PIXELS ? 1 : MCUGEN_MATMUL_PIXELS;
    for (int32_t pixel = 0; pixel < count; ++pixel) {
      widen_window(params, input, out_y * params->stride_h - params->pad_top,
                   out_x * params->stride_w - params->pad_left, column, pairs + pixel, count);
      if (++out_x == params->output_w) {
        out_x = 0;
        ++out_y;
      }
    }
    mcugen_matmul_s8_dsp(&params->matmul, pairs, count, output);
    output += count * params->matmul.units;
    left -= count;
  }
}
