#include "mcugen_depthwise_conv_w4a8_mve.h"

void mcugen_depthwise_conv_w4a8_mve(const mcugen_depthwise_conv_w4a8_mve_params *params,
                                    const int8_t *input, int8_t *output, void *scratch) {
  int8_t *const weights = scratch;
  mcugen_nibbles(params->weights, params->weight_words, weights);
  mcugen_depthwise_conv_s8_mve_params conv = params->conv;
  conv.weights = weights;
  mcugen_depthwise_conv_s8_mve(&conv, input, output, weights + 8 * params->weight_words);
}
