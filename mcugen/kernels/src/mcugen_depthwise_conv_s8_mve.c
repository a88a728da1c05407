#include "mcugen_depthwise_conv_s8_mve.h"

#include "mcugen_mve.h"

/* Channels whose planes are made together, and those that are convolved together. */
#define PLANES 8
#define GROUP 4

/* Products that are summed up at once. */
#define LANES 16

/* The outputs from (out_y, out_x) on, and the columns of the image that their windows cover. */
typedef struct {
  int32_t out_y;
  int32_t out_x;
  int32_t rows;
  int32_t outputs; /* a row */
  int32_t x;       /* the first column of the image in use */
  int32_t left;    /* columns of padding before it */
  int32_t inside;  /* columns of the image in use */
  int32_t right;   /* columns of padding behind them */
} tile;

/* Where planes lie, and what fills them outside the image. */
typedef struct {
  int32_t channels;
  int32_t pitch;            /* bytes of a column */
  uint16_t offsets[PLANES]; /* of the channels' planes */
  int8_t padding[PLANES];
} layout;

/* Puts `count` pixels, `step` bytes apart, into columns from `slot` on; 0 repeats one pixel. */
static inline int8_t *take_apart(const layout *planes, const int8_t *pixel, int32_t step,
                                 int32_t count, int8_t *slot) {
#if MCUGEN_MVE
  const mve_pred16_t lanes = vctp16q((uint32_t)planes->channels);
  const uint16x8_t offsets = vldrhq_u16(planes->offsets);
  for (; count > 0; --count) {
    vstrbq_scatter_offset_p_s16(slot, offsets, vldrbq_z_s16(pixel, lanes), lanes);
    pixel += step;
    slot += planes->pitch;
  }
#else
  for (; count > 0; --count) {
    for (int32_t c = 0; c < planes->channels; ++c) {
      slot[planes->offsets[c]] = pixel[c];
    }
    pixel += step;
    slot += planes->pitch;
  }
#endif
  return slot;
}

/* Puts row y of the image into the planes; `slot` is its place in the first column. */
static void add_row(const mcugen_depthwise_conv_s8_mve_params *params, const layout *planes,
                    const tile *part, const int8_t *input, int32_t y, int8_t *slot) {
  int32_t left = part->left;
  if (y < 0 || y >= params->input_h) {
    left += part->inside + part->right;
    take_apart(planes, planes->padding, 0, left, slot);
    return;
  }
  const int8_t *const pixel = input + (y * params->input_w + part->x) * params->channels;
  slot = take_apart(planes, planes->padding, 0, left, slot);
  slot = take_apart(planes, pixel, params->channels, part->inside, slot);
  take_apart(planes, planes->padding, 0, part->right, slot);
}

#if MCUGEN_MVE

/* The sum of `taps` products. LETP disables the lanes beyond the last one. */
static inline int32_t dot_product(const int8_t *window, const int8_t *weights, int32_t taps) {
  register int32_t sum __asm__("r0") = 0; /* VMLADAVA takes even registers only */
  __asm__ volatile(
      "dlstp.8     lr, %[taps]    \n"
      "1:                         \n"
      "vldrb.8     q0, [%[x]], #16\n"
      "vldrb.8     q1, [%[w]], #16\n"
      "vmladava.s8 %[sum], q0, q1 \n"
      "letp        lr, 1b         \n"
      : [sum] "+r"(sum), [x] "+r"(window), [w] "+r"(weights)
      : [taps] "r"(taps)
      : "q0", "q1", "lr", "memory");
  return sum;
}

/* `count` outputs of four channels, from windows of any size, scaled up or down. */
static void convolve_long(const mcugen_depthwise_conv_s8_mve_params *params, int32_t channel,
                          const int8_t *plane, int32_t count, int8_t *output) {
  const int32_t taps = params->kernel_h * params->kernel_w;
  const int32x4_t bias = vldrwq_s32(params->bias + channel);
  const int32x4_t multiplier = vldrwq_s32(params->multiplier + channel);
  const int32x4_t shift = vnegq_s32(mcugen_load_codes_mve(params->shift + channel));
  for (; count > 0; --count) {
    int32_t sums[GROUP];
    const int8_t *weights = params->weights + channel * taps;
    const int8_t *window = plane;
    for (int32_t c = 0; c < GROUP; ++c) {
      sums[c] = dot_product(window, weights, taps);
      weights += taps;
      window += params->plane_bytes;
    }
    const int32x4_t sum = vaddq_s32(vldrwq_s32(sums), bias);
    const int32x4_t code = mcugen_requantize_any_mve(sum, multiplier, shift);
    const int32x4_t codes = vaddq_n_s32(code, params->output_zero_point);
    const int16x8_t halves = vqmovnbq_s32(vreinterpretq_s16_s32(codes), codes);
    const int8x16_t bytes = vqmovnbq_s16(vreinterpretq_s8_s16(halves), halves);
    vstrbq_s32(output, vreinterpretq_s32_s8(bytes));
    plane += params->stride_w * params->kernel_h;
    output += params->channels;
  }
}

/* Clang has no constraint for a predicate. */
#if !defined(__clang__)
#define CONVOLVE_SHORT 1

/* clang-format off */

/*
 * As convolve_long for windows of at most sixteen taps, all channels scaled down: 26 instructions
 * for four outputs.
 */
static void convolve_short(const mcugen_depthwise_conv_s8_mve_params *params, int32_t channel,
                           const int8_t *plane, int32_t outputs, int8_t *output) {
  const int32_t taps = params->kernel_h * params->kernel_w;
  const int8_t *const weights = params->weights + channel * taps;
  mve_pred16_t lanes = vctp8q((uint32_t)taps);
  const int8x16_t w0 = vldrbq_z_s8(weights, lanes);
  const int8x16_t w1 = vldrbq_z_s8(weights + taps, lanes);
  const int8x16_t w2 = vldrbq_z_s8(weights + 2 * taps, lanes);
  const int8x16_t w3 = vldrbq_z_s8(weights + 3 * taps, lanes);
  const int32x4_t bias = vldrwq_s32(params->bias + channel);
  const int32x4_t multiplier = vldrwq_s32(params->multiplier + channel);
  const int32x4_t left_shift = vnegq_s32(vldrbq_s32(params->shift + channel));
  register const int8_t *x0 __asm__("r8") = plane;
  register const int8_t *x1 __asm__("r9") = x0 + params->plane_bytes;
  register const int8_t *x2 __asm__("r10") = x1 + params->plane_bytes;
  register const int8_t *x3 __asm__("r11") = x2 + params->plane_bytes;
  register int8_t *out __asm__("r1") = output;
  register int32_t step __asm__("r3") = params->stride_w * params->kernel_h;
  register int32_t zero_point __asm__("r5") = params->output_zero_point;
  register int32_t channels __asm__("r12") = params->channels;
  register int32_t count __asm__("lr") = outputs;
  __asm__ volatile(
      "dls        lr, lr                  \n"
      "1:                                 \n"
      "vldrb.8    q7, [%[x0]]             \n" /* a window of the first channel    */
      "vmladav.s8 r0, q7, %q[w0]          \n"
      "vldrb.8    q7, [%[x1]]             \n"
      "vmladav.s8 r2, q7, %q[w1]          \n"
      "vldrb.8    q7, [%[x2]]             \n"
      "vmladav.s8 r4, q7, %q[w2]          \n"
      "vldrb.8    q7, [%[x3]]             \n"
      "vmladav.s8 r6, q7, %q[w3]          \n"
      "vmov       q7[2], q7[0], r0, r4    \n" /* the sums in lanes 0 and 2        */
      "vmov       q7[3], q7[1], r2, r6    \n" /* and 1 and 3                      */
      "add        %[x0], %[x0], %[step]   \n"
      "add        %[x1], %[x1], %[step]   \n"
      "add        %[x2], %[x2], %[step]   \n"
      "add        %[x3], %[x3], %[step]   \n"
      "vadd.i32   q7, q7, %q[bias]        \n"
      "vqrdmulh.s32 q7, q7, %q[multiplier]\n"
      "mov        r0, #-1                 \n" /* ties of negative numbers go down */
      "vpt.s32    lt, q7, zr              \n"
      "vaddt.i32  q7, q7, r0              \n"
      "vrshl.s32  q7, q7, %q[left_shift]  \n"
      "vadd.i32   q7, q7, %[zero_point]   \n"
      "vqmovnb.s32 q7, q7                 \n" /* saturated to 16, then 8 bits     */
      "vqmovnb.s16 q7, q7                 \n"
      "vstrb.32   q7, [%[out]]            \n"
      "add        %[out], %[out], %[channels]\n"
      "le         lr, 1b                  \n"
      : [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [x3] "+r"(x3), [out] "+r"(out), "+r"(count),
        "+Up"(lanes)
      : [w0] "w"(w0), [w1] "w"(w1), [w2] "w"(w2), [w3] "w"(w3), [bias] "w"(bias),
        [multiplier] "w"(multiplier), [left_shift] "w"(left_shift), [step] "r"(step),
        [zero_point] "r"(zero_point), [channels] "r"(channels)
      : "r0", "r2", "r4", "r6", "q7", "cc", "memory");
}

/* clang-format on */

#else
#define CONVOLVE_SHORT 0
#endif

static void convolve_row(const mcugen_depthwise_conv_s8_mve_params *params, int32_t channel,
                         const int8_t *plane, int32_t count, int8_t *output) {
#if CONVOLVE_SHORT
  const int32x4_t right_shift = mcugen_load_codes_mve(params->shift + channel);
  if (params->kernel_h * params->kernel_w <= LANES && vminvq_s32(INT32_MAX, right_shift) > 0) {
    convolve_short(params, channel, plane, count, output);
    return;
  }
#endif
  convolve_long(params, channel, plane, count, output);
}

#else

static void convolve_row(const mcugen_depthwise_conv_s8_mve_params *params, int32_t channel,
                         const int8_t *plane, int32_t count, int8_t *output) {
  const int32_t taps = params->kernel_h * params->kernel_w;
  const int32_t step = params->stride_w * params->kernel_h;
  for (; count > 0; --count) {
    for (int32_t c = 0; c < GROUP; ++c) {
      const int8_t *const window = plane + c * params->plane_bytes;
      const int8_t *const weights = params->weights + (channel + c) * taps;
      int32_t sum = params->bias[channel + c];
      for (int32_t i = 0; i < taps; ++i) {
        sum += window[i] * weights[i];
      }
      sum = mcugen_requantize(sum, params->multiplier[channel + c], -params->shift[channel + c]);
      output[c] = (int8_t)mcugen_clamp(sum + params->output_zero_point, INT8_MIN, INT8_MAX);
    }
    plane += step;
    output += params->channels;
  }
}

#endif

/* Convolves the channels of a tile that lie in the planes, from `channel` on. */
static void convolve_planes(const mcugen_depthwise_conv_s8_mve_params *params, const layout *planes,
                            const tile *part, int32_t channel, const int8_t *input, int8_t *output,
                            int8_t *scratch) {
  const int32_t kernel_h = params->kernel_h;
  const int32_t channels = planes->channels;
  const int32_t slides = params->dilation_h == 1 && params->stride_h < kernel_h;
  int32_t y = part->out_y * params->stride_h - params->pad_top;
  int32_t known = 0; /* rows of the windows that the planes hold already */
  input += channel;
  output += (part->out_y * params->output_w + part->out_x) * params->channels + channel;
  for (int32_t row = 0; row < part->rows; ++row) {
    for (int32_t ky = known; ky < kernel_h; ++ky) {
      add_row(params, planes, part, input, y + ky * params->dilation_h, scratch + ky);
    }
    for (int32_t next = 0; next < channels; next += GROUP) {
      /* The last group overlaps the one before it if 4 does not divide the channels. */
      const int32_t group = next < channels - GROUP ? next : channels - GROUP;
      convolve_row(params, channel + group, scratch + group * params->plane_bytes, part->outputs,
                   output + group);
    }
    if (slides) {
      known = kernel_h - params->stride_h;
      scratch += params->stride_h;
    }
    y += params->stride_h;
    output += params->output_w * params->channels;
  }
}

/* All channels of a tile, whose corner and size are given. */
static void convolve_tile(const mcugen_depthwise_conv_s8_mve_params *params, tile *part,
                          const int8_t *input, int8_t *output, int8_t *scratch) {
  const int32_t x = part->out_x * params->stride_w - params->pad_left;
  const int32_t columns = (part->outputs - 1) * params->stride_w + params->kernel_w;
  part->left = mcugen_clamp(-x, 0, columns);
  part->inside = mcugen_clamp(params->input_w - x - part->left, 0, columns - part->left);
  part->right = columns - part->left - part->inside;
  part->x = part->inside > 0 ? x + part->left : 0;
  layout planes;
  planes.channels = params->channels < PLANES ? params->channels : PLANES;
  planes.pitch = params->kernel_h;
  for (int32_t c = 0; c < PLANES; ++c) {
    planes.offsets[c] = (uint16_t)(c * params->plane_bytes);
    planes.padding[c] = (int8_t)params->input_zero_point;
  }
  /* The last planes overlap those before them if 8 does not divide the channels. */
  const int32_t last = params->channels - planes.channels;
  for (int32_t next = 0; next < params->channels; next += PLANES) {
    convolve_planes(params, &planes, part, next < last ? next : last, input, output, scratch);
  }
}

void mcugen_depthwise_conv_s8_mve(const mcugen_depthwise_conv_s8_mve_params *params,
                                  const int8_t *input, int8_t *output, void *scratch) {
  for (int32_t out_y = 0; out_y < params->output_h; out_y += params->tile_h) {
    for (int32_t out_x = 0; out_x < params->output_w; out_x += params->tile_w) {
      tile part = {out_y, out_x, 0, 0, 0, 0, 0, 0};
      part.rows = mcugen_clamp(params->output_h - out_y, 1, params->tile_h);
      part.outputs = mcugen_clamp(params->output_w - out_x, 1, params->tile_w);
      convolve_tile(params, &part, input, output, scratch);
    }
  }
  const int32_t low = params->activation_min;
  const int32_t high = params->activation_max;
  if (low > INT8_MIN || high < INT8_MAX) {
    const int32_t count = params->output_h * params->output_w * params->channels;
    for (int32_t i = 0; i < count; ++i) {
      output[i] = (int8_t)mcugen_clamp(output[i], low, high);
    }
  }
}
