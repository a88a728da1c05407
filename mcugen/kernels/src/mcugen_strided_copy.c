#include "mcugen_strided_copy.h"

/* The innermost loop: single bytes and words, the common elements, do without calls. */
static void copy_runs(const uint8_t *input, uint8_t *output, int32_t count, int32_t input_stride,
                      int32_t output_stride, int32_t run_bytes) {
  int32_t from = 0;
  int32_t to = 0;
  if (run_bytes == 1) {
    for (int32_t i = 0; i < count; ++i, from += input_stride, to += output_stride) {
      output[to] = input[from];
    }
  } else if (run_bytes == 4) {
    for (int32_t i = 0; i < count; ++i, from += input_stride, to += output_stride) {
      memcpy(output + to, input + from, 4);
    }
  } else {
    for (int32_t i = 0; i < count; ++i, from += input_stride, to += output_stride) {
      memcpy(output + to, input + from, (size_t)run_bytes);
    }
  }
}

void mcugen_strided_copy(const mcugen_strided_copy_params *params, const void *input,
                         void *output) {
  const int32_t *shape = params->shape;
  const int32_t *in = params->input_strides;
  const int32_t *out = params->output_strides;
  for (int32_t i0 = 0; i0 < shape[0]; ++i0) {
    for (int32_t i1 = 0; i1 < shape[1]; ++i1) {
      for (int32_t i2 = 0; i2 < shape[2]; ++i2) {
        for (int32_t i3 = 0; i3 < shape[3]; ++i3) {
          const int32_t from = i0 * in[0] + i1 * in[1] + i2 * in[2] + i3 * in[3];
          const int32_t to = i0 * out[0] + i1 * out[1] + i2 * out[2] + i3 * out[3];
          copy_runs((const uint8_t *)input + from, (uint8_t *)output + to, shape[4], in[4], out[4],
                    params->run_bytes);
        }
      }
    }
  }
}
