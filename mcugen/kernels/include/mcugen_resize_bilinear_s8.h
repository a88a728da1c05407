/** Bilinear resizing of an int8 image, in integers. */
#ifndef MCUGEN_RESIZE_BILINEAR_S8_H
#define MCUGEN_RESIZE_BILINEAR_S8_H

#include "mcugen_common.h"

/**
 * Output row y is sampled at input row (offset_y + y * scale_y) / 1024, columns likewise.
 *
 * The offsets are above -1024, and no sample lies beyond the last row or column by a whole one.
 */
typedef struct {
  int32_t batches;
  int32_t input_h;
  int32_t input_w;
  int32_t output_h;
  int32_t output_w;
  int32_t channels;
  int32_t scale_y;
  int32_t offset_y;
  int32_t scale_x;
  int32_t offset_x;
} mcugen_resize_bilinear_s8_params;

/**
 * Each output is the mean of four inputs, weighted with 10-bit fractions and rounded to nearest,
 * ties away from zero. Both images are [batches][h][w][channels].
 */
void mcugen_resize_bilinear_s8(const mcugen_resize_bilinear_s8_params *params, const int8_t *input,
                               int8_t *output);

#endif
