#include "mcugen_strided_copy.h"

void mcugen_strided_copy(const mcugen_strided_copy_params *params, const void *input,
                         void *output) {
  const int32_t *shape = params->shape;
  const int32_t *in = params->input_strides;
  const int32_t *out = params->output_strides;
  const mcugen_copy_rows_params rows = {
      .rows = shape[4],
      .row_bytes = params->run_bytes,
      .input_stride = in[4],
      .output_stride = out[4],
  };
  for (int32_t i0 = 0; i0 < shape[0]; ++i0) {
    for (int32_t i1 = 0; i1 < shape[1]; ++i1) {
      for (int32_t i2 = 0; i2 < shape[2]; ++i2) {
        for (int32_t i3 = 0; i3 < shape[3]; ++i3) {
          const int32_t from = i0 * in[0] + i1 * in[1] + i2 * in[2] + i3 * in[3];
          const int32_t to = i0 * out[0] + i1 * out[1] + i2 * out[2] + i3 * out[3];
          mcugen_copy_rows(&rows, (const uint8_t *)input + from, (uint8_t *)output + to);
        }
      }
    }
  }
}
