/** ADD and SUB on int8, with broadcasting, step by step as TFLite computes them. */
#ifndef MCUGEN_ADD_RESCALED_S8_H
#define MCUGEN_ADD_RESCALED_S8_H

#include "mcugen_broadcast.h"

/**
 * size: elements of a row, all of them where walk is NULL.
 * Both inputs are rescaled to a common scale that has 20 bits to spare; sign1 is 1 or, for SUB, -1.
 * Shifts are not positive.
 */
typedef struct {
  int32_t size;
  mcugen_walk walk;
  int32_t multiplier0;
  int32_t multiplier1;
  int32_t output_multiplier;
  int8_t shift0;
  int8_t shift1;
  int8_t output_shift;
  int8_t sign1;
  int8_t zero_point0;
  int8_t zero_point1;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_add_rescaled_s8_params;

/** output = input0 + sign1 * input1. output may be an input that is not broadcast. */
void mcugen_add_rescaled_s8(const mcugen_add_rescaled_s8_params *params, const int8_t *input0,
                            const int8_t *input1, int8_t *output);

#endif
