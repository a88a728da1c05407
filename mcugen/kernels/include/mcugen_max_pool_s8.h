#ifndef MCUGEN_MAX_POOL_S8_H
#define MCUGEN_MAX_POOL_S8_H

#include "mcugen_pool_s8.h"

typedef mcugen_pool_s8_params mcugen_max_pool_s8_params;

/** Maximum of each window and channel. Positions outside the image do not count. */
void mcugen_max_pool_s8(const mcugen_max_pool_s8_params *params, const int8_t *input,
                        int8_t *output);

#endif
