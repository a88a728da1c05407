#include "mcugen_conv_s8_dsp.h"

#include "mcugen_copy.h"

/* Copies what lies in the image of one row of a window; `x` is the window's left edge. */
static void gather_row(const mcugen_conv_s8_dsp_params *params, const int8_t *row, int32_t x,
                       int8_t *column) {
  const int32_t channels = params->input_channels;
  if (params->dilation_w == 1) {
    const int32_t left = mcugen_clamp(-x, 0, params->kernel_w);
    const int32_t right = mcugen_clamp(params->input_w - x, left, params->kernel_w);
    mcugen_copy_bytes(column + left * channels, row + (x + left) * channels,
                      (right - left) * channels);
    return;
  }
  for (int32_t kx = 0; kx < params->kernel_w; ++kx) {
    if (x >= 0 && x < params->input_w) {
      mcugen_copy_bytes(column, row + x * channels, channels);
    }
    x += params->dilation_w;
    column += channels;
  }
}

/* Copies the window whose first position is (y, x), which may lie partly outside the image. */
static void gather_window(const mcugen_conv_s8_dsp_params *params, const int8_t *input, int32_t y,
                          int32_t x, int8_t *column) {
  const int32_t row_bytes = params->kernel_w * params->input_channels;
  mcugen_fill_bytes(column, params->input_zero_point, params->kernel_h * row_bytes);
  for (int32_t ky = 0; ky < params->kernel_h; ++ky) {
    if (y >= 0 && y < params->input_h) {
      gather_row(params, input + y * params->input_w * params->input_channels, x, column);
    }
    y += params->dilation_h;
    column += row_bytes;
  }
}

/* Copies a window that lies in the image, its rows short: no calls. */
static inline void copy_rows(const int8_t *row, int32_t pitch, int32_t row_bytes, int32_t rows,
                             int8_t *column) {
  for (; rows > 0; --rows) {
    const int8_t *from = row;
    int32_t left = row_bytes;
    for (; left >= 4; left -= 4) {
      const uint32_t word = mcugen_load_word(from);
      memcpy(column, &word, sizeof word);
      from += 4;
      column += 4;
    }
    for (; left > 0; --left) {
      *column++ = *from++;
    }
    row += pitch;
  }
}

/* Widens the window whose first position is (y, x), every `step`th word from `pairs` on. */
static void widen_window(const mcugen_conv_s8_dsp_params *params, const int8_t *input, int32_t y,
                         int32_t x, int8_t *column, uint32_t *pairs, int32_t step) {
  const int32_t kernel_h = params->kernel_h;
  const int32_t row_bytes = params->kernel_w * params->input_channels;
  const int32_t is_inside = y >= 0 && y + (kernel_h - 1) * params->dilation_h < params->input_h &&
                            x >= 0 &&
                            x + (params->kernel_w - 1) * params->dilation_w < params->input_w;
  const int32_t pitch = params->input_w * params->input_channels;
  if (is_inside && params->dilation_w == 1) {
    const int32_t step_y = params->dilation_h * pitch;
    const int8_t *row = input + y * pitch + x * params->input_channels;
    if ((row_bytes & 3) == 0) {
      for (int32_t ky = 0; ky < kernel_h; ++ky) {
        pairs = mcugen_widen(row, row_bytes, pairs, step);
        row += step_y;
      }
      return;
    }
    copy_rows(row, step_y, row_bytes, kernel_h, column);
  } else {
    gather_window(params, input, y, x, column);
  }
  mcugen_widen(column, params->matmul.depth, pairs, step);
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
