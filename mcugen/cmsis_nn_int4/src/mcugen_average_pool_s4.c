#include "mcugen_average_pool_s4.h"

static int8_t mean(const mcugen_average_pool_s4_params *params, int32_t sum, int32_t count) {
  sum += count * params->first_code;
  sum = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
  return (int8_t)mcugen_clamp(sum, params->activation_min, params->activation_max);
}

/* The pixels under a window. */
typedef struct {
  const uint8_t *first;
  int32_t rows;
  int32_t columns;
  int32_t pixel_bytes;
  int32_t row_bytes;
} window;

/* Pixels whose codes, 15 at most, surely add up to 16 bits. */
#define MAX_PIXELS 4369

/* Means of eight channels, of which a word holds one pixel. */
static void pool_8(const mcugen_average_pool_s4_params *params, const window *pixels,
                   int32_t channel, int32_t count, int8_t *output) {
  const uint32_t nibbles = UINT32_C(0x000F000F);
  uint32_t sums[4] = {0, 0, 0, 0};
  const uint8_t *row = pixels->first + channel / 2;
  for (int32_t y = pixels->rows; y > 0; --y) {
    const uint8_t *place = row;
    for (int32_t x = pixels->columns; x > 0; --x) {
      uint32_t word;
      memcpy(&word, place, sizeof word);
      sums[0] += word & nibbles;
      sums[1] += (word >> 4) & nibbles;
      sums[2] += (word >> 8) & nibbles;
      sums[3] += (word >> 12) & nibbles;
      place += pixels->pixel_bytes;
    }
    row += pixels->row_bytes;
  }
  for (int32_t i = 0; i < 4; ++i) {
    output[i] = mean(params, (int32_t)(sums[i] & 0xFFFFU), count);
    output[4 + i] = mean(params, (int32_t)(sums[i] >> 16), count);
  }
}

/* Means of the two channels of a byte, or of its first one. */
static void pool_2(const mcugen_average_pool_s4_params *params, const window *pixels,
                   int32_t channel, int32_t count, int8_t *output) {
  int32_t low = 0;
  int32_t high = 0;
  const uint8_t *row = pixels->first + channel / 2;
  for (int32_t y = pixels->rows; y > 0; --y) {
    const uint8_t *place = row;
    for (int32_t x = pixels->columns; x > 0; --x) {
      low += *place & 15;
      high += *place >> 4;
      place += pixels->pixel_bytes;
    }
    row += pixels->row_bytes;
  }
  output[0] = mean(params, low, count);
  if (channel + 1 < params->channels) {
    output[1] = mean(params, high, count);
  }
}

/* One pixel of the output, whose window begins at (y, x) and may reach over the image's border. */
static void pool_pixel(const mcugen_average_pool_s4_params *params, const uint8_t *input, int32_t y,
                       int32_t x, int8_t *output) {
  const int32_t top = mcugen_clamp(y, 0, params->input_h);
  const int32_t left = mcugen_clamp(x, 0, params->input_w);
  window pixels;
  pixels.rows = mcugen_clamp(y + params->filter_h, 0, params->input_h) - top;
  pixels.columns = mcugen_clamp(x + params->filter_w, 0, params->input_w) - left;
  pixels.pixel_bytes = (params->channels + 1) / 2;
  pixels.row_bytes = params->input_w * pixels.pixel_bytes;
  pixels.first = input + top * pixels.row_bytes + left * pixels.pixel_bytes;
  const int32_t count = pixels.rows * pixels.columns;
  int32_t channel = 0;
  for (; count <= MAX_PIXELS && channel + 8 <= params->channels; channel += 8) {
    pool_8(params, &pixels, channel, count, output + channel);
  }
  for (; channel < params->channels; channel += 2) {
    pool_2(params, &pixels, channel, count, output + channel);
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
