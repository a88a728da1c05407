#ifndef MCUGEN_CONV_W4A8_H
#define MCUGEN_CONV_W4A8_H

#include "mcugen_matmul_w4a8.h"

/**
 * Convolution of int8 activations and 4-bit weights, of any kernel, stride, dilation and padding.
 *
 *   input   [input_h][input_w][input_channels]
 *   output  [output_h][output_w][matmul.units]
 *   scratch MCUGEN_MATMUL_W4A8_PIXEL_BYTES of four pixels, then [matmul.depth] bytes
 *   matmul: weights and requantization; its depth is kernel_h * kernel_w * input_channels, rounded
 *     up to a multiple of 4
 *
 * The windows of four output pixels are widened to scratch, padding as the input's zero point, and
 * multiplied with all filters at once.
 */
typedef struct {
  int32_t input_h;
  int32_t input_w;
  int32_t input_channels;
  int32_t output_h;
  int32_t output_w;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_h;
  int32_t stride_w;
  int32_t dilation_h;
  int32_t dilation_w;
  int32_t pad_top;
  int32_t pad_left;
  int32_t input_zero_point;
  mcugen_matmul_w4a8_params matmul;
} mcugen_conv_w4a8_params;

void mcugen_conv_w4a8(const mcugen_conv_w4a8_params *params, const int8_t *input, int8_t *output,
                      void *scratch);

#endif
