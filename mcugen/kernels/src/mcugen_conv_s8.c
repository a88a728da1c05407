#include "mcugen_conv_s8.h"

#include "mcugen_copy.h"
#include "mcugen_fully_connected_s8.h"
#include "mcugen_mve.h"

#if MCUGEN_MVE
#define COPY mcugen_copy_mve
#else
#define COPY mcugen_copy_bytes
#endif

/* Multiplies `rows` gathered windows with every filter of a group. */
static void multiply(const mcugen_conv_s8_params *params, int32_t group, int32_t rows,
                     const int8_t *columns, int8_t *output) {
  const int32_t filters = params->output_channels / params->groups;
  const int32_t depth =
      params->kernel_h * params->kernel_w * (params->input_channels / params->groups);
  const int32_t first = group * filters;
  const mcugen_fully_connected_s8_params product = {
      .rows = rows,
      .depth = depth,
      .units = filters,
      .output_zero_point = params->output_zero_point,
      .activation_min = params->activation_min,
      .activation_max = params->activation_max,
      .weights = params->weights + first * depth,
      .bias = params->bias + first,
      .multiplier = params->multiplier + first,
      .shift = params->shift + first,
  };
  mcugen_fully_connected_s8(&product, columns, output);
}

/* Copies `count` runs of bytes from rows of the image to rows of a window. */
static inline void copy_rows(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step,
                             int32_t bytes, int32_t count) {
  for (; count > 0; --count) {
    COPY(to, from, bytes);
    from += from_step;
    to += to_step;
  }
}

/*
 * Copies the window whose first position is (y, x), which may lie partly outside the image:
 * `depth` channels of each position, from `input` on.
 */
static void gather_window(const mcugen_conv_s8_params *params, const int8_t *input, int32_t y,
                          int32_t x, int32_t depth, int8_t *column) {
  const int32_t channels = params->input_channels;
  const int32_t kernel_w = params->kernel_w;
  const int32_t step = params->input_w * channels;
  /* The rows of the window that lie in the image: those before `bottom`, from `top` on. */
  int32_t top = 0;
  int32_t bottom = params->kernel_h;
  while (top < bottom && y + top * params->dilation_h < 0) {
    ++top;
  }
  while (bottom > top && y + (bottom - 1) * params->dilation_h >= params->input_h) {
    --bottom;
  }
  mcugen_fill_bytes(column, params->input_zero_point, params->kernel_h * kernel_w * depth);
  input += (y + top * params->dilation_h) * step;
  column += top * kernel_w * depth;
  /* Neighbours are contiguous, and copied at once, unless dilation or other groups lie between. */
  const int32_t run = params->dilation_w == 1 && depth == channels ? kernel_w : 1;
  for (int32_t kx = 0; kx < kernel_w; kx += run) {
    const int32_t first = x + kx * params->dilation_w;
    const int32_t left = mcugen_clamp(-first, 0, run);
    const int32_t right = mcugen_clamp(params->input_w - first, left, run);
    if (right > left) {
      copy_rows(input + (first + left) * channels, params->dilation_h * step,
                column + (kx + left) * depth, kernel_w * depth, (right - left) * depth,
                bottom - top);
    }
  }
}

/* Gathers one window of one group at a time. */
static void convolve_in_groups(const mcugen_conv_s8_params *params, const int8_t *input,
                               int8_t *output, int8_t *column) {
  const int32_t depth = params->input_channels / params->groups;
  for (int32_t out_y = 0; out_y < params->output_h; ++out_y) {
    const int32_t y = out_y * params->stride_h - params->pad_top;
    for (int32_t out_x = 0; out_x < params->output_w; ++out_x) {
      const int32_t x = out_x * params->stride_w - params->pad_left;
      for (int32_t group = 0; group < params->groups; ++group) {
        gather_window(params, input + group * depth, y, x, depth, column);
        multiply(params, group, 1, column, output);
        output += params->output_channels / params->groups;
      }
    }
  }
}

void mcugen_conv_s8(const mcugen_conv_s8_params *params, const int8_t *input, int8_t *output,
                    void *scratch) {
  /* A copy, since for all the compiler knows the output may lie in *params. */
  const mcugen_conv_s8_params p = *params;
  if (p.groups > 1) {
    convolve_in_groups(params, input, output, scratch);
    return;
  }
  const int32_t row_bytes = p.kernel_w * p.input_channels;
  const int32_t step = p.input_w * p.input_channels;
  /* The last positions whose windows lie in the image and are rows of whole pixels. */
  const int32_t last_y = p.input_h - 1 - (p.kernel_h - 1) * p.dilation_h;
  const int32_t last_x = p.dilation_w == 1 ? p.input_w - p.kernel_w : -1;
  int8_t *column = scratch;
  int32_t rows = 0;
  for (int32_t out_y = 0; out_y < p.output_h; ++out_y) {
    const int32_t y = out_y * p.stride_h - p.pad_top;
    for (int32_t out_x = 0; out_x < p.output_w; ++out_x) {
      const int32_t x = out_x * p.stride_w - p.pad_left;
      if (y >= 0 && y <= last_y && x >= 0 && x <= last_x) {
        copy_rows(input + y * step + x * p.input_channels, p.dilation_h * step, column, row_bytes,
                  row_bytes, p.kernel_h);
      } else {
        gather_window(params, input, y, x, p.input_channels, column);
      }
      column += p.kernel_h * row_bytes;
      ++rows;
      if (rows == p.windows) {
        multiply(params, 0, rows, scratch, output);
        output += rows * p.output_channels;
        column = scratch;
        rows = 0;
      }
    }
  }
  if (rows > 0) {
    multiply(params, 0, rows, scratch, output);
  }
}
