#ifndef MCUGEN_CONV_S8_H
#define MCUGEN_CONV_S8_H

#include "mcugen_gather.h"

/**
 * int8 convolution of any kernel, stride, dilation, padding and number of groups.
 *
 *   image: sizes and windows, as in mcugen_gather.h
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
  mcugen_gather_params image;
  int32_t output_channels;
  int32_t groups;
  int32_t windows;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_conv_s8_params;

void mcugen_conv_s8(const mcugen_conv_s8_params *params, const int8_t *input, int8_t *output,
                    void *scratch);

#endif
