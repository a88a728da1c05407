#include "mcugen_depthwise_conv_w4a8.h"

void mcugen_depthwise_conv_w4a8(const mcugen_depthwise_conv_w4a8_params *params,
                                const int8_t *input, int8_t *output, void *scratch) {
  int8_t *const weights = scratch;
  mcugen_nibbles(params->weights, params->weight_words, weights);
  mcugen_depthwise_conv_s8_params conv = params->conv;
  conv.weights = weights;
  mcugen_depthwise_conv_s8(&conv, input, output);
}
