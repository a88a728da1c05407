#ifndef MCUGEN_GATHER_H
#define MCUGEN_GATHER_H

#include "mcugen_common.h"

/** The windows of a convolution: those of output pixels from left to right, row by row. */
typedef struct {
  int32_t input_h;
  int32_t input_w;
  int32_t input_channels;
  int32_t output_h;
  int32_t output_w;
  int32_t pad_top;
  int32_t pad_left;
  int16_t kernel_h;
  int16_t kernel_w;
  int16_t stride_h;
  int16_t stride_w;
  int16_t dilation_h;
  int16_t dilation_w;
  int8_t input_zero_point;
} mcugen_gather_params;

/** A pixel of the output. */
typedef struct {
  int32_t y;
  int32_t x;
} mcugen_pixel;

/**
 * Copies the windows of `count` pixels from `first` on, and returns the pixel after them.
 *
 *   input   [input_h][input_w][input_channels], of which each window has `depth`, from `input` on
 *   columns [count][kernel_h][kernel_w][depth]; padding is the input's zero point
 */
mcugen_pixel mcugen_gather(const mcugen_gather_params *params, mcugen_pixel first, int32_t count,
                           const int8_t *input, int32_t depth, int8_t *columns);

#endif
