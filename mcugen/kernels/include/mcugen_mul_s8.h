/** MUL on int8, with broadcasting. */
#ifndef MCUGEN_MUL_S8_H
#define MCUGEN_MUL_S8_H

#include "mcugen_broadcast.h"

/** dims, steps0 and steps1 are those of mcugen_add_s8_params. */
typedef struct {
  int32_t dims[MCUGEN_BROADCAST_DIMS];
  int32_t steps0[MCUGEN_BROADCAST_DIMS];
  int32_t steps1[MCUGEN_BROADCAST_DIMS];
  int32_t zero_point0;
  int32_t zero_point1;
  int32_t output_zero_point;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t activation_min;
  int32_t activation_max;
} mcugen_mul_s8_params;

/** output = input0 * input1. output may be input0 where that is not broadcast. */
void mcugen_mul_s8(const mcugen_mul_s8_params *params, const int8_t *input0, const int8_t *input1,
                   int8_t *output);

#endif
