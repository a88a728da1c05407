/** QUANTIZE of real numbers to int8 codes. */
#ifndef MCUGEN_QUANTIZE_F32_H
#define MCUGEN_QUANTIZE_F32_H

#include "mcugen_common.h"

typedef struct {
  int32_t size;
  int32_t zero_point;
  float scale;
} mcugen_quantize_f32_params;

/** output = input / scale + zero_point, ties away from zero, limited to int8. NaN gives -128. */
void mcugen_quantize_f32(const mcugen_quantize_f32_params *params, const float *input,
                         int8_t *output);

#endif
