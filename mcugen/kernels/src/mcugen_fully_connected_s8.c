#include "mcugen_fully_connected_s8.h"

/* Units that are computed side by side, so that each input is read once for all of them. */
#define BLOCK 4

/* Adds to sums[i] the product of the input and row i of the weights, for BLOCK rows. */
static void add_products(const int8_t *input, const int8_t *weights, int32_t depth, int32_t *sums) {
  const int8_t *const row1 = weights + depth;
  const int8_t *const row2 = row1 + depth;
  const int8_t *const row3 = row2 + depth;
  int32_t sum0 = sums[0];
  int32_t sum1 = sums[1];
  int32_t sum2 = sums[2];
  int32_t sum3 = sums[3];
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t value = input[i];
    sum0 += value * weights[i];
    sum1 += value * row1[i];
    sum2 += value * row2[i];
    sum3 += value * row3[i];
  }
  sums[0] = sum0;
  sums[1] = sum1;
  sums[2] = sum2;
  sums[3] = sum3;
}

void mcugen_fully_connected_s8(const mcugen_fully_connected_s8_params *params, const int8_t *input,
                               int8_t *output) {
  const int32_t depth = params->depth;
  for (int32_t row = 0; row < params->rows; ++row) {
    const int8_t *weights = params->weights;
    for (int32_t first = 0; first < params->units; first += BLOCK) {
      const int32_t left = params->units - first;
      const int32_t count = left < BLOCK ? left : BLOCK;
      int32_t sums[BLOCK];
      for (int32_t i = 0; i < count; ++i) {
        sums[i] = params->bias[first + i];
      }
      if (count == BLOCK) {
        add_products(input, weights, depth, sums);
      } else {
        for (int32_t i = 0; i < count; ++i) {
          for (int32_t j = 0; j < depth; ++j) {
            sums[i] += input[j] * weights[i * depth + j];
          }
        }
      }
      weights += count * depth;
      for (int32_t i = 0; i < count; ++i) {
        const int32_t unit = first + i;
        int32_t sum = mcugen_requantize(sums[i], params->multiplier[unit], params->shift[unit]);
        sum += params->output_zero_point;
        *output++ = (int8_t)mcugen_clamp(sum, params->activation_min, params->activation_max);
      }
    }
    input += depth;
  }
}
