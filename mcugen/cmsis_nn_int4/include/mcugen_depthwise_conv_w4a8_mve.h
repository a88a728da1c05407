#ifndef MCUGEN_DEPTHWISE_CONV_W4A8_MVE_H
#define MCUGEN_DEPTHWISE_CONV_W4A8_MVE_H

#include "mcugen_depthwise_conv_s8_mve.h"
#include "mcugen_nibbles.h"

/**
 * Depthwise convolution of int8 activations and 4-bit weights.
 *
 * The weights are widened to scratch, once for the whole image, and mcugen_depthwise_conv_s8_mve
 * does the rest: its weights are few, each used for many pixels.
 *
 *   weights [weight_words] words in the layout of mcugen_nibbles.h, in conv's order
 *   scratch [weight_words][8] bytes, then conv's
 *   conv: all the rest; its `weights` are not read
 */
typedef struct {
  const uint32_t *weights;
  int32_t weight_words;
  mcugen_depthwise_conv_s8_mve_params conv;
} mcugen_depthwise_conv_w4a8_mve_params;

void mcugen_depthwise_conv_w4a8_mve(const mcugen_depthwise_conv_w4a8_mve_params *params,
                                    const int8_t *input, int8_t *output, void *scratch);

#endif
