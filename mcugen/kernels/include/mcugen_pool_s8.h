#ifndef MCUGEN_POOL_S8_H
#define MCUGEN_POOL_S8_H

#include "mcugen_window.h"

/** Pooling: input [input_h][input_w][channels], output [output_h][output_w][channels]. */
typedef struct {
  int32_t input_h;
  int32_t input_w;
  int32_t channels;
  int32_t output_h;
  int32_t output_w;
  int16_t filter_h;
  int16_t filter_w;
  int16_t stride_h;
  int16_t stride_w;
  int16_t pad_top;
  int16_t pad_left;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_pool_s8_params;

/** The window of one output pixel, as far as it lies in the image: never empty. */
static inline mcugen_window mcugen_pool_window(const mcugen_pool_s8_params *params,
                                               const int8_t *input, int32_t out_y, int32_t out_x) {
  const int32_t y = out_y * params->stride_h - params->pad_top;
  const int32_t x = out_x * params->stride_w - params->pad_left;
  const int32_t top = mcugen_clamp(y, 0, params->input_h);
  const int32_t left = mcugen_clamp(x, 0, params->input_w);
  const int32_t bottom = mcugen_clamp(y + params->filter_h, 0, params->input_h);
  const int32_t right = mcugen_clamp(x + params->filter_w, 0, params->input_w);
  mcugen_window window = {
      .first = input + (top * params->input_w + left) * params->channels,
      .h = bottom - top,
      .w = right - left,
      .pixel_step = params->channels,
      .row_step = params->input_w * params->channels,
  };
  if (window.w == params->input_w) {
    /* Whole rows follow each other: they are one. */
    window.w *= window.h;
    window.h = 1;
  }
  return window;
}

#endif
