#ifndef MCUGEN_POOL_S8_H
#define MCUGEN_POOL_S8_H

#include "mcugen_common.h"

/** Pooling: input [input_h][input_w][channels], output [output_h][output_w][channels]. */
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
} mcugen_pool_s8_params;

/** The part of a pooling window that lies in the image: never empty. */
typedef struct {
  const int8_t *first;
  int32_t h;
  int32_t w;
} mcugen_pool_window;

/** The window of one output pixel. */
static inline mcugen_pool_window mcugen_pool_window_at(const mcugen_pool_s8_params *params,
                                                       const int8_t *input, int32_t out_y,
                                                       int32_t out_x) {
  const int32_t y = out_y * params->stride_h - params->pad_top;
  const int32_t x = out_x * params->stride_w - params->pad_left;
  const int32_t top = mcugen_clamp(y, 0, params->input_h);
  const int32_t left = mcugen_clamp(x, 0, params->input_w);
  const int32_t bottom = mcugen_clamp(y + params->filter_h, 0, params->input_h);
  const int32_t right = mcugen_clamp(x + params->filter_w, 0, params->input_w);
  const mcugen_pool_window window = {
      .first = input + (top * params->input_w + left) * params->channels,
      .h = bottom - top,
      .w = right - left,
  };
  return window;
}

#endif
