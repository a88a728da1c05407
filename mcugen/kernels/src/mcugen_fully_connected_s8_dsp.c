#include "mcugen_fully_connected_s8_dsp.h"

void mcugen_fully_connected_s8_dsp(const mcugen_fully_connected_s8_dsp_params *params,
                                   const int8_t *input, int8_t *output, void *scratch) {
  const int32_t bytes = params->row_bytes;
  const int32_t units = params->matmul.units;
  uint32_t *const pairs = scratch;
  const int32_t pixels = params->matmul.pixels;
  int32_t left = params->rows;
  while (left > 0) {
    const int32_t count = left < pixels ? 1 : pixels;
    for (int32_t row = 0; row < count; ++row) {
      mcugen_widen(input, bytes, pairs + row, count);
      input += bytes;
    }
    mcugen_matmul_s8_dsp(&params->matmul, pairs, count, output);
    output += count * units;
    left -= count;
  }
}
