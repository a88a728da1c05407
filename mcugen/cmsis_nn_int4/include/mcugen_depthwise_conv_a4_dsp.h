#ifndef MCUGEN_DEPTHWISE_CONV_A4_DSP_H
#define MCUGEN_DEPTHWISE_CONV_A4_DSP_H

#include "mcugen_multiply_add.h"

/**
 * Depthwise convolution of 4-bit activations to 4-bit ones, weights of 8 bits, for cores with DSP.
 *
 *   input   [input_h][input_w][channels / 2] bytes, as in mcugen_conv_w4a4.h
 *   output  [output_h][output_w][channels / 2] bytes
 *   weights [kernel_h][kernel_w][channels]
 *   constants [channels][4]: mcugen_multiply_add; `bias` has in it what makes up for stored codes
 *     being distances from -8, and for the input's zero point
 *
 * `channels` is even, 4 or more; if `is_odd` the last one only fills up, and is stored as 0.
 *
 * Four channels at a time go over the image. For one or two rows of the output (`rows`; two ask
 * for a vertical stride and dilation of 1) the rows that their windows cover are unpacked to 16
 * bits, padding included, in pairs of vertical neighbours; nothing else is ever unpacked:
 *
 *   scratch: weights [rows][kernel_w][pairs][4 channels] words, filled up to steps
 *            windows [columns][pairs][4 channels] words (upper value, lower value)
 *
 * So the window of every output is one run of words, which SMLAD multiplies with the weights two
 * taps at a time, as in mcugen_depthwise_conv_s8_dsp.h, where more is said of rows and steps.
 * `tile_w` columns of the output are made at a time, which bounds the scratch memory.
 */
typedef struct {
  const int8_t *weights;
  const int32_t *constants;
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
  int8_t activation_min;
  int8_t activation_max;
  int8_t is_plain;
  int8_t is_odd;
} mcugen_depthwise_conv_a4_dsp_params;

void mcugen_depthwise_conv_a4_dsp(const mcugen_depthwise_conv_a4_dsp_params *params,
                                  const int8_t *input, int8_t *output, void *scratch);

#endif
