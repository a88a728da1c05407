#include "mcugen_resize_bilinear_s8.h"

#define ONE 1024

/* Two neighbouring positions on one axis and the second one's weight, in 1/1024. */
typedef struct {
  int32_t lower;
  int32_t upper;
  int32_t weight;
} neighbours;

/* Before the first position both neighbours are it, and the weights still add up to 1. */
static neighbours neighbours_at(int32_t position, int32_t size) {
  neighbours result = {0, 0, position};
  if (position > 0) {
    result.lower = position / ONE;
    result.upper = (position + ONE - 1) / ONE;
    result.weight = position - result.lower * ONE;
  }
  if (result.upper > size - 1) {
    result.upper = size - 1;
  }
  return result;
}

/* One pixel: |sum| < 2^31, because every weight lies in [-512, 1536]. */
static void interpolate(const int8_t *const corners[4], const int32_t weights[4], int32_t channels,
                        int8_t *output) {
  const int32_t half = ONE * ONE / 2;
  for (int32_t c = 0; c < channels; ++c) {
    const int32_t sum = corners[0][c] * weights[0] + corners[1][c] * weights[1] +
                        corners[2][c] * weights[2] + corners[3][c] * weights[3];
    output[c] = (int8_t)((sum > 0 ? sum + half : sum - half) / (ONE * ONE));
  }
}

void mcugen_resize_bilinear_s8(const mcugen_resize_bilinear_s8_params *params, const int8_t *input,
                               int8_t *output) {
  const int32_t channels = params->channels;
  const int32_t row_size = params->input_w * channels;
  for (int32_t batch = 0; batch < params->batches; ++batch) {
    for (int32_t y = 0; y < params->output_h; ++y) {
      const neighbours row = neighbours_at(params->offset_y + y * params->scale_y, params->input_h);
      const int8_t *top = input + row.lower * row_size;
      const int8_t *bottom = input + row.upper * row_size;
      for (int32_t x = 0; x < params->output_w; ++x) {
        const neighbours column =
            neighbours_at(params->offset_x + x * params->scale_x, params->input_w);
        const int8_t *const corners[4] = {
            top + column.lower * channels, top + column.upper * channels,
            bottom + column.lower * channels, bottom + column.upper * channels};
        const int32_t weights[4] = {(ONE - row.weight) * (ONE - column.weight),
                                    (ONE - row.weight) * column.weight,
                                    row.weight * (ONE - column.weight), row.weight * column.weight};
        interpolate(corners, weights, channels, output);
        output += channels;
      }
    }
    input += params->input_h * row_size;
  }
}
