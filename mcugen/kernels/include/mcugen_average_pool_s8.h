#ifndef MCUGEN_AVERAGE_POOL_S8_H
#define MCUGEN_AVERAGE_POOL_S8_H

#include "mcugen_pool_s8.h"

typedef mcugen_pool_s8_params mcugen_average_pool_s8_params;

/**
 * Average of each window and channel, rounded to nearest with ties away from zero.
 * Positions outside the image do not count.
 */
void mcugen_average_pool_s8(const mcugen_average_pool_s8_params *params, const int8_t *input,
                            int8_t *output);

#endif
