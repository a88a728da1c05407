/** SOFTMAX of int8 rows. */
#ifndef MCUGEN_SOFTMAX_S8_H
#define MCUGEN_SOFTMAX_S8_H

#include "mcugen_common.h"

/**
 * exps: exp(-beta * scale * d) in Q0.31 for d = 0, 1, ... exps_count - 1, at most 256 of them; it
 *   is 0 for larger differences d from a row's largest code.
 * depth: at most 4095, so that a row's sum of exponentials, in Q12.19, fits.
 */
typedef struct {
  int32_t rows;
  int32_t depth;
  int32_t exps_count;
  const int32_t *exps;
} mcugen_softmax_s8_params;

/** Codes of scale 1/256 and zero point -128. output may be input. */
void mcugen_softmax_s8(const mcugen_softmax_s8_params *params, const int8_t *input, int8_t *output);

#endif
