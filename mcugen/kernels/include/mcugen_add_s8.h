/** ADD and SUB on int8, with broadcasting. */
#ifndef MCUGEN_ADD_S8_H
#define MCUGEN_ADD_S8_H

#include "mcugen_broadcast.h"

#define MCUGEN_ADD_FRACTION_BITS 19

/**
 * The sum on the output's scale, with MCUGEN_ADD_FRACTION_BITS bits of fraction, is
 *
 *   offset + floor(code0 * multiplier0 / 256) + floor(code1 * multiplier1 / 256)
 *
 * and stays within int32. It is rounded to nearest with ties away from zero; `rounding` is half a
 * code plus the output's zero point. Zero points of the inputs are in `offset`.
 *
 * size: elements of a row, all of them where walk is NULL.
 */
typedef struct {
  int32_t size;
  mcugen_walk walk;
  int32_t multiplier0;
  int32_t multiplier1;
  int32_t offset;
  int32_t rounding;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_add_s8_params;

/** output may be an input that is not broadcast. */
void mcugen_add_s8(const mcugen_add_s8_params *params, const int8_t *input0, const int8_t *input1,
                   int8_t *output);

#endif
