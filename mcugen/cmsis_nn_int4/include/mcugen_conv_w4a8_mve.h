#ifndef MCUGEN_CONV_W4A8_MVE_H
#define MCUGEN_CONV_W4A8_MVE_H

#include "mcugen_fully_connected_w4a8_mve.h"
#include "mcugen_gather.h"

/**
 * Convolution of int8 activations and 4-bit weights, of any kernel, stride, dilation and padding.
 *
 *   image: sizes and windows, as in mcugen_gather.h
 *   output  [output_h][output_w][product.units]
 *   scratch [windows][product.depth] bytes
 *   product: weights and requantization; its depth is kernel_h * kernel_w * input_channels, and its
 *     `rows` is not read; with an excess of 0, `windows` are as many as its rows must be
 */
typedef struct {
  mcugen_gather_params image;
  int32_t windows;
  mcugen_fully_connected_w4a8_mve_params product;
} mcugen_conv_w4a8_mve_params;

void mcugen_conv_w4a8_mve(const mcugen_conv_w4a8_mve_params *params, const int8_t *input,
                          int8_t *output, void *scratch);

#endif
