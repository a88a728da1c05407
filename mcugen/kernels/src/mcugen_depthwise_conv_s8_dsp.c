#include "mcugen_depthwise_conv_s8_dsp.h"

#include "mcugen_dsp.h"

/* Channels that are computed side by side. */
#define GROUP 4

/* Steps of the inner loop that are written out, of two taps for each channel of a group. */
#define UNROLL 3

/* How a channel's sum becomes a code. */
typedef struct {
  int32_t multiplier;
  int32_t term;
  int32_t shift;
} requantization;

/* The constants of four channels; is_short if every shift is one of mcugen_requantize_doubled. */
typedef struct {
  uint32_t doubled_bias[GROUP];
  requantization to_code[GROUP];
  int32_t zero_point;
  int32_t is_short;
} group_constants;

/* Columns of the output that are made at a time, and the columns of the image that they need. */
typedef struct {
  int32_t outputs;
  int32_t x;       /* the first column of the image in use */
  int32_t inside;  /* columns of the image in use */
  int32_t left;    /* columns of padding before them */
  int32_t columns; /* with padding */
} tile;

/* Sizes that the loops share, and the parts of the scratch memory. */
typedef struct {
  int32_t pairs; /* pairs of rows that a window covers */
  int32_t kept;  /* of those, how many the windows further down cover too, one place higher */
  int32_t steps; /* of the inner loop for a window */
  uint32_t *weights;
  uint32_t *windows;
} workspace;

/* Four channels of a row of pixels; `step` is 0 for a row that repeats one pixel. */
typedef struct {
  const int8_t *values;
  int32_t step;
} pixels;

/* Four words (upper value, lower value) of two pixels, one above the other. */
static inline void pair_up(const int8_t *upper, const int8_t *lower, uint32_t words[GROUP]) {
  const uint32_t above = mcugen_load_word(upper);
  const uint32_t below = mcugen_load_word(lower);
#if MCUGEN_DSP_ASM
  uint32_t first, second;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(first) : "r"(above), "r"(below));
  __asm__("pkhtb %0, %2, %1, asr #16" : "=r"(second) : "r"(above), "r"(below));
#else
  const uint32_t first = (above & UINT32_C(0xFFFF)) | (below << 16);
  const uint32_t second = (above >> 16) | (below & UINT32_C(0xFFFF0000));
#endif
  words[0] = mcugen_sxtb16(first);
  words[1] = mcugen_sxtb16_odd(first);
  words[2] = mcugen_sxtb16(second);
  words[3] = mcugen_sxtb16_odd(second);
}

/* Copies the four words behind the first four over them; returns where they came from. */
static inline uint32_t *move_up(uint32_t *words) {
#if MCUGEN_DSP_ASM
  uint32_t a, b;
  __asm__ volatile(
      "ldrd %1, %2, [%0, #16] \n"
      "strd %1, %2, [%0], #8  \n"
      "ldrd %1, %2, [%0, #16] \n"
      "strd %1, %2, [%0], #8  \n"
      : "+r"(words), "=&r"(a), "=&r"(b)
      :
      : "memory");
  return words;
#else
  memcpy(words, words + GROUP, GROUP * sizeof(uint32_t));
  return words + GROUP;
#endif
}

/* Both lanes times two, which must not leave 16 bits: the mask keeps them apart. */
static inline uint32_t twice(uint32_t pair) { return (pair << 1) & UINT32_C(0xFFFEFFFE); }

/* Row y from `rows` on, or `outside`, repeated, above the first and below the last one. */
static inline pixels row_of(const int8_t *rows, int32_t y, int32_t height, int32_t row_bytes,
                            int32_t step, const uint32_t *outside) {
  pixels row = {(const int8_t *)outside, 0};
  if (y >= 0 && y < height) {
    row.values = rows + y * row_bytes;
    row.step = step;
  }
  return row;
}

/* Widens and doubles the weights for the output row `row` rows below the first one of a step. */
static void widen_weights(const mcugen_depthwise_conv_s8_dsp_params *params, const workspace *space,
                          const int8_t *weights, int32_t row, uint32_t *words) {
  const uint32_t zeros = 0;
  const int32_t row_bytes = params->kernel_w * params->channels;
  const int32_t column_words = space->pairs * GROUP;
  for (int32_t i = 0; i < space->pairs; ++i) {
    const int32_t y = 2 * i - row;
    pixels upper = row_of(weights, y, params->kernel_h, row_bytes, params->channels, &zeros);
    pixels lower = row_of(weights, y + 1, params->kernel_h, row_bytes, params->channels, &zeros);
    uint32_t *to = words + i * GROUP;
    for (int32_t kx = params->kernel_w; kx > 0; --kx) {
      uint32_t pairs[GROUP];
      pair_up(upper.values, lower.values, pairs);
      to[0] = twice(pairs[0]);
      to[1] = twice(pairs[1]);
      to[2] = twice(pairs[2]);
      to[3] = twice(pairs[3]);
      upper.values += upper.step;
      lower.values += lower.step;
      to += column_words;
    }
  }
  for (int32_t i = params->kernel_w * column_words; i < space->steps * GROUP; ++i) {
    words[i] = 0;
  }
}

/* Widens two rows, the first at y, to the pairs behind `kept` others, which move up by one. */
static void widen_rows(const mcugen_depthwise_conv_s8_dsp_params *params, const tile *part,
                       const int8_t *input, int32_t y, int32_t kept, int32_t column_words,
                       uint32_t *column) {
  const uint32_t outside = UINT32_C(0x01010101) * (uint8_t)params->input_zero_point;
  const int32_t row_bytes = params->input_w * params->channels;
  const int8_t *const rows = input + part->x * params->channels;
  pixels upper = row_of(rows, y, params->input_h, row_bytes, params->channels, &outside);
  y += params->dilation_h;
  pixels lower = row_of(rows, y, params->input_h, row_bytes, params->channels, &outside);
  const int32_t kept_words = kept * GROUP;
  column += part->left * column_words;
  for (int32_t i = part->inside; i > 0; --i) {
    uint32_t *to = column;
    uint32_t *const last = column + kept_words;
    while (to != last) {
      to = move_up(to);
    }
    pair_up(upper.values, lower.values, to);
    upper.values += upper.step;
    lower.values += lower.step;
    column += column_words;
  }
}

/* Widens the rows that windows from y on cover; `kept` pairs of them are there already. */
static void widen_image(const mcugen_depthwise_conv_s8_dsp_params *params, const workspace *space,
                        const tile *part, const int8_t *input, int32_t y, int32_t kept) {
  const int32_t column_words = space->pairs * GROUP;
  if (kept > 0) {
    widen_rows(params, part, input, y + 2 * kept, kept, column_words, space->windows);
  } else {
    for (int32_t pair = 0; pair < space->pairs; ++pair) {
      widen_rows(params, part, input, y, 0, column_words, space->windows + pair * GROUP);
      y += 2 * params->dilation_h;
    }
  }
}

/* Fills the padding left and right of the image, which stays while rows come and go. */
static void fill_padding(const mcugen_depthwise_conv_s8_dsp_params *params, const workspace *space,
                         const tile *part) {
  const uint32_t word = mcugen_pair(params->input_zero_point, params->input_zero_point);
  const int32_t column_words = space->pairs * GROUP;
  for (int32_t i = 0; i < part->left * column_words; ++i) {
    space->windows[i] = word;
  }
  const int32_t inside_end = part->left + part->inside;
  for (int32_t i = inside_end * column_words; i < part->columns * column_words; ++i) {
    space->windows[i] = word;
  }
}

#if MCUGEN_DSP_ASM

/* clang-format off */

/* Two taps of four channels: 8 products in 7 instructions. */
#define STEP                                                                  \
  "ldm   %[x]!, {r4, r5, r6, r8} \n" /* pairs of the window                */ \
  "ldrd  r10, r11, [%[w]], #8    \n" /* weights of channels 0 and 1        */ \
  "smlad %[s0], r4, r10, %[s0]   \n"                                          \
  "smlad %[s1], r5, r11, %[s1]   \n"                                          \
  "ldrd  r10, r11, [%[w]], #8    \n" /* weights of channels 2 and 3        */ \
  "smlad %[s2], r6, r10, %[s2]   \n"                                          \
  "smlad %[s3], r8, r11, %[s3]   \n"

/*
 * Adds the products of a window with the weights to four channels' sums; returns its end.
 *
 * Operands have fixed registers: compilers cannot find 13 of them otherwise, without r7, which may
 * hold the frame.
 */
static inline const uint32_t *add_products(const uint32_t *window, const uint32_t *weights,
                                           const uint32_t *weights_end, uint32_t sums[GROUP]) {
  register uint32_t s0 __asm__("r0") = sums[0];
  register uint32_t s1 __asm__("r1") = sums[1];
  register uint32_t s2 __asm__("r2") = sums[2];
  register uint32_t s3 __asm__("r3") = sums[3];
  register const uint32_t *x __asm__("r9") = window;
  register const uint32_t *w __asm__("r12") = weights;
  register const uint32_t *end __asm__("lr") = weights_end;
  __asm__ volatile(
      "1:              \n"
      STEP STEP STEP
      "cmp %[w], %[end]\n"
      "bne 1b          \n"
      : [x] "+r"(x), [w] "+r"(w), [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3)
      : [end] "r"(end)
      : "r4", "r5", "r6", "r8", "r10", "r11", "cc", "memory");
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
  return x;
}

/* clang-format on */

#else

static inline const uint32_t *add_products(const uint32_t *window, const uint32_t *weights,
                                           const uint32_t *weights_end, uint32_t sums[GROUP]) {
  while (weights != weights_end) {
    for (int32_t i = 0; i < GROUP; ++i) {
      sums[i] = mcugen_smlad(*window++, *weights++, sums[i]);
    }
  }
  return window;
}

#endif

static inline void put(int8_t *output, uint32_t doubled, const requantization *to_code) {
  const int32_t code = mcugen_requantize_doubled((int32_t)doubled, to_code->multiplier,
                                                 to_code->shift, to_code->term);
#if MCUGEN_DSP_ASM
  /* Compilers would rather gather four codes in a word. */
  int32_t saturated;
  __asm__("ssat %0, #8, %2 \n strb %0, %1" : "=&r"(saturated), "=m"(*output) : "r"(code));
#else
  *output = (int8_t)mcugen_ssat8(code);
#endif
}

/* `count` outputs of a row; their windows lie `window_step` words apart. */
static void convolve_row(const uint32_t *doubled_bias, const requantization *to_code,
                         const uint32_t *window, int32_t window_step, const uint32_t *weights,
                         const uint32_t *weights_end, int32_t count, int8_t *output,
                         int32_t output_step) {
  const ptrdiff_t to_next = window_step - (weights_end - weights);
  int8_t *const end = output + count * output_step;
  for (; output != end; output += output_step) {
    uint32_t sums[GROUP] = {doubled_bias[0], doubled_bias[1], doubled_bias[2], doubled_bias[3]};
    window = add_products(window, weights, weights_end, sums) + to_next;
    put(output, sums[0], to_code);
    put(output + 1, sums[1], to_code + 1);
    put(output + 2, sums[2], to_code + 2);
    put(output + 3, sums[3], to_code + 3);
  }
}

/* As convolve_row, for any of TFLite's scales. */
static void convolve_row_slowly(const group_constants *constants, const uint32_t *window,
                                int32_t window_step, const uint32_t *weights,
                                const uint32_t *weights_end, int32_t count, int8_t *output,
                                int32_t output_step) {
  for (; count > 0; --count) {
    for (int32_t i = 0; i < GROUP; ++i) {
      const requantization *const to_code = &constants->to_code[i];
      const uint32_t *x = window + i;
      uint32_t doubled = constants->doubled_bias[i];
      for (const uint32_t *w = weights + i; w < weights_end; w += GROUP) {
        doubled = mcugen_smlad(*x, *w, doubled);
        x += GROUP;
      }
      const int32_t sum = (int32_t)doubled >> 1;
      const int32_t code = mcugen_requantize(sum, to_code->multiplier, -to_code->shift);
      output[i] = (int8_t)mcugen_clamp(code + constants->zero_point, INT8_MIN, INT8_MAX);
    }
    window += window_step;
    output += output_step;
  }
}

/* Four channels of a tile; input and output begin with the first of them. */
static void convolve_group(const mcugen_depthwise_conv_s8_dsp_params *params,
                           const workspace *space, const tile *part, int32_t channel,
                           const int8_t *input, int8_t *output) {
  group_constants constants = {.zero_point = params->output_zero_point, .is_short = 1};
  for (int32_t i = 0; i < GROUP; ++i) {
    requantization *const to_code = &constants.to_code[i];
    constants.doubled_bias[i] = (uint32_t)params->bias[channel + i];
    to_code->multiplier = params->multiplier[channel + i];
    to_code->shift = params->shift[channel + i];
    if (to_code->shift >= 1 && to_code->shift <= MCUGEN_MAX_SHIFT) {
      to_code->term = mcugen_rounding_term(params->output_zero_point, to_code->shift);
    } else {
      constants.is_short = 0;
    }
  }
  const int32_t weights_words = space->steps * GROUP;
  for (int32_t row = 0; row < params->rows; ++row) {
    widen_weights(params, space, params->weights + channel, row,
                  space->weights + row * weights_words);
  }
  int32_t y = -params->pad_top;
  int32_t kept = 0;
  for (int32_t out_y = 0; out_y < params->output_h; out_y += params->rows) {
    widen_image(params, space, part, input, y, kept);
    kept = space->kept;
    y += params->rows * params->stride_h;
    const uint32_t *weights = space->weights;
    for (int32_t row = 0; row < params->rows && out_y + row < params->output_h; ++row) {
      const int32_t window_step = params->stride_w * space->pairs * GROUP;
      if (constants.is_short) {
        convolve_row(constants.doubled_bias, constants.to_code, space->windows, window_step,
                     weights, weights + weights_words, part->outputs, output, params->channels);
      } else {
        convolve_row_slowly(&constants, space->windows, window_step, weights,
                            weights + weights_words, part->outputs, output, params->channels);
      }
      output += params->output_w * params->channels;
      weights += weights_words;
    }
  }
}

/* All channels of the output's columns from out_x on. */
static void convolve_tile(const mcugen_depthwise_conv_s8_dsp_params *params, const workspace *space,
                          int32_t out_x, const int8_t *input, int8_t *output) {
  const int32_t x = out_x * params->stride_w - params->pad_left;
  tile part;
  part.outputs = mcugen_clamp(params->output_w - out_x, 1, params->tile_w);
  part.columns = (part.outputs - 1) * params->stride_w + params->kernel_w;
  part.left = mcugen_clamp(-x, 0, part.columns);
  part.inside = mcugen_clamp(params->input_w - x - part.left, 0, part.columns - part.left);
  part.x = part.inside > 0 ? x + part.left : 0;
  fill_padding(params, space, &part);
  output += out_x * params->channels;
  /* The last group overlaps the one before it if 4 does not divide the channels. */
  const int32_t last = params->channels - GROUP;
  for (int32_t next = 0; next < params->channels; next += GROUP) {
    const int32_t channel = next < last ? next : last;
    convolve_group(params, space, &part, channel, input + channel, output + channel);
  }
}

void mcugen_depthwise_conv_s8_dsp(const mcugen_depthwise_conv_s8_dsp_params *params,
                                  const int8_t *input, int8_t *output, void *scratch) {
  workspace space;
  space.pairs = (params->kernel_h + params->rows) / 2;
  space.kept =
      params->dilation_h == 1 && params->rows * params->stride_h == 2 ? space.pairs - 1 : 0;
  space.steps = (params->kernel_w * space.pairs + UNROLL - 1) / UNROLL * UNROLL;
  space.weights = scratch;
  space.windows = space.weights + params->rows * space.steps * GROUP;
  for (int32_t out_x = 0; out_x < params->output_w; out_x += params->tile_w) {
    convolve_tile(params, &space, out_x, input, output);
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
