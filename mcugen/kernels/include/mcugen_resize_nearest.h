/** Nearest-neighbour resizing of an image with elements of any type. */
#ifndef MCUGEN_RESIZE_NEAREST_H
#define MCUGEN_RESIZE_NEAREST_H

#include "mcugen_common.h"

/**
 * rows    [output_h]: the input row that each output row repeats
 * columns [output_w]: the input column that each output column repeats
 *
 * A pixel is pixel_bytes long, all channels together.
 */
typedef struct {
  int32_t batches;
  int32_t input_h;
  int32_t input_w;
  int32_t output_h;
  int32_t output_w;
  int32_t pixel_bytes;
  const int16_t *rows;
  const int16_t *columns;
} mcugen_resize_nearest_params;

/** output[n][y][x] = input[n][rows[y]][columns[x]], pixel by pixel. */
void mcugen_resize_nearest(const mcugen_resize_nearest_params *params, const void *input,
                           void *output);

#endif
