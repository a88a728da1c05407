#ifndef MCUGEN_AVERAGE_POOL_S4_H
#define MCUGEN_AVERAGE_POOL_S4_H

#include "mcugen_common.h"

/**
 * Average pooling of packed 4-bit codes to int8 ones, rounded half away from zero.
 *
 *   input   [input_h][input_w][ceil(channels / 2)] bytes, as in mcugen_conv_w4a4.h
 *   output  [output_h][output_w][channels]
 *
 * `first_code` is the int8 code that is stored as 0.
 */
typedef struct {
  int32_t input_h;
  int32_t input_w;
  int32_t channels;
  int32_t output_h;
  int32_t output_w;
  int32_t filter_h;
  int32_t filter_w;
  int32_t stride_h;
  int32_t stride_w;
  int32_t pad_top;
  int32_t pad_left;
  int32_t activation_min;
  int32_t activation_max;
  int32_t first_code;
} mcugen_average_pool_s4_params;

void mcugen_average_pool_s4(const mcugen_average_pool_s4_params *params, const int8_t *input,
                            int8_t *output);

#endif
