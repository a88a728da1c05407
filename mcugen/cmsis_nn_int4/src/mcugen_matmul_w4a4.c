#include "mcugen_matmul_w4a4.h"

/*
 * What four pixels need beside registers; the assembly below knows the offsets.
 *
 * A plain layer's codes are written at once, and `output` and `channel` move on; of others the sums
 * are left in `sums`: those of the even channel from u3, u0, u1 to u2, those of the odd one after.
 */
typedef struct {
  int32_t drained[4];                        /* 0: even channel, zeros between pairs */
  int32_t segment;                           /* 16 */
  int32_t rest;                              /* 20: depths after the present segment */
  const mcugen_matmul_w4a4_channel *channel; /* 24 */
  int8_t *output;                            /* 28 */
  int32_t pitch;                             /* 32 */
  int32_t is_plain;                          /* 36 */
  int32_t sums[8];                           /* 40 */
} state_4;

/* Takes two lanes out of a word: the low nibble of one byte, the high one of the next. */
#define LANES UINT32_C(0xF00FF00F)

/* `value` with bit 11 as its sign. */
static inline int32_t low_12(uint32_t value) {
  return (int32_t)((value & 0xFFFU) ^ 0x800U) - 0x800;
}

/* Ends a segment of one pixel: its low 12 bits leave, the next segment's offset comes. */
static inline void drain(uint32_t *sum, int32_t *drained, uint32_t offset) {
  const int32_t low = low_12(*sum);
  *drained += low;
  *sum += offset - (uint32_t)low;
}

#if MCUGEN_DSP_ASM

/* clang-format off */

/* Four depths of two channels for four pixels: 32 products in 13 instructions. */
#define STEP_4                                                                            \
  "ldr    r2, [%[w]], #4              \n" /* weights of depths a, b, c, d              */ \
  "ldm    %[x]!, {r4, r5, r6, r7}     \n" /* depths a and b of the pixels              */ \
  "and    r3, %[mask], r2             \n" /* lanes of a and b                          */ \
  "smlad  r8, r3, r4, r8               \n"                                                \
  "smlad  r9, r3, r5, r9               \n"                                                \
  "smlad  r10, r3, r6, r10             \n"                                                \
  "smlad  r11, r3, r7, r11             \n"                                                \
  "ldm    %[x]!, {r4, r5, r6, r7}     \n" /* depths c and d                            */ \
  "and    r3, %[mask], r2, ror #8     \n" /* lanes of c and d                          */ \
  "smlad  r8, r3, r4, r8               \n"                                                \
  "smlad  r9, r3, r5, r9               \n"                                                \
  "smlad  r10, r3, r6, r10             \n"                                                \
  "smlad  r11, r3, r7, r11             \n"

/* Drains an even channel's sum: its low 12 bits move to register `drained`. */
#define DRAIN(sum, drained)                                                               \
  "sbfx r3, " sum ", #0, #12          \n"                                                 \
  "sub  " sum ", r3                   \n"                                                 \
  "add  " drained ", r3               \n"

/*
 * One pair of channels for four pixels: all segments, and the codes of a plain layer (its twin in C
 * is below).
 *
 * `first` depths to the first drain, `rest` after it; returns the next pair's weights. All 14
 * registers are in use. r7 waits on the stack, and cannot be named as an operand, because the
 * compiler may hold the frame in it.
 */
static inline const uint32_t *multiply_pair_4(const uint32_t *weights, const uint32_t *pixels,
                                              int32_t first, int32_t rest, state_4 *state) {
  register const uint32_t *w __asm__("r0") = weights;
  register const uint32_t *x __asm__("r1") = pixels;
  register state_4 *pointer __asm__("r4") = state;
  register int32_t after __asm__("r6") = rest;
  register uint32_t mask __asm__("r12") = LANES;
  register int32_t left __asm__("lr") = first;
  __asm__ volatile(
      "push {r4, r7}                    \n"
      "str  r6, [r4, #20]               \n" /* depths after the first segment          */
      "ldm  %[x]!, {r8, r9, r10, r11}   \n" /* the sums start from the pixels' offsets */
      "0:                               \n"
      "tst  %[left], #8                 \n" /* an odd number of eights begins midway   */
      "beq  1f                          \n"
      "add  %[left], #8                 \n"
      "b    2f                          \n"
      "1:                               \n" /* 16 depths at a time                     */
      STEP_4 STEP_4
      "2:                               \n"
      STEP_4 STEP_4
      "subs %[left], #16                \n"
      "bne  1b                          \n"
      "ldr  r2, [sp]                    \n"
      "ldrd r5, r6, [r2, #16]           \n"
      "subs r6, r5                      \n" /* is there another segment?               */
      "blt  3f                          \n"
      "str  r6, [r2, #20]               \n"
      "mov  %[left], r5                 \n"
      "ldm  r2, {r4, r5, r6, r7}        \n"
      DRAIN("r8", "r4") DRAIN("r9", "r5") DRAIN("r10", "r6") DRAIN("r11", "r7")
      "stm  r2, {r4, r5, r6, r7}        \n"
      "ldm  %[x]!, {r4, r5, r6, r7}     \n" /* the next segment's offsets              */
      "add  r8, r4                      \n"
      "add  r9, r5                      \n"
      "add  r10, r6                     \n"
      "add  r11, r7                     \n"
      "b    0b                          \n"
      "3:                               \n"
      "pop  {r2, r7}                    \n"
      "ldrd r1, r12, [r2]               \n" /* the even channel: r4, r5, r6, r3        */
      "ubfx r4, r8, #0, #12             \n"
      "ubfx r5, r9, #0, #12             \n"
      "ubfx r6, r10, #0, #12            \n"
      "ubfx r3, r11, #0, #12            \n"
      "add  r4, r1                      \n"
      "add  r5, r12                     \n"
      "ldrd r1, r12, [r2, #8]           \n"
      "add  r6, r1                      \n"
      "add  r3, r12                     \n"
      "asr  r8, #12                     \n" /* the odd channel                         */
      "asr  r9, #12                     \n"
      "asr  r10, #12                    \n"
      "asr  r11, #12                    \n"
      "ldr  r1, [r2, #36]               \n" /* is the layer plain?                     */
      "cmp  r1, #0                      \n"
      "beq  4f                          \n"
      "ldr  lr, [r2, #24]               \n"
      "ldrd r1, r12, [lr], #16          \n" /* multiplier and offset, even channel     */
      "smlawb r4, r1, r4, r12           \n"
      "smlawb r5, r1, r5, r12           \n"
      "smlawb r6, r1, r6, r12           \n"
      "smlawb r3, r1, r3, r12           \n"
      "ldrd r1, r12, [lr], #16          \n" /* odd channel                             */
      "str  lr, [r2, #24]               \n"
      "smlawb r8, r1, r8, r12           \n"
      "smlawb r9, r1, r9, r12           \n"
      "smlawb r10, r1, r10, r12         \n"
      "smlawb r11, r1, r11, r12         \n"
      "usat r4, #4, r4, asr #14         \n"
      "usat r5, #4, r5, asr #14         \n"
      "usat r6, #4, r6, asr #14         \n"
      "usat r3, #4, r3, asr #14         \n"
      "usat r8, #4, r8, asr #14         \n"
      "usat r9, #4, r9, asr #14         \n"
      "usat r10, #4, r10, asr #14       \n"
      "usat r11, #4, r11, asr #14       \n"
      "orr  r4, r4, r8, lsl #4          \n" /* two codes a byte                        */
      "orr  r5, r5, r9, lsl #4          \n"
      "orr  r6, r6, r10, lsl #4         \n"
      "orr  r3, r3, r11, lsl #4         \n"
      "ldrd r1, r12, [r2, #28]          \n" /* output and pitch                        */
      "strb r4, [r1]                    \n"
      "strb r5, [r1, r12]               \n"
      "strb r6, [r1, r12, lsl #1]       \n"
      "add  r12, r12, r12, lsl #1       \n"
      "strb r3, [r1, r12]               \n"
      "add  r1, #1                      \n"
      "str  r1, [r2, #28]               \n"
      "b    5f                          \n"
      "4:                               \n"
      "add  r1, r2, #40                 \n"
      "stm  r1, {r3, r4, r5, r6, r8, r9, r10, r11}\n"
      "5:                               \n"
      : [w] "+r"(w), [x] "+r"(x), [left] "+r"(left), [mask] "+r"(mask), "+r"(pointer), "+r"(after)
      :
      : "r2", "r3", "r5", "r8", "r9", "r10", "r11", "cc", "memory");
  return w;
}

/* Adds the products of one pixel: eight depths of two channels, 16 products, in 12 instructions. */
static inline const uint32_t *add_products_1(const uint32_t *weights, const uint32_t *pixels,
                                             int32_t depth, uint32_t *sum) {
  register const uint32_t *w __asm__("r0") = weights;
  register const uint32_t *x __asm__("r1") = pixels;
  register uint32_t s __asm__("r8") = *sum;
  register uint32_t mask __asm__("r12") = LANES;
  register int32_t left __asm__("lr") = depth;
  __asm__ volatile(
      "1:                                 \n"
      "ldm    %[w]!, {r2, r3}             \n" /* weights of eight depths   */
      "ldm    %[x]!, {r4, r5, r6, r9}     \n" /* the pixel at those depths */
      "and    r10, %[mask], r2            \n"
      "smlad  %[s], r10, r4, %[s]         \n"
      "and    r10, %[mask], r2, ror #8    \n"
      "smlad  %[s], r10, r5, %[s]         \n"
      "and    r10, %[mask], r3            \n"
      "smlad  %[s], r10, r6, %[s]         \n"
      "and    r10, %[mask], r3, ror #8    \n"
      "smlad  %[s], r10, r9, %[s]         \n"
      "subs   %[left], #8                 \n"
      "bne    1b                          \n"
      : [w] "+r"(w), [x] "+r"(x), [left] "+r"(left), [s] "+r"(s)
      : [mask] "r"(mask)
      : "r2", "r3", "r4", "r5", "r6", "r9", "r10", "cc", "memory");
  *sum = s;
  return w;
}

/* clang-format on */

#else

static uint32_t rotated(uint32_t word) { return (word >> 8) | (word << 24); }

/* Two lanes of weights, and where they are multiplied: what SMLAD does, the weights' lanes apart.
 */
typedef struct {
  int32_t a;
  int32_t b;
} lanes;

static inline lanes lanes_of(uint32_t word) {
  const lanes both = {(int16_t)(word & LANES & 0xFFFFU), (int32_t)(word & LANES) >> 16};
  return both;
}

static inline uint32_t add_pair(lanes weights, uint32_t x, uint32_t sum) {
  sum += (uint32_t)(weights.a * (int16_t)(x & 0xFFFFU));
  return sum + (uint32_t)(weights.b * ((int32_t)x >> 16));
}

/* All segments of one pair of channels for four pixels; the sums are left in the state. */
static const uint32_t *sum_pair_4(const uint32_t *weights, const uint32_t *pixels, int32_t first,
                                  int32_t rest, state_4 *state) {
  uint32_t s0 = pixels[0];
  uint32_t s1 = pixels[1];
  uint32_t s2 = pixels[2];
  uint32_t s3 = pixels[3];
  for (int32_t left = first;;) {
    pixels += 4;
    for (; left > 0; left -= 4) {
      uint32_t word = *weights++;
      for (int32_t half = 0; half < 2; ++half) {
        const lanes both = lanes_of(word);
        s0 = add_pair(both, pixels[0], s0);
        s1 = add_pair(both, pixels[1], s1);
        s2 = add_pair(both, pixels[2], s2);
        s3 = add_pair(both, pixels[3], s3);
        pixels += 4;
        word = rotated(word);
      }
    }
    rest -= state->segment;
    if (rest < 0) {
      break;
    }
    drain(&s0, &state->drained[0], pixels[0]);
    drain(&s1, &state->drained[1], pixels[1]);
    drain(&s2, &state->drained[2], pixels[2]);
    drain(&s3, &state->drained[3], pixels[3]);
    left = state->segment;
  }
  state->sums[0] = state->drained[3] + (int32_t)(s3 & 0xFFFU);
  state->sums[1] = state->drained[0] + (int32_t)(s0 & 0xFFFU);
  state->sums[2] = state->drained[1] + (int32_t)(s1 & 0xFFFU);
  state->sums[3] = state->drained[2] + (int32_t)(s2 & 0xFFFU);
  state->sums[4] = (int32_t)s0 >> 12;
  state->sums[5] = (int32_t)s1 >> 12;
  state->sums[6] = (int32_t)s2 >> 12;
  state->sums[7] = (int32_t)s3 >> 12;
  return weights;
}

/* Two channels of one pixel of a plain layer, as a byte. */
static int8_t plain_byte(const mcugen_matmul_w4a4_channel *channel, int32_t u, int32_t v) {
  const int32_t low = mcugen_smlawb(channel[0].multiplier, u, channel[0].offset);
  const int32_t high = mcugen_smlawb(channel[1].multiplier, v, channel[1].offset);
  return (int8_t)(uint8_t)(mcugen_code4(low) | (mcugen_code4(high) << 4));
}

static const uint32_t *multiply_pair_4(const uint32_t *weights, const uint32_t *pixels,
                                       int32_t first, int32_t rest, state_4 *state) {
  const int32_t *const sums = state->sums;
  weights = sum_pair_4(weights, pixels, first, rest, state);
  if (state->is_plain) {
    state->output[0] = plain_byte(state->channel, sums[1], sums[4]);
    state->output[state->pitch] = plain_byte(state->channel, sums[2], sums[5]);
    state->output[2 * state->pitch] = plain_byte(state->channel, sums[3], sums[6]);
    state->output[3 * state->pitch] = plain_byte(state->channel, sums[0], sums[7]);
    state->channel += 2;
    ++state->output;
  }
  return weights;
}

static const uint32_t *add_products_1(const uint32_t *weights, const uint32_t *pixels,
                                      int32_t depth, uint32_t *sum) {
  for (; depth > 0; depth -= 4) {
    *sum = add_pair(lanes_of(*weights), *pixels++, *sum);
    *sum = add_pair(lanes_of(rotated(*weights++)), *pixels++, *sum);
  }
  return weights;
}

#endif

/* What all channels of a layer share when their codes are written. Codes are as they are stored. */
typedef struct {
  int32_t low;
  int32_t high;
  int32_t is_packed;
} output_form;

static inline output_form form_of(const mcugen_matmul_w4a4_params *params) {
  const int32_t is_packed = params->output_bits == 4;
  const int32_t first = is_packed ? 8 : 0;
  const output_form form = {params->activation_min + first, params->activation_max + first,
                            is_packed};
  return form;
}

/* One channel's sum as a code, whatever the layer. */
static inline int32_t code_of(output_form form, const mcugen_matmul_w4a4_channel *channel,
                              int32_t sum) {
  sum += channel->bias;
  const int32_t offset = channel->offset + (channel->negative & (sum >> 31));
  const int32_t scaled = mcugen_smlawb(channel->multiplier, sum, offset);
  return mcugen_clamp(scaled >> MCUGEN_INT4_FRACTION_BITS, form.low, form.high);
}

/* Turns one channel's sums to codes. */
static inline void requantize_4(output_form form, const mcugen_matmul_w4a4_channel *channel,
                                int32_t *sums) {
  /* A copy: stores may alias what a pointer leads to. */
  const mcugen_matmul_w4a4_channel constants = *channel;
  sums[0] = code_of(form, &constants, sums[0]);
  sums[1] = code_of(form, &constants, sums[1]);
  sums[2] = code_of(form, &constants, sums[2]);
  sums[3] = code_of(form, &constants, sums[3]);
}

/* Writes the codes of two channels of one pixel; a pixel may end with the first of them. */
static inline void put(output_form form, int32_t u, int32_t v, int32_t has_v, int8_t *output) {
  if (form.is_packed) {
    *output = (int8_t)(uint8_t)(u | (has_v ? v << 4 : 0));
  } else {
    output[0] = (int8_t)u;
    if (has_v) {
      output[1] = (int8_t)v;
    }
  }
}

/* Whether a layer is plain: its codes are all that four bits hold, and sums of one sign count. */
static inline int32_t is_plain(const mcugen_matmul_w4a4_params *params) {
  return params->output_bits == 4 && !params->signed_sums && params->activation_min == -8 &&
         params->activation_max == 7;
}

static inline void clear(int32_t *drained) {
  drained[0] = 0;
  drained[1] = 0;
  drained[2] = 0;
  drained[3] = 0;
}

static void multiply_4(const mcugen_matmul_w4a4_params *params, const uint32_t *pixels,
                       int32_t used, int8_t *output) {
  const uint32_t *weights = params->weights;
  const int32_t first = params->first_segment;
  const int32_t rest = params->depth - first;
  const int32_t units = params->units;
  const output_form form = form_of(params);
  state_4 state;
  /* One by one: an initializer would call memset to clear the sums. */
  state.segment = params->segment;
  state.channel = (const mcugen_matmul_w4a4_channel *)(const void *)params->channels;
  state.output = output;
  state.pitch = mcugen_matmul_w4a4_pitch(params);
  state.is_plain = is_plain(params) && used == 4;
  clear(state.drained);
  for (int32_t unit = 0; unit < units; unit += 2) {
    weights = multiply_pair_4(weights, pixels, first, rest, &state);
    if (rest > 0) {
      clear(state.drained);
    }
    if (!state.is_plain) {
      int8_t *place = state.output;
      requantize_4(form, &state.channel[0], state.sums);
      requantize_4(form, &state.channel[1], state.sums + 4);
      for (int32_t i = 0; i < used; ++i) {
        put(form, state.sums[(i + 1) & 3], state.sums[4 + i], unit + 1 < units, place);
        place += state.pitch;
      }
      state.output += form.is_packed ? 1 : 2;
      state.channel += 2;
    }
  }
}

static void multiply_1(const mcugen_matmul_w4a4_params *params, const uint32_t *pixel,
                       int8_t *output) {
  const uint32_t *weights = params->weights;
  const mcugen_matmul_w4a4_channel *channel =
      (const mcugen_matmul_w4a4_channel *)(const void *)params->channels;
  const output_form form = form_of(params);
  for (int32_t unit = 0; unit < params->units; unit += 2) {
    const uint32_t *x = pixel;
    uint32_t sum = *x++;
    int32_t drained = 0;
    int32_t depth = params->first_segment;
    int32_t rest = params->depth - depth;
    for (;;) {
      weights = add_products_1(weights, x, depth, &sum);
      if (rest == 0) {
        break;
      }
      x += depth / 2;
      drain(&sum, &drained, *x++);
      depth = params->segment;
      rest -= depth;
    }
    const int32_t u = code_of(form, &channel[0], drained + (int32_t)(sum & 0xFFFU));
    const int32_t v = code_of(form, &channel[1], (int32_t)sum >> 12);
    put(form, u, v, unit + 1 < params->units, output);
    output += form.is_packed ? 1 : 2;
    channel += 2;
  }
}

void mcugen_matmul_w4a4(const mcugen_matmul_w4a4_params *params, const uint32_t *pixels,
                        int32_t count, int32_t used, int8_t *output) {
  if (count == 1) {
    multiply_1(params, pixels, output);
  } else {
    multiply_4(params, pixels, used, output);
  }
}

void mcugen_matmul_w4a4_unpack(const mcugen_matmul_w4a4_params *params, const uint8_t *packed,
                               int32_t count, uint32_t *pixels) {
  const uint32_t nibbles = mcugen_opaque(UINT32_C(0x000F000F));
  const uint32_t centre = UINT32_C(0x00080008);
  const uint32_t weight = mcugen_pair(-8, -8);
  int32_t depth = params->first_segment;
  for (int32_t left = params->depth; left > 0;) {
    uint32_t *const offset = pixels;
    const uint8_t *const end = packed + depth / 2;
    uint32_t sum = left == depth ? 0x800 : 0;
    pixels += count;
    for (; packed < end; packed += 4) {
      const uint32_t word = mcugen_load_word(packed);
      const uint32_t pair0 = mcugen_subtract_lanes(word & nibbles, centre);
      const uint32_t pair1 = mcugen_subtract_lanes((word >> 4) & nibbles, centre);
      const uint32_t pair2 = mcugen_subtract_lanes((word >> 8) & nibbles, centre);
      const uint32_t pair3 = mcugen_subtract_lanes((word >> 12) & nibbles, centre);
      sum = mcugen_smlad(pair0, weight, sum);
      sum = mcugen_smlad(pair1, weight, sum);
      sum = mcugen_smlad(pair2, weight, sum);
      sum = mcugen_smlad(pair3, weight, sum);
      pixels[0] = pair0;
      pixels[count] = pair1;
      pixels[2 * count] = pair2;
      pixels[3 * count] = pair3;
      pixels += 4 * count;
    }
    *offset = sum;
    left -= depth;
    depth = params->segment;
  }
}
