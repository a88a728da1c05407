/** DEQUANTIZE of 8-bit codes to real numbers. */
#ifndef MCUGEN_DEQUANTIZE_F32_H
#define MCUGEN_DEQUANTIZE_F32_H

#include "mcugen_common.h"

/**
 * sign_bit: 128 for int8 codes, 0 for uint8 codes; (byte ^ sign_bit) - offset is then the code less
 *   its zero point, offset being the zero point + sign_bit.
 */
typedef struct {
  int32_t size;
  int32_t sign_bit;
  int32_t offset;
  float scale;
} mcugen_dequantize_f32_params;

/** output = scale * (code - zero point), rounded once. */
void mcugen_dequantize_f32(const mcugen_dequantize_f32_params *params, const uint8_t *input,
                           float *output);

#endif
