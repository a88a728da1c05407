#ifndef MCUGEN_CONV_S8_H
#define MCUGEN_CONV_S8_H

#include "mcugen_common.h"

/**
 * int8 convolution of any kernel, stride, dilation, padding and number of groups.
 *
 *   input   [input_h][input_w][input_channels]
 *   output  [output_h][output_w][output_channels]
 *   weights [output_channels][kernel_h][kernel_w][input_channels / groups], no padding
 *   bias, multiplier, shift [output_channels]: as in mcugen_fully_connected_s8.h
 *   scratch [windows][kernel_h][kernel_w][input_channels / groups] bytes
 *
 * The windows of `windows` output pixels are copied to scratch, padding as the input's zero point,
 * and multiplied with every filter of their group by mcugen_fully_connected_s8. With several groups
 * it is one window at a time.
 */
typedef struct {
  const int8_t *weights;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t input_h;
  int32_t input_w;
  int32_t input_channels;
  int32_t output_h;
  int32_t output_w;
  int32_t output_channels;
  int32_t pad_top;
  int32_t pad_left;
  int32_t groups;
  int32_t windows;
  int16_t kernel_h;
  int16_t kernel_w;
  int16_t stride_h;
  int16_t stride_w;
  int16_t dilation_h;
  int16_t dilation_w;
  int8_t input_zero_point;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_conv_s8_params;

void mcugen_conv_s8(const mcugen_conv_s8_params *params, const int8_t *input, int8_t *output,
                    void *scratch);

#endif
