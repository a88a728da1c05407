#ifndef MCUGEN_FULLY_CONNECTED_S8_FEW_DSP_H
#define MCUGEN_FULLY_CONNECTED_S8_FEW_DSP_H

#include "mcugen_matmul_s8_dsp.h"

/**
 * As mcugen_fully_connected_s8_dsp, for so few units that widening a row to memory does not pay:
 * activations are widened in registers, for each pair of channels anew.
 *
 *   input [rows][row_bytes], output [rows][matmul.units]
 */
typedef struct {
  int32_t rows;
  int32_t row_bytes;
  mcugen_matmul_s8_dsp_params matmul;
} mcugen_fully_connected_s8_few_dsp_params;

void mcugen_fully_connected_s8_few_dsp(const mcugen_fully_connected_s8_few_dsp_params *params,
                                       const int8_t *input, int8_t *output);

#endif
