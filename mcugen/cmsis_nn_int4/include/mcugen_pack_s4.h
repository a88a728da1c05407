#ifndef MCUGEN_PACK_S4_H
#define MCUGEN_PACK_S4_H

#include "mcugen_common.h"

/**
 * int8 codes from 4-bit ones, and back: rows of `channels` codes, each packed row beginning on a
 * byte, its first code in the low half of the first one. A last half byte is 0.
 *
 * `first_code`, at most 112, is the code that is stored as 0. Packing asks for codes from there to
 * first_code + 15.
 */
typedef struct {
  int32_t rows;
  int32_t channels;
  int32_t first_code;
} mcugen_pack_s4_params;

void mcugen_pack_s4(const mcugen_pack_s4_params *params, const int8_t *codes, int8_t *packed);

#endif
