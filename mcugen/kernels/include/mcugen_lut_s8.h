/** Any function of one 8-bit code, as a table. */
#ifndef MCUGEN_LUT_S8_H
#define MCUGEN_LUT_S8_H

#include "mcugen_common.h"

/** table: 256 output codes, indexed by the input code's byte: int8 0, 1, ... 127, -128, ... -1. */
typedef struct {
  int32_t size;
  const uint8_t *table;
} mcugen_lut_s8_params;

/** output[i] = table[input[i]] for int8 or uint8 codes. output may be input. */
void mcugen_lut_s8(const mcugen_lut_s8_params *params, const uint8_t *input, uint8_t *output);

#endif
