#include "mcugen_conv_w4a4.h"

#include "mcugen_copy.h"

#define PIXELS MCUGEN_MATMUL_W4A4_PIXELS

/* Appends the zero point, twice in each byte. */
static uint8_t *pad(const mcugen_conv_w4a4_params *params, uint8_t *column, int32_t bytes) {
  mcugen_fill_bytes(column, (params->input_zero_point + 8) * 0x11, bytes);
  return column + bytes;
}

/* Appends `count` neighbours, the first at x, which may lie outside the row. */
static uint8_t *gather_run(const mcugen_conv_w4a4_params *params, const uint8_t *row, int32_t x,
                           int32_t count, uint8_t *column) {
  const int32_t pixel_bytes = params->pixel_bytes;
  const int32_t left = mcugen_clamp(-x, 0, count);
  const int32_t right = mcugen_clamp(x + count - params->input_w, 0, count - left);
  const int32_t bytes = (count - left - right) * pixel_bytes;
  column = pad(params, column, left * pixel_bytes);
  if (bytes > 0) {
    mcugen_copy_bytes(column, row + (x + left) * pixel_bytes, bytes);
  }
  return pad(params, column + bytes, right * pixel_bytes);
}

/* Copies the window whose first position is (y, x), and fills `column` up. */
static void gather_window(const mcugen_conv_w4a4_params *params, const uint8_t *input, int32_t y,
                          int32_t x, uint8_t *column) {
  uint8_t *const end = column + params->matmul.depth / 2;
  /* Neighbours are contiguous, and copied at once, unless dilation lies between. */
  const int32_t run = params->dilation_w == 1 ? params->kernel_w : 1;
  for (int32_t ky = 0; ky < params->kernel_h; ++ky) {
    const int32_t row = y + ky * params->dilation_h;
    if (row < 0 || row >= params->input_h) {
      column = pad(params, column, params->kernel_w * params->pixel_bytes);
      continue;
    }
    const uint8_t *const pixels = input + row * params->input_w * params->pixel_bytes;
    for (int32_t kx = 0; kx < params->kernel_w; kx += run) {
      column = gather_run(params, pixels, x + kx * params->dilation_w, run, column);
    }
  }
  pad(params, column, (int32_t)(end - column));
}

/* Unpacks the window from (y, x) on to every `count`th word. */
static void unpack_window(const mcugen_conv_w4a4_params *params, const uint8_t *input, int32_t y,
                          int32_t x, int32_t count, uint8_t *column, uint32_t *pixels) {
  const int32_t whole_pixel = params->kernel_h == 1 && params->kernel_w == 1 &&
                              2 * params->pixel_bytes == params->matmul.depth;
  const int32_t inside = y >= 0 && y < params->input_h && x >= 0 && x < params->input_w;
  const uint8_t *window = column;
  if (whole_pixel && inside) {
    window = input + (y * params->input_w + x) * params->pixel_bytes;
  } else {
    gather_window(params, input, y, x, column);
  }
  mcugen_matmul_w4a4_unpack(&params->matmul, window, count, pixels);
}

void mcugen_conv_w4a4(const mcugen_conv_w4a4_params *params, const int8_t *input, int8_t *output,
                      void *scratch) {
  const mcugen_matmul_w4a4_params *const matmul = &params->matmul;
  const int32_t segments = 1 + (matmul->depth - matmul->first_segment) / matmul->segment;
  const int32_t pitch = mcugen_matmul_w4a4_pitch(matmul);
  const uint8_t *const packed = (const uint8_t *)input;
  uint32_t *const pixels = scratch;
  uint8_t *const column = (uint8_t *)(pixels + PIXELS * (matmul->depth / 2 + segments));
  int32_t left = params->output_h * params->output_w;
  int32_t out_y = 0;
  int32_t out_x = 0;
  while (left > 0) {
    /* Three pixels are cheaper as four, the last one done twice, than one by one. */
    const int32_t count = left < PIXELS - 1 ? 1 : PIXELS;
    const int32_t used = left < count ? left : count;
    for (int32_t i = 0; i < used; ++i) {
      unpack_window(params, packed, out_y * params->stride_h - params->pad_top,
                    out_x * params->stride_w - params->pad_left, count, column, pixels + i);
      if (++out_x == params->output_w) {
        out_x = 0;
        ++out_y;
      }
    }
    mcugen_matmul_w4a4(matmul, pixels, count, used, output);
    output += used * pitch;
    left -= used;
  }
}
