/** Copying rows of bytes: what slicing, joining and splitting along one dimension come to. */
#ifndef MCUGEN_COPY_ROWS_H
#define MCUGEN_COPY_ROWS_H

#include "mcugen_common.h"

/** Strides are bytes from one row to the next, and may be zero or negative. */
typedef struct {
  int32_t rows;
  int32_t row_bytes;
  int32_t input_stride;
  int32_t output_stride;
} mcugen_copy_rows_params;

/** Copies each row; input and output do not overlap. */
void mcugen_copy_rows(const mcugen_copy_rows_params *params, const void *input, void *output);

#endif
