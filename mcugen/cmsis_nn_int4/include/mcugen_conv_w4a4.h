#ifndef MCUGEN_CONV_W4A4_H
#define MCUGEN_CONV_W4A4_H

#include "mcugen_matmul_w4a4.h"

/**
 * Convolution of 4-bit activations with 4-bit weights: any kernel, stride, dilation and padding.
 *
 *   input   [input_h][input_w][pixel_bytes], two codes a byte, the first in the low half, each more
 *           by 8 than its value; a pixel of an odd number of channels ends with half a byte of 0
 *   output  [output_h][output_w][matmul.units], packed likewise or int8
 *   scratch [4][matmul.depth / 2 + segments] words, then matmul.depth / 2 bytes
 *   matmul  weights and requantization; its depth is kernel_h * kernel_w * 2 * pixel_bytes, rounded
 *           up to a multiple of 8
 *
 * The windows of four output pixels are unpacked to scratch, padding as the input's zero point, and
 * multiplied with all filters at once. FULLY_CONNECTED is the 1x1 convolution of its rows.
 */
typedef struct {
  int32_t input_h;
  int32_t input_w;
  int32_t pixel_bytes;
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
  mcugen_matmul_w4a4_params matmul;
} mcugen_conv_w4a4_params;

void mcugen_conv_w4a4(const mcugen_conv_w4a4_params *params, const int8_t *input, int8_t *output,
                      void *scratch);

#endif
