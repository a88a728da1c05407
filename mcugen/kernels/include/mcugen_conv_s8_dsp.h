#ifndef MCUGEN_CONV_S8_DSP_H
#define MCUGEN_CONV_S8_DSP_H

#include "mcugen_matmul_s8_dsp.h"

/**
 * int8 convolution of any kernel, stride, dilation and padding.
 *
 *   input   [input_h][input_w][input_channels]
 *   output  [output_h][output_w][matmul.units]
 *   scratch [matmul.pixels][matmul.depth] int16, then [matmul.depth] bytes
 *   matmul: weights and requantization; its depth is kernel_h * kernel_w * input_channels, rounded
 *     up to a multiple of 4
 *
 * The windows of a few output pixels are widened to scratch, padding as the input's zero point, and
 * multiplied with all filters at once.
 */
typedef struct {
  mcugen_matmul_s8_dsp_params matmul;
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
} mcugen_conv_s8_dsp_params;

void mcugen_conv_s8_dsp(const mcugen_conv_s8_dsp_params *params, const int8_t *input,
                        int8_t *output, void *scratch);

#endif
