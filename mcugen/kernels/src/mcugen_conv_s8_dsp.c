#include "mcugen_conv_s8_dsp.h"

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
static void gather_window(const mcugen_conv_s8_dsp_params *params, const int8_t *input, int32_t y,
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

/*
 * Widens `rows` rows of a window that lies in the image, as one run of bytes: the word in which one
 * row ends and the next begins is put together. Rows have four bytes or more.
 */
static void widen_rows(const int8_t *row, int32_t row_bytes, int32_t pitch, int32_t rows,
                       uint32_t *pairs, int32_t step) {
  uint32_t held = 0;
  int32_t held_bytes = 0;
  for (; rows > 0; --rows) {
    const int8_t *from = row;
    const int8_t *const end = row + row_bytes;
    if (held_bytes > 0) {
      const uint32_t word = held | mcugen_load_word(from) << (8 * held_bytes);
      pairs[0] = mcugen_sxtb16(word);
      pairs[step] = mcugen_sxtb16_odd(word);
      pairs += 2 * step;
      from += 4 - held_bytes;
    }
    held_bytes = (int32_t)(end - from) & 3;
    pairs = mcugen_widen(from, (int32_t)(end - from) - held_bytes, pairs, step);
    if (held_bytes > 0) {
      held = mcugen_load_word(end - 4) >> (32 - 8 * held_bytes);
    }
    row += pitch;
  }
  if (held_bytes > 0) {
    pairs[0] = mcugen_sxtb16(held);
    pairs[step] = mcugen_sxtb16_odd(held);
  }
}

void mcugen_conv_s8_dsp(const mcugen_conv_s8_dsp_params *params, const int8_t *input,
                        int8_t *output, void *scratch) {
  const int32_t channels = params->input_channels;
  const int32_t pitch = params->input_w * channels;
  const int32_t row_bytes = params->kernel_w * channels;
  const int32_t whole_rows = params->dilation_w == 1 && row_bytes >= 4;
  const int32_t last_y = params->input_h - 1 - (params->kernel_h - 1) * params->dilation_h;
  const int32_t last_x = params->input_w - 1 - (params->kernel_w - 1) * params->dilation_w;
  uint32_t *const pairs = scratch;
  int8_t *const column = (int8_t *)(pairs + params->matmul.pixels * params->matmul.depth / 2);
  int32_t left = params->output_h * params->output_w;
  int32_t y = -params->pad_top;
  int32_t out_x = 0;
  while (left > 0) {
    const int32_t count = left < params->matmul.pixels ? 1 : params->matmul.pixels;
    for (int32_t pixel = 0; pixel < count; ++pixel) {
      const int32_t x = out_x * params->stride_w - params->pad_left;
      const int32_t is_inside = y >= 0 && y <= last_y && x >= 0 && x <= last_x;
      if (is_inside && whole_rows) {
        widen_rows(input + y * pitch + x * channels, row_bytes, params->dilation_h * pitch,
                   params->kernel_h, pairs + pixel, count);
      } else {
        if (!is_inside) {
          mcugen_fill_bytes(column, params->input_zero_point, params->matmul.depth);
        }
        gather_window(params, input, y, x, column);
        mcugen_widen(column, params->matmul.depth, pairs + pixel, count);
      }
      if (++out_x == params->output_w) {
        out_x = 0;
        y += params->stride_h;
      }
    }
    mcugen_matmul_s8_dsp(&params->matmul, pairs, count, output);
    output += count * params->matmul.units;
    left -= count;
  }
}
