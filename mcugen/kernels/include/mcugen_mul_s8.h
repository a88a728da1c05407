/** MUL on int8, with broadcasting. */
#ifndef MCUGEN_MUL_S8_H
#define MCUGEN_MUL_S8_H

#include "mcugen_broadcast.h"

/** size: elements of a row, all of them where walk is NULL. output_shift is at most 14. */
typedef struct {
  int32_t size;
  mcugen_walk walk;
  int32_t output_multiplier;
  int8_t output_shift;
  int8_t zero_point0;
  int8_t zero_point1;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_mul_s8_params;

/** output = input0 * input1. output may be an input that is not broadcast. */
void mcugen_mul_s8(const mcugen_mul_s8_params *params, const int8_t *input0, const int8_t *input1,
                   int8_t *output);

#endif
