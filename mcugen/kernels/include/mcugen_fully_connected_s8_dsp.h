#ifndef MCUGEN_FULLY_CONNECTED_S8_DSP_H
#define MCUGEN_FULLY_CONNECTED_S8_DSP_H

#include "mcugen_matmul_s8_dsp.h"

/**
 * int8 matrix product with a scale per output unit. A 1x1 convolution is one, its pixels the rows.
 *
 *   input   [rows][row_bytes], output [rows][matmul.units]
 *   scratch [matmul.pixels][matmul.depth] int16
 *   matmul: weights and requantization; its depth is row_bytes rounded up to a multiple of 4
 */
typedef struct {
  int32_t rows;
  int32_t row_bytes;
  mcugen_matmul_s8_dsp_params matmul;
} mcugen_fully_connected_s8_dsp_params;

void mcugen_fully_connected_s8_dsp(const mcugen_fully_connected_s8_dsp_params *params,
                                   const int8_t *input, int8_t *output, void *scratch);

#endif
