#include "mcugen_fully_connected_w4a8.h"

/* As mcugen_w4a8_widen, for one row, which may be so short that its preparations would show. */
static inline void widen_row(const int8_t *input, int32_t bytes, uint32_t *pixel, int32_t count) {
  mcugen_w4a8_sums sums = {0, 0};
  uint32_t *pairs = pixel + 2 * count;
  if ((bytes & 4) != 0) {
    mcugen_w4a8_put(mcugen_load_word(input), pairs, count, &sums);
    input += 4;
    pairs += 2 * count;
  }
  for (const int8_t *const end = input + (bytes & ~7); input != end; input += 8) {
    mcugen_w4a8_put(mcugen_load_word(input), pairs, count, &sums);
    mcugen_w4a8_put(mcugen_load_word(input + 4), pairs + 2 * count, count, &sums);
    pairs += 4 * count;
  }
  if ((bytes & 3) != 0) {
    mcugen_w4a8_put_last(input, bytes & 3, pairs, count, &sums);
  }
  mcugen_w4a8_start(pixel, count, &sums);
}

void mcugen_fully_connected_w4a8(const mcugen_fully_connected_w4a8_params *params,
                                 const int8_t *input, int8_t *output, void *scratch) {
  const int32_t bytes = params->row_bytes;
  const int32_t units = params->matmul.units;
  uint32_t *const pixels = scratch;
  int32_t left = params->rows;
  for (; left >= MCUGEN_MATMUL_W4A8_PIXELS; left -= MCUGEN_MATMUL_W4A8_PIXELS) {
    for (int32_t row = 0; row < MCUGEN_MATMUL_W4A8_PIXELS; ++row) {
      widen_row(input, bytes, pixels + row, MCUGEN_MATMUL_W4A8_PIXELS);
      input += bytes;
    }
    mcugen_matmul_w4a8(&params->matmul, pixels, MCUGEN_MATMUL_W4A8_PIXELS, output);
    output += MCUGEN_MATMUL_W4A8_PIXELS * units;
  }
  for (; left > 0; --left) {
    widen_row(input, bytes, pixels, 1);
    mcugen_matmul_w4a8(&params->matmul, pixels, 1, output);
    input += bytes;
    output += units;
  }
}
