#ifndef MCUGEN_MEAN_S8_H
#define MCUGEN_MEAN_S8_H

#include "mcugen_window.h"

/**
 * Mean over two of five dimensions, any of which may be 1.
 *
 *   input  [kept0][reduced0][kept1][reduced1][kept2]
 *   output [kept0][kept1][kept2]
 *
 * start is -input zero point * reduced0 * reduced1; multiplier and shift hold
 * input scale / output scale / (reduced0 * reduced1).
 */
typedef struct {
  int32_t kept0;
  int32_t reduced0;
  int32_t kept1;
  int32_t reduced1;
  int32_t kept2;
  int32_t start;
  int32_t multiplier;
  int8_t shift;
  int8_t output_zero_point;
} mcugen_mean_s8_params;

void mcugen_mean_s8(const mcugen_mean_s8_params *params, const int8_t *input, int8_t *output);

#endif
