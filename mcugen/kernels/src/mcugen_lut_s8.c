#include "mcugen_lut_s8.h"

#include "mcugen_mve.h"

void mcugen_lut_s8(const mcugen_lut_s8_params *params, const uint8_t *input, uint8_t *output) {
  const uint8_t *const table = params->table;
  const int32_t size = params->size;
#if MCUGEN_MVE
  for (int32_t i = 0; i < size; i += 16) {
    const mve_pred16_t lanes = vctp8q((uint32_t)(size - i));
    const uint8x16_t codes = vldrbq_z_u8(input + i, lanes);
    vstrbq_p_u8(output + i, vldrbq_gather_offset_z_u8(table, codes, lanes), lanes);
  }
#else
  for (const uint8_t *const end = input + (size & ~3); input != end; input += 4, output += 4) {
    output[0] = table[input[0]];
    output[1] = table[input[1]];
    output[2] = table[input[2]];
    output[3] = table[input[3]];
  }
  for (const uint8_t *const end = input + (size & 3); input != end;) {
    *output++ = table[*input++];
  }
#endif
}
