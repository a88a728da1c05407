#include "mcugen_depthwise_conv_a4_dsp.h"

/* Channels that are computed side by side: two bytes. */
#define GROUP 4

/* Steps of the inner loop that are written out, of two taps for each channel of a group. */
#define UNROLL 3

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
  int32_t pixel_bytes;
  int32_t pairs; /* pairs of rows that a window covers */
  int32_t kept;  /* of those, how many the windows further down cover too, one place higher */
  int32_t steps; /* of the inner loop for a window */
  uint32_t *weights;
  uint32_t *windows;
} workspace;

/* How the codes of a group are written. */
typedef struct {
  mcugen_code_form codes;
  uint32_t used; /* bits of the two bytes that hold channels */
  int32_t is_plain;
} output_form;

/* Four channels of a row; `step` is 0 for a row that repeats one pixel. */
typedef struct {
  const uint8_t *bytes;
  int32_t step;
} pixels;

/* Row y from `rows` on, or `outside`, repeated, above the first and below the last one. */
static inline pixels row_of(const void *rows, int32_t y, int32_t height, int32_t row_bytes,
                            int32_t step, const uint32_t *outside) {
  pixels row = {(const uint8_t *)outside, 0};
  if (y >= 0 && y < height) {
    row.bytes = (const uint8_t *)rows + y * row_bytes;
    row.step = step;
  }
  return row;
}

static inline uint32_t load_half(const uint8_t *bytes) {
  uint16_t half;
  memcpy(&half, bytes, sizeof half);
  return half;
}

/* Four words (upper value, lower value) of the weights of two taps, one above the other. */
static inline void pair_weights(const uint8_t *upper, const uint8_t *lower, uint32_t *words) {
  const uint32_t above = mcugen_load_word(upper);
  const uint32_t below = mcugen_load_word(lower);
  const uint32_t first = (above & 0xFFFFU) | (below << 16);
  const uint32_t second = (above >> 16) | (below & UINT32_C(0xFFFF0000));
  words[0] = mcugen_sxtb16(first);
  words[1] = mcugen_sxtb16_odd(first);
  words[2] = mcugen_sxtb16(second);
  words[3] = mcugen_sxtb16_odd(second);
}

/* Widens the weights for the output row `row` rows below the first one of a step. */
static void widen_weights(const mcugen_depthwise_conv_a4_dsp_params *params, const workspace *space,
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
      pair_weights(upper.bytes, lower.bytes, to);
      upper.bytes += upper.step;
      lower.bytes += lower.step;
      to += column_words;
    }
  }
  for (int32_t i = params->kernel_w * column_words; i < space->steps * GROUP; ++i) {
    words[i] = 0;
  }
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

/* Unpacks two rows, the first at y, to the pairs behind `kept` others, which move up by one. */
static void unpack_rows(const mcugen_depthwise_conv_a4_dsp_params *params, const workspace *space,
                        const tile *part, const int8_t *input, int32_t y, int32_t kept,
                        uint32_t *column) {
  const uint32_t nibbles = mcugen_opaque(UINT32_C(0x000F000F));
  const uint32_t outside = UINT32_C(0x1111) * (uint32_t)(params->input_zero_point + 8);
  const int32_t row_bytes = params->input_w * space->pixel_bytes;
  const int8_t *const rows = input + part->x * space->pixel_bytes;
  pixels upper = row_of(rows, y, params->input_h, row_bytes, space->pixel_bytes, &outside);
  y += params->dilation_h;
  pixels lower = row_of(rows, y, params->input_h, row_bytes, space->pixel_bytes, &outside);
  const int32_t column_words = space->pairs * GROUP;
  const int32_t kept_words = kept * GROUP;
  column += part->left * column_words;
  for (int32_t i = part->inside; i > 0; --i) {
    uint32_t *to = column;
    uint32_t *const last = column + kept_words;
    while (to != last) {
      to = move_up(to);
    }
    const uint32_t both = load_half(upper.bytes) | (load_half(lower.bytes) << 16);
    to[0] = both & nibbles;
    to[1] = (both >> 4) & nibbles;
    to[2] = (both >> 8) & nibbles;
    to[3] = (both >> 12) & nibbles;
    upper.bytes += upper.step;
    lower.bytes += lower.step;
    column += column_words;
  }
}

/* Unpacks the rows that windows from y on cover; `kept` pairs of them are there already. */
static void unpack_image(const mcugen_depthwise_conv_a4_dsp_params *params, const workspace *space,
                         const tile *part, const int8_t *input, int32_t y, int32_t kept) {
  if (kept > 0) {
    unpack_rows(params, space, part, input, y + 2 * kept, kept, space->windows);
  } else {
    for (int32_t pair = 0; pair < space->pairs; ++pair) {
      unpack_rows(params, space, part, input, y, 0, space->windows + pair * GROUP);
      y += 2 * params->dilation_h;
    }
  }
}

/* Fills the padding left and right of the image, which stays while rows come and go. */
static void fill_padding(const mcugen_depthwise_conv_a4_dsp_params *params, const workspace *space,
                         const tile *part) {
  const int32_t code = params->input_zero_point + 8;
  const uint32_t word = mcugen_pair(code, code);
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

/* Four sums as two bytes, in a plain layer. */
static inline uint32_t plain_bytes(const mcugen_multiply_add *channels, const uint32_t *sums) {
  const int32_t code0 = mcugen_fine_code4(mcugen_plainly_scaled(&channels[0], (int32_t)sums[0]));
  const int32_t code1 = mcugen_fine_code4(mcugen_plainly_scaled(&channels[1], (int32_t)sums[1]));
  const int32_t code2 = mcugen_fine_code4(mcugen_plainly_scaled(&channels[2], (int32_t)sums[2]));
  const int32_t code3 = mcugen_fine_code4(mcugen_plainly_scaled(&channels[3], (int32_t)sums[3]));
  return (uint32_t)(code0 | (code1 << 4) | (code2 << 8) | (code3 << 12));
}

/* Four sums as two bytes, in any layer. */
static inline uint32_t any_bytes(const output_form *form, const mcugen_multiply_add *channels,
                                 const uint32_t *sums) {
  const uint32_t code0 = mcugen_fine_code8(mcugen_scaled(&channels[0], (int32_t)sums[0]));
  const uint32_t code1 = mcugen_fine_code8(mcugen_scaled(&channels[1], (int32_t)sums[1]));
  const uint32_t code2 = mcugen_fine_code8(mcugen_scaled(&channels[2], (int32_t)sums[2]));
  const uint32_t code3 = mcugen_fine_code8(mcugen_scaled(&channels[3], (int32_t)sums[3]));
  uint32_t codes = code0 | (code1 << 8) | (code2 << 16) | (code3 << 24);
  codes = mcugen_stored_codes(form->codes, codes);
  codes = (codes | (codes >> 4)) & UINT32_C(0x00FF00FF);
  return (codes | (codes >> 8)) & form->used;
}

/* `count` outputs of a row; their windows lie `window_step` words apart. */
static void convolve_row(const output_form *form, const mcugen_multiply_add *channels,
                         const uint32_t *window, int32_t window_step, const uint32_t *weights,
                         const uint32_t *weights_end, int32_t count, int8_t *output,
                         int32_t pixel_bytes) {
  const ptrdiff_t to_next = window_step - (weights_end - weights);
  for (; count > 0; --count) {
    uint32_t sums[GROUP] = {(uint32_t)channels[0].bias, (uint32_t)channels[1].bias,
                            (uint32_t)channels[2].bias, (uint32_t)channels[3].bias};
    window = add_products(window, weights, weights_end, sums) + to_next;
    const uint16_t bytes =
        (uint16_t)(form->is_plain ? plain_bytes(channels, sums) : any_bytes(form, channels, sums));
    memcpy(output, &bytes, sizeof bytes);
    output += pixel_bytes;
  }
}

/* Four channels of a tile; input and output begin with the first of them. */
static void convolve_group(const mcugen_depthwise_conv_a4_dsp_params *params,
                           const workspace *space, const output_form *form, const tile *part,
                           int32_t channel, const int8_t *input, int8_t *output) {
  const mcugen_multiply_add *const channels =
      (const mcugen_multiply_add *)(const void *)params->constants + channel;
  const int32_t weights_words = space->steps * GROUP;
  for (int32_t row = 0; row < params->rows; ++row) {
    widen_weights(params, space, params->weights + channel, row,
                  space->weights + row * weights_words);
  }
  int32_t y = -params->pad_top;
  int32_t kept = 0;
  for (int32_t out_y = 0; out_y < params->output_h; out_y += params->rows) {
    unpack_image(params, space, part, input, y, kept);
    kept = space->kept;
    y += params->rows * params->stride_h;
    const uint32_t *weights = space->weights;
    for (int32_t row = 0; row < params->rows && out_y + row < params->output_h; ++row) {
      convolve_row(form, channels, space->windows, params->stride_w * space->pairs * GROUP, weights,
                   weights + weights_words, part->outputs, output, space->pixel_bytes);
      output += params->output_w * space->pixel_bytes;
      weights += weights_words;
    }
  }
}

/* All channels of the output's columns from out_x on. */
static void convolve_tile(const mcugen_depthwise_conv_a4_dsp_params *params, const workspace *space,
                          int32_t out_x, const int8_t *input, int8_t *output) {
  const int32_t x = out_x * params->stride_w - params->pad_left;
  tile part;
  part.outputs = mcugen_clamp(params->output_w - out_x, 1, params->tile_w);
  part.columns = (part.outputs - 1) * params->stride_w + params->kernel_w;
  part.left = mcugen_clamp(-x, 0, part.columns);
  part.inside = mcugen_clamp(params->input_w - x - part.left, 0, part.columns - part.left);
  part.x = part.inside > 0 ? x + part.left : 0;
  fill_padding(params, space, &part);
  output_form form;
  form.codes = mcugen_code_form_of(params->activation_min + 8,
                                   params->activation_max - params->activation_min);
  form.is_plain = params->is_plain;
  /* The last group overlaps the one before it if 4 does not divide the channels. */
  const int32_t last = params->channels - GROUP;
  for (int32_t next = 0; next < params->channels; next += GROUP) {
    const int32_t channel = next < last ? next : last;
    form.used = channel == last && params->is_odd ? 0x0FFF : 0xFFFF;
    convolve_group(params, space, &form, &part, channel, input + channel / 2,
                   output + out_x * space->pixel_bytes + channel / 2);
  }
}

void mcugen_depthwise_conv_a4_dsp(const mcugen_depthwise_conv_a4_dsp_params *params,
                                  const int8_t *input, int8_t *output, void *scratch) {
  workspace space;
  space.pixel_bytes = params->channels / 2;
  space.pairs = (params->kernel_h + params->rows) / 2;
  space.kept =
      params->dilation_h == 1 && params->rows * params->stride_h == 2 ? space.pairs - 1 : 0;
  space.steps = (params->kernel_w * space.pairs + UNROLL - 1) / UNROLL * UNROLL;
  space.weights = scratch;
  space.windows = space.weights + params->rows * space.steps * GROUP;
  for (int32_t out_x = 0; out_x < params->output_w; out_x += params->tile_w) {
    convolve_tile(params, &space, out_x, input, output);
  }
}
