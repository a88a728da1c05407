#ifndef MCUGEN_FULLY_CONNECTED_W4A8_PORTABLE_H
#define MCUGEN_FULLY_CONNECTED_W4A8_PORTABLE_H

#include "mcugen_common.h"

/**
 * Matrix product of int8 activations and 4-bit weights, with a scale per output unit. A 1x1
 * convolution is one, its pixels the rows.
 *
 *   input [rows][depth], output [rows][units]
 *   weights: of each four units, the last one of which may be missing, [ceil(depth / 4)][2] words,
 *     for a pair each; of one or two units that are left, [ceil(depth / 4)] words
 *   bias [units]: less input zero point * sum of the unit's weights
 *   multiplier, shift [units]: input scale * weight scale / output scale
 *
 * A word serves two units, u and v, and four depths:
 *
 *   bits   31..28  27..24  23..20  19..16  15..12  11..8   7..4    3..0
 *   field  v3 + 8  v2 + 8  v1 + 8  v0 + 8  u3 + 8  u2 + 8  u1 + 8  u0 + 8
 *
 * Where there is no unit or depth, fields are 0. The fields of a depth, taken out by one AND, are
 * lanes of 16 bits: one multiplication by an input makes two products. Both lanes hold the sums of
 * 16 depths. Of a sum over all depths 8 times that of the inputs is taken away.
 */
typedef struct {
  const uint32_t *weights;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t rows;
  int32_t depth;
  int32_t units;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_fully_connected_w4a8_portable_params;

void mcugen_fully_connected_w4a8_portable(const mcugen_fully_connected_w4a8_portable_params *params,
                                          const int8_t *input, int8_t *output);

#endif
