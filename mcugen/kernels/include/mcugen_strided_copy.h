/** Transposing, and slicing, joining and padding along several dimensions. */
#ifndef MCUGEN_STRIDED_COPY_H
#define MCUGEN_STRIDED_COPY_H

#include "mcugen_copy_rows.h"

#define MCUGEN_STRIDED_COPY_DIMS 5

/**
 * Dimensions are given outermost first; unused ones have shape 1. Strides are in bytes and may be
 * zero or negative. run_bytes contiguous bytes are copied at each position.
 */
typedef struct {
  int32_t shape[MCUGEN_STRIDED_COPY_DIMS];
  int32_t input_strides[MCUGEN_STRIDED_COPY_DIMS];
  int32_t output_strides[MCUGEN_STRIDED_COPY_DIMS];
  int32_t run_bytes;
} mcugen_strided_copy_params;

/**
 * output[sum of i[d] * output_strides[d]] = input[sum of i[d] * input_strides[d]], for every i.
 *
 * input and output point to the elements of position 0, and do not overlap.
 */
void mcugen_strided_copy(const mcugen_strided_copy_params *params, const void *input, void *output);

#endif
