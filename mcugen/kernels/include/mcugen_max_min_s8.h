/** MAXIMUM and MINIMUM of int8 codes, with broadcasting. */
#ifndef MCUGEN_MAX_MIN_S8_H
#define MCUGEN_MAX_MIN_S8_H

#include "mcugen_broadcast.h"

/**
 * size: elements of a row, all of them where walk is NULL.
 * invert: 0 for the maximum; -1 for the minimum, since min(a, b) = ~max(~a, ~b).
 */
typedef struct {
  int32_t size;
  mcugen_walk walk;
  int32_t invert;
} mcugen_max_min_s8_params;

/** output = max or min of input0 and input1. output may be an input that is not broadcast. */
void mcugen_max_min_s8(const mcugen_max_min_s8_params *params, const int8_t *input0,
                       const int8_t *input1, int8_t *output);

#endif
