#include "mcugen_fully_connected_s8_dsp.h"

void mcugen_fully_connected_s8_dsp(const mcugen_fully_connected_s8_dsp_params *params,
                                   const int8_t *input, int8_t *output, void *scratch) {
  const int32_t bytes = params->row_bytes;
  const int32_t units = params->matmul.units;
  uint32_t *const pairs = scratch;
  int32_t rows = params->rows;
  for (; rows >= MCUGEN_MATMUL_PIXELS; rows -= MCUGEN_MATMUL_PIXELS) {
    for (int32_t row = 0; row < MCUGEN_MATMUL_PIXELS; ++row) {
      mcugen_widen(input, bytes, pairs + row, MCUGEN_MATMUL_PIXELS);
      input += bytes;
    }
    mcugen_matmul_s8_dsp(&params->matmul, pairs, MCUGEN_MATMUL_PIXELS, output);
    output += MCUGEN_MATMUL_PIXELS * units;
  }
  for (; rows > 0; --rows) {
    mcugen_widen(input, bytes, pairs, 1);
    mcugen_matmul_s8_dsp(&params->matmul, pairs, 1, output);
    input += bytes;
    output += units;
  }
}
