#include "mcugen_conv_w4a8.h"

#include "mcugen_copy.h"

/* Short runs, so without a call. */
static inline void copy_run(int8_t *to, const int8_t *from, int32_t bytes) {
  for (; bytes >= 4; bytes -= 4) {
    const uint32_t word = mcugen_load_word(from);
    memcpy(to, &word, sizeof word);
    from += 4;
    to += 4;
    MCUGEN_STEPWISE(from);
    MCUGEN_STEPWISE(to);
  }
  for (; bytes > 0; --bytes) {
    *to++ = *from++;
    MCUGEN_STEPWISE(from);
    MCUGEN_STEPWISE(to);
  }
}

/* Copies what lies in the image of the window whose first position is (y, x). */
static void gather_window(const mcugen_conv_w4a8_params *params, const int8_t *input, int32_t y,
                          int32_t x, int8_t *column) {
  const int32_t channels = params->input_channels;
  const int32_t kernel_w = params->kernel_w;
  const int32_t dilation_h = params->dilation_h;
  int32_t top = 0;
  int32_t rows = params->kernel_h;
  for (; rows > 0 && y + top * dilation_h < 0; --rows) {
    ++top;
  }
  while (rows > 0 && y + (top + rows - 1) * dilation_h >= params->input_h) {
    --rows;
  }
  /* Neighbours are contiguous, and copied at once, unless dilation lies between. */
  const int32_t run = params->dilation_w == 1 ? kernel_w : 1;
  for (int32_t kx = 0; kx < kernel_w; kx += run) {
    const int32_t first = x + kx * params->dilation_w;
    const int32_t left = mcugen_clamp(-first, 0, run);
    const int32_t bytes = mcugen_clamp(params->input_w - first - left, 0, run - left) * channels;
    const int32_t pixel = (y + top * dilation_h) * params->input_w + first + left;
    int8_t *to = column + (top * kernel_w + kx + left) * channels;
    int32_t from = pixel * channels;
    for (int32_t row = rows; row > 0; --row) {
      copy_run(to, input + from, bytes);
      from += dilation_h * params->input_w * channels;
      to += kernel_w * channels;
    }
  }
}

void mcugen_conv_w4a8(const mcugen_conv_w4a8_params *params, const int8_t *input, int8_t *output,
                      void *scratch) {
  const int32_t channels = params->input_channels;
  const int32_t depth = params->matmul.depth;
  const int32_t pitch = params->input_w * channels;
  const int32_t row_bytes = params->kernel_w * channels;
  const int32_t whole_rows = params->dilation_w == 1 && row_bytes >= 4;
  const int32_t last_y = params->input_h - 1 - (params->kernel_h - 1) * params->dilation_h;
  const int32_t last_x = params->input_w - 1 - (params->kernel_w - 1) * params->dilation_w;
  const mcugen_w4a8_windows in_image = {params->kernel_h, row_bytes, params->dilation_h * pitch,
                                        params->stride_w * channels};
  const mcugen_w4a8_windows gathered = {1, depth, 0, 0};
  /* The first column of the output whose window reaches beyond the right border. */
  const int32_t border = last_x + params->pad_left;
  const int32_t inside_end =
      border < 0 ? 0 : mcugen_clamp(border / params->stride_w + 1, 0, params->output_w);
  uint32_t *const pixels = scratch;
  int8_t *const column =
      (int8_t *)scratch + MCUGEN_MATMUL_W4A8_PIXEL_BYTES(depth, MCUGEN_MATMUL_W4A8_PIXELS);
  int32_t left = params->output_h * params->output_w;
  int32_t y = -params->pad_top;
  int32_t out_x = 0;
  while (left > 0) {
    const int32_t count = left < MCUGEN_MATMUL_W4A8_PIXELS ? 1 : MCUGEN_MATMUL_W4A8_PIXELS;
    int32_t pixel = 0;
    while (pixel < count) {
      const int32_t x = out_x * params->stride_w - params->pad_left;
      const int32_t is_inside = y >= 0 && y <= last_y && x >= 0 && out_x < inside_end;
      int32_t run = 1;
      if (is_inside && whole_rows) {
        run = mcugen_clamp(inside_end - out_x, 1, count - pixel);
        mcugen_w4a8_widen(&in_image, input + y * pitch + x * channels, run, pixels + pixel, count);
      } else {
        if (!is_inside) {
          mcugen_fill_bytes(column, params->input_zero_point, depth);
        }
        gather_window(params, input, y, x, column);
        mcugen_w4a8_widen(&gathered, column, 1, pixels + pixel, count);
      }
      pixel += run;
      out_x += run;
      if (out_x == params->output_w) {
        out_x = 0;
        y += params->stride_h;
      }
    }
    mcugen_matmul_w4a8(&params->matmul, pixels, count, output);
    output += count * params->matmul.units;
    left -= count;
  }
}
