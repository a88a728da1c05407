#include "mcugen_gather.h"

#include "mcugen_copy.h"
#include "mcugen_mve.h"

#if MCUGEN_MVE
#define COPY mcugen_copy_mve
#else
#define COPY mcugen_copy_bytes
#endif

/* Copies `count` runs of bytes from rows of the image to rows of a window. */
static inline void copy_rows(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step,
                             int32_t bytes, int32_t count) {
  for (; count > 0; --count) {
    COPY(to, from, bytes);
    from += from_step;
    to += to_step;
  }
}

/* Inlined, it would take registers from the windows that lie in the image. */
#if defined(__GNUC__)
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE
#endif

/* Copies the window whose first position is (y, x), which may lie partly outside the image. */
NOINLINE static void gather_window(const mcugen_gather_params *params, const int8_t *input,
                                   int32_t y, int32_t x, int32_t depth, int8_t *column) {
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

mcugen_pixel mcugen_gather(const mcugen_gather_params *params, mcugen_pixel first, int32_t count,
                           const int8_t *input, int32_t depth, int8_t *columns) {
  /* A copy, since for all the compiler knows the columns may lie in *params. */
  const mcugen_gather_params p = *params;
  const int32_t row_bytes = p.kernel_w * depth;
  const int32_t step = p.input_w * p.input_channels;
  /* The last positions whose windows lie in the image and are rows of whole pixels. */
  const int32_t last_y = p.input_h - 1 - (p.kernel_h - 1) * p.dilation_h;
  const int32_t last_x =
      p.dilation_w == 1 && depth == p.input_channels ? p.input_w - p.kernel_w : -1;
  while (count > 0) {
    const int32_t y = first.y * p.stride_h - p.pad_top;
    const int32_t last = y >= 0 && y <= last_y ? last_x : -1;
    const int32_t run = mcugen_clamp(p.output_w - first.x, 0, count);
    int32_t x = first.x * p.stride_w - p.pad_left;
    int32_t offset = y * step + x * p.input_channels;
    for (int32_t i = run; i > 0; --i) {
      if (x >= 0 && x <= last) {
        copy_rows(input + offset, p.dilation_h * step, columns, row_bytes, row_bytes, p.kernel_h);
      } else {
        gather_window(params, input, y, x, depth, columns);
      }
      x += p.stride_w;
      offset += p.stride_w * p.input_channels;
      columns += p.kernel_h * row_bytes;
    }
    count -= run;
    first.x += run;
    if (first.x == p.output_w) {
      first.x = 0;
      ++first.y;
    }
  }
  return first;
}
