#include "mcugen_matmul_w4a4.h"

/* What four pixels of a pair of channels need beside registers; the assembly knows the offsets. */
typedef struct {
  int32_t drained[4]; /* 0: even channel, zeros between pairs */
  int32_t segment;    /* 16 */
  int32_t rest;       /* 20: depths after the present segment */
} state_4;

/* Sums of four pixels: of an even channel and of the odd one after it. */
typedef struct {
  int32_t u0, u1, u2, u3;
  int32_t v0, v1, v2, v3;
} sums_4;

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
 * One pair of channels for four pixels, all segments (its twin in C is below).
 *
 * `first` depths to the first drain, `rest` after it; returns the next pair's weights. All 14
 * registers are in use. r7 waits on the stack, and cannot be named as an operand, because the
 * compiler may hold the frame in it.
 */
static inline const uint32_t *multiply_pair_4(const uint32_t *weights, const uint32_t *pixels,
                                              int32_t first, int32_t rest, state_4 *state,
                                              sums_4 *sums) {
  register const uint32_t *w __asm__("r0") = weights;
  register const uint32_t *x __asm__("r1") = pixels;
  register int32_t u3 __asm__("r3");
  register int32_t u0 __asm__("r4");
  register int32_t u1 __asm__("r5") = rest;
  register uintptr_t u2 __asm__("r6") = (uintptr_t)state;
  register int32_t v0 __asm__("r8");
  register int32_t v1 __asm__("r9");
  register int32_t v2 __asm__("r10");
  register int32_t v3 __asm__("r11");
  register uint32_t mask __asm__("r12") = LANES;
  register int32_t left __asm__("lr") = first;
  __asm__ volatile(
      "push {r6, r7}                    \n"
      "str  r5, [r6, #20]               \n" /* depths after the first segment          */
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
      "ldm  r2, {r4, r5, r6, r7}        \n" /* the even channel: r4, r5, r6, r3        */
      "ubfx r2, r8, #0, #12             \n"
      "ubfx r3, r9, #0, #12             \n"
      "add  r4, r2                      \n"
      "add  r5, r3                      \n"
      "ubfx r2, r10, #0, #12            \n"
      "ubfx r3, r11, #0, #12            \n"
      "add  r6, r2                      \n"
      "add  r3, r7                      \n"
      "asr  r8, #12                     \n" /* the odd channel                         */
      "asr  r9, #12                     \n"
      "asr  r10, #12                    \n"
      "asr  r11, #12                    \n"
      "pop  {r2, r7}                    \n"
      : [w] "+r"(w), [x] "+r"(x), [left] "+r"(left), [mask] "+r"(mask), "+r"(u2), "+r"(u1),
        "=r"(u3), "=r"(u0), "=r"(v0), "=r"(v1), "=r"(v2), "=r"(v3)
      :
      : "r2", "cc", "memory");
  *sums = (sums_4){u0, u1, (int32_t)u2, u3, v0, v1, v2, v3};
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

static const uint32_t *multiply_pair_4(const uint32_t *weights, const uint32_t *pixels,
                                       int32_t first, int32_t rest, state_4 *state, sums_4 *sums) {
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
  sums->u0 = state->drained[0] + (int32_t)(s0 & 0xFFFU);
  sums->u1 = state->drained[1] + (int32_t)(s1 & 0xFFFU);
  sums->u2 = state->drained[2] + (int32_t)(s2 & 0xFFFU);
  sums->u3 = state->drained[3] + (int32_t)(s3 & 0xFFFU);
  sums->v0 = (int32_t)s0 >> 12;
  sums->v1 = (int32_t)s1 >> 12;
  sums->v2 = (int32_t)s2 >> 12;
  sums->v3 = (int32_t)s3 >> 12;
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

/* How all channels of a layer are written. */
typedef struct {
  mcugen_code_form codes;
  int32_t is_packed;
  int32_t pitch;
} output_form;

static inline output_form form_of(const mcugen_matmul_w4a4_params *params) {
  const int32_t is_packed = params->output_bits == 4;
  const int32_t lowest = params->activation_min + (is_packed ? 8 : 0);
  const int32_t span = params->activation_max - params->activation_min;
  const output_form form = {mcugen_code_form_of(lowest, span), is_packed,
                            mcugen_matmul_w4a4_pitch(params)};
  return form;
}

/* Two channels of one pixel as bytes. */
static inline uint32_t codes_of(const mcugen_multiply_add *channels, int32_t u, int32_t v) {
  const uint32_t low = mcugen_code8(mcugen_scaled(&channels[0], u + channels[0].bias));
  return low | (mcugen_code8(mcugen_scaled(&channels[1], v + channels[1].bias)) << 8);
}

/* Writes two channels, bytes as they are stored, of the pixel in the lower half of `codes`. */
static inline void put(int32_t is_byte, uint32_t codes, int8_t *output) {
  if (is_byte) {
    *output = (int8_t)(uint8_t)codes;
  } else {
    const uint16_t both = (uint16_t)codes;
    memcpy(output, &both, sizeof both);
  }
}

/* Writes two channels of up to four pixels; a pixel may end with the first of them. */
static inline void put_4(output_form form, const mcugen_multiply_add *channel, const sums_4 *sums,
                         int32_t has_v, int32_t used, int8_t *output) {
  /* A copy: stores may alias what a pointer leads to. */
  const mcugen_multiply_add both[2] = {channel[0], channel[1]};
  uint32_t codes0 = codes_of(both, sums->u0, sums->v0) | codes_of(both, sums->u1, sums->v1) << 16;
  uint32_t codes2 = codes_of(both, sums->u2, sums->v2) | codes_of(both, sums->u3, sums->v3) << 16;
  codes0 = mcugen_stored_codes(form.codes, codes0);
  codes2 = mcugen_stored_codes(form.codes, codes2);
  if (form.is_packed && has_v) {
    codes0 |= codes0 >> 4;
    codes2 |= codes2 >> 4;
  }
  const int32_t is_byte = form.is_packed || !has_v;
  put(is_byte, codes0, output);
  put(is_byte, codes0 >> 16, output + form.pitch);
  put(is_byte, codes2, output + 2 * form.pitch);
  if (used == MCUGEN_MATMUL_W4A4_PIXELS) {
    put(is_byte, codes2 >> 16, output + 3 * form.pitch);
  }
}

/* Whether a layer is plain: its codes are all that four bits hold, and sums of one sign count. */
static inline int32_t is_plain(const mcugen_matmul_w4a4_params *params) {
  return params->output_bits == 4 && !params->signed_sums && params->activation_min == -8 &&
         params->activation_max == 7;
}

/* Two channels of one pixel of a plain layer as a byte. */
static inline int8_t plain_byte(const mcugen_multiply_add *channels, int32_t u, int32_t v) {
  const int32_t low = mcugen_code4(mcugen_plainly_scaled(&channels[0], u));
  const int32_t high = mcugen_code4(mcugen_plainly_scaled(&channels[1], v));
  return (int8_t)(uint8_t)(low | (high << 4));
}

/* As put_4, for a plain layer. */
static inline void put_plain_4(output_form form, const mcugen_multiply_add *channel,
                               const sums_4 *sums, int32_t used, int8_t *output) {
  const mcugen_multiply_add both[2] = {channel[0], channel[1]};
  output[0] = plain_byte(both, sums->u0, sums->v0);
  output[form.pitch] = plain_byte(both, sums->u1, sums->v1);
  output[2 * form.pitch] = plain_byte(both, sums->u2, sums->v2);
  if (used == MCUGEN_MATMUL_W4A4_PIXELS) {
    output[3 * form.pitch] = plain_byte(both, sums->u3, sums->v3);
  }
}

static inline void clear(int32_t *drained) {
  drained[0] = 0;
  drained[1] = 0;
  drained[2] = 0;
  drained[3] = 0;
}

static void multiply_4(const mcugen_matmul_w4a4_params *params, const uint32_t *pixels,
                       int32_t used, int8_t *output) {
  const mcugen_multiply_add *channel = (const mcugen_multiply_add *)(const void *)params->channels;
  const uint32_t *weights = params->weights;
  const int32_t rest = params->depth - params->first_segment;
  const output_form form = form_of(params);
  const int32_t plain = is_plain(params);
  state_4 state;
  /* One by one: an initializer would call memset to clear the sums. */
  state.segment = params->segment;
  clear(state.drained);
  for (int32_t left = params->units; left > 0; left -= 2) {
    sums_4 sums;
    weights = multiply_pair_4(weights, pixels, params->first_segment, rest, &state, &sums);
    if (rest > 0) {
      clear(state.drained);
    }
    if (plain) {
      put_plain_4(form, channel, &sums, used, output);
    } else {
      put_4(form, channel, &sums, left > 1, used, output);
    }
    output += form.is_packed ? 1 : 2;
    channel += 2;
  }
}

static void multiply_1(const mcugen_matmul_w4a4_params *params, const uint32_t *pixel,
                       int8_t *output) {
  const uint32_t *weights = params->weights;
  const mcugen_multiply_add *channel = (const mcugen_multiply_add *)(const void *)params->channels;
  const output_form form = form_of(params);
  for (int32_t left = params->units; left > 0; left -= 2) {
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
    uint32_t codes = codes_of(channel, drained + (int32_t)(sum & 0xFFFU), (int32_t)sum >> 12);
    codes = mcugen_stored_codes(form.codes, codes);
    if (form.is_packed && left > 1) {
      codes |= codes >> 4;
    }
    put(form.is_packed || left == 1, codes, output);
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
