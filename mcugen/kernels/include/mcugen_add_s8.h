/** ADD and SUB on int8, with broadcasting. */
#ifndef MCUGEN_ADD_S8_H
#define MCUGEN_ADD_S8_H

#include "mcugen_broadcast.h"

/**
 * dims: the output's, outermost first, 1 where there are fewer than five.
 * steps0, steps1: elements from the start of one row of an input to that of the next when the
 *   dimension advances and those inside it (but the innermost) start over; innermost, the distance
 *   of neighbours: 1, or 0 where the input is broadcast.
 * Both inputs are rescaled to a common scale that has 20 bits to spare; sign1 is 1 or, for SUB, -1.
 * Shifts are not positive.
 */
typedef struct {
  int32_t dims[MCUGEN_BROADCAST_DIMS];
  int32_t steps0[MCUGEN_BROADCAST_DIMS];
  int32_t steps1[MCUGEN_BROADCAST_DIMS];
  int32_t zero_point0;
  int32_t multiplier0;
  int32_t shift0;
  int32_t zero_point1;
  int32_t multiplier1;
  int32_t shift1;
  int32_t sign1;
  int32_t output_zero_point;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t activation_min;
  int32_t activation_max;
} mcugen_add_s8_params;

/** output = input0 + sign1 * input1. output may be input0 where that is not broadcast. */
void mcugen_add_s8(const mcugen_add_s8_params *params, const int8_t *input0, const int8_t *input1,
                   int8_t *output);

#endif
