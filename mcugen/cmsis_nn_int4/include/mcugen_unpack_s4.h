#ifndef MCUGEN_UNPACK_S4_H
#define MCUGEN_UNPACK_S4_H

#include "mcugen_pack_s4.h"

/** As in mcugen_pack_s4.h, the other way. */
typedef mcugen_pack_s4_params mcugen_unpack_s4_params;

void mcugen_unpack_s4(const mcugen_unpack_s4_params *params, const int8_t *packed, int8_t *codes);

#endif
