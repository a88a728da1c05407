#ifndef MCUGEN_DEPTHWISE_CONV_S8_H
#define MCUGEN_DEPTHWISE_CONV_S8_H

#include "mcugen_common.h"

/**
 * int8 depthwise convolution of any kernel, stride, dilation, padding and multiplier.
 *
 *   input   [input_h][input_w][channels]
 *   output  [output_h][output_w][channels * depth_multiplier]
 *   weights [kernel_h][kernel_w][channels * depth_multiplier]
 *   bias, multiplier, shift [channels * depth_multiplier]; no zero point is folded into this bias,
 *   since positions outside the image are skipped.
 */
typedef struct {
  const int8_t *weights;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t input_h;
  int32_t input_w;
  int32_t channels;
  int32_t depth_multiplier;
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
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_depthwise_conv_s8_params;

void mcugen_depthwise_conv_s8(const mcugen_depthwise_conv_s8_params *params, const int8_t *input,
                              int8_t *output);

#endif
