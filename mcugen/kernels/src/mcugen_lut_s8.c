#include "mcugen_lut_s8.h"

void mcugen_lut_s8(const mcugen_lut_s8_params *params, const uint8_t *input, uint8_t *output) {
  const uint8_t *const table = params->table;
  const uint8_t *const end = input + params->size;
  while (input < end) {
    *output++ = table[*input++];
  }
}
