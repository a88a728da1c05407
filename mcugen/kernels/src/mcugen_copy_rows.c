#include "mcugen_copy_rows.h"

#include "mcugen_copy.h"

void mcugen_copy_rows(const mcugen_copy_rows_params *params, const void *input, void *output) {
  const uint8_t *const in = (const uint8_t *)input;
  uint8_t *const out = (uint8_t *)output;
  const int32_t rows = params->rows;
  const int32_t row_bytes = params->row_bytes;
  const int32_t input_stride = params->input_stride;
  const int32_t output_stride = params->output_stride;
  int32_t from = 0;
  int32_t to = 0;
  for (int32_t row = 0; row < rows; ++row, from += input_stride, to += output_stride) {
    if (row_bytes == 1) {
      out[to] = in[from];
    } else {
      mcugen_copy_bytes(out + to, in + from, row_bytes);
    }
  }
}
