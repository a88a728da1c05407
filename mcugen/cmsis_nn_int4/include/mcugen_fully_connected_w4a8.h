#ifndef MCUGEN_FULLY_CONNECTED_W4A8_H
#define MCUGEN_FULLY_CONNECTED_W4A8_H

#include "mcugen_matmul_w4a8.h"

/**
 * Matrix product of int8 activations and 4-bit weights, with a scale per output unit. A 1x1
 * convolution is one, its pixels the rows.
 *
 *   input   [rows][row_bytes], output [rows][matmul.units]
 *   scratch MCUGEN_MATMUL_W4A8_PIXEL_BYTES of four pixels for four rows or more, else of one
 *   matmul: weights and requantization; its depth is row_bytes rounded up to a multiple of 4
 */
typedef struct {
  int32_t rows;
  int32_t row_bytes;
  mcugen_matmul_w4a8_params matmul;
} mcugen_fully_connected_w4a8_params;

void mcugen_fully_connected_w4a8(const mcugen_fully_connected_w4a8_params *params,
                                 const int8_t *input, int8_t *output, void *scratch);

#endif
