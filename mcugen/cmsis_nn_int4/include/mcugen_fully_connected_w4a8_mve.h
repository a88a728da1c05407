#ifndef MCUGEN_FULLY_CONNECTED_W4A8_MVE_H
#define MCUGEN_FULLY_CONNECTED_W4A8_MVE_H

#include "mcugen_common.h"

/** Rows that are multiplied side by side. */
#define MCUGEN_FULLY_CONNECTED_W4A8_MVE_ROWS 3

/**
 * Matrix product of int8 activations and 4-bit weights, with a scale per output unit. A 1x1
 * convolution is one, its pixels the rows.
 *
 *   input [rows][depth], output [rows][units]
 *   weights [ceil(units / 2)][depth]: bits 7..4 of a byte hold the weight of an odd unit, bits 3..0
 *     that of the even unit before it, plus `excess`, modulo 16; a last odd unit that is missing
 *     has weights of 0
 *   bias [units]: less input zero point * sum of the unit's weights; 16 times that if excess is 0
 *   multiplier, shift [units]: input scale * weight scale / output scale
 *
 * excess is 0 or 8. With 0, both units' products with an input are taken from a byte, as 16 times
 * what they are, by one shift and one AND, for three rows at once: there must be that many. With 8
 * the AND is enough: the even unit's product is that of the whole byte, less the odd unit's 16
 * times and the input 8 times. That takes the sum of a row, and is for one or two of them.
 */
typedef struct {
  const int8_t *weights;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t rows;
  int32_t depth;
  int32_t units;
  int8_t excess;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_fully_connected_w4a8_mve_params;

void mcugen_fully_connected_w4a8_mve(const mcugen_fully_connected_w4a8_mve_params *params,
                                     const int8_t *input, int8_t *output);

#endif
