#ifndef MCUGEN_DEPTHWISE_CONV_S8_MVE_H
#define MCUGEN_DEPTHWISE_CONV_S8_MVE_H

#include "mcugen_common.h"

/**
 * int8 depthwise convolution with multiplier 1 and at least 4 channels, for cores with Helium.
 *
 *   input   [input_h][input_w][channels]
 *   output  [output_h][output_w][channels]
 *   weights [channels][kernel_w][kernel_h]
 *   bias, multiplier, shift [channels]; the input's zero point is folded into the bias, and shifts
 *   go right, negative ones left.
 *
 * VMLADAVA sums up 16 products of one channel if its window is one run of bytes. So the channels
 * are taken apart, 8 at a time, into planes that hold an image column by column:
 *
 *   scratch: [8 channels][columns][kernel_h], `plane_bytes` a channel, and 16 bytes behind
 *
 * One row of the output further down, every window begins `stride_h` bytes further on: what a
 * column loses at its start gives room to the last rows of the column before it. That goes on for
 * a tile of tile_h x tile_w outputs, whose size bounds the scratch memory.
 */
typedef struct {
  const int8_t *weights;
  const int32_t *bias;
  const int32_t *multiplier;
  const int8_t *shift;
  int32_t input_h;
  int32_t input_w;
  int32_t channels;
  int32_t output_h;
  int32_t output_w;
  int32_t pad_top;
  int32_t pad_left;
  int32_t tile_h;
  int32_t tile_w;
  int32_t plane_bytes;
  int16_t kernel_h;
  int16_t kernel_w;
  int16_t stride_h;
  int16_t stride_w;
  int16_t dilation_h;
  int8_t input_zero_point;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_depthwise_conv_s8_mve_params;

void mcugen_depthwise_conv_s8_mve(const mcugen_depthwise_conv_s8_mve_params *params,
                                  const int8_t *input, int8_t *output, void *scratch);

#endif
