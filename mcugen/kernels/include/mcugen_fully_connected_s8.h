#ifndef MCUGEN_FULLY_CONNECTED_S8_H
#define MCUGEN_FULLY_CONNECTED_S8_H

#include "mcugen_common.h"

/**
 * int8 matrix product with a scale per output unit. A 1x1 convolution is one, its pixels the rows.
 *
 *   input [rows][depth], output [rows][units], weights [units][depth] without padding
 *   bias [units]: less input zero point * sum of the unit's weights
 *   multiplier, shift [units]: input scale * weight scale / output scale
 */
typedef struct {
  int32_t rows;
  int32_t depth;
  int32_t units;
  int32_t output_zero_point;
  int32_t activation_min;
  int32_t activation_max;
  const int8_t *weights;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
} mcugen_fully_connected_s8_params;

void mcugen_fully_connected_s8(const mcugen_fully_connected_s8_params *params, const int8_t *input,
                               int8_t *output);

#endif
