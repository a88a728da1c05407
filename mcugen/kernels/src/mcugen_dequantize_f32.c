#include "mcugen_dequantize_f32.h"

void mcugen_dequantize_f32(const mcugen_dequantize_f32_params *params, const uint8_t *input,
                           float *output) {
  for (int32_t i = 0; i < params->size; ++i) {
    output[i] = params->scale * (float)((input[i] ^ params->sign_bit) - params->offset);
  }
}
