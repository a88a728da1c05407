#ifndef MCUGEN_DEPTHWISE_CONV_S8_DSP_H
#define MCUGEN_DEPTHWISE_CONV_S8_DSP_H

#include "mcugen_common.h"

/**
 * int8 depthwise convolution with multiplier 1 and at least 4 channels, for cores with DSP.
 *
 * Constants are those of the portable kernel, but for the bias, which is doubled and has the
 * input's zero point folded in, and for `shift`, which counts to the right: four channels that have
 * it from 1 to 22 take the short requantization.
 *
 *   input   [input_h][input_w][channels]
 *   output  [output_h][output_w][channels]
 *   weights [kernel_h][kernel_w][channels]
 *   bias, multiplier, shift [channels]
 *
 * Four channels at a time go over the image. For one or two rows of the output (`rows`; two ask
 * for a vertical stride and dilation of 1) the rows that their windows cover are widened to 16
 * bits, padding included, in pairs of vertical neighbours:
 *
 *   scratch: weights [rows][kernel_w][pairs][4 channels] words, doubled and filled up to steps
 *            windows [columns][pairs][4 channels] words (upper value, lower value)
 *
 * So the window of every output is one run of words, which SMLAD multiplies with the weights two
 * taps at a time. The weights for a second row are those for the first, one row further down:
 *
 *   3 x 3:  first row  (w0, w1) (w2, 0)     second row  (0, w0) (w1, w2)
 *
 * Steps, a word of each of the four channels, come in threes: the last window is read up to two
 * steps beyond its end, times weights of 0. `tile_w` columns of the output are made at a time,
 * which bounds the scratch memory.
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
  int32_t tile_w;
  int16_t kernel_h;
  int16_t kernel_w;
  int16_t stride_h;
  int16_t stride_w;
  int16_t dilation_h;
  int8_t rows;
  int8_t input_zero_point;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_depthwise_conv_s8_dsp_params;

void mcugen_depthwise_conv_s8_dsp(const mcugen_depthwise_conv_s8_dsp_params *params,
                                  const int8_t *input, int8_t *output, void *scratch);

#endif
