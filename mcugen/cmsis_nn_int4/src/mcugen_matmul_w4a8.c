#include "mcugen_matmul_w4a8.h"

/* The sums S and T of two channels for each pixel. */
typedef struct {
  uint32_t s[MCUGEN_MATMUL_W4A8_PIXELS];
  uint32_t t[MCUGEN_MATMUL_W4A8_PIXELS];
} pair_sums;

#if MCUGEN_DSP_ASM

/* clang-format off */

/* Half of STEP_4: r5 holds the lanes. */
#define HALF_STEP_4                                                                       \
  "ldrd   r12, r7, [%[x]], #8   \n" /* activations of pixels 0 and 1                   */ \
  "uxtb16 r6, r5                \n" /* the lanes' low bytes: channel u                 */ \
  "smlad  %[s0], r5, r12, %[s0] \n"                                                       \
  "smlad  %[t0], r6, r12, %[t0] \n"                                                       \
  "smlad  %[s1], r5, r7, %[s1]  \n"                                                       \
  "smlad  %[t1], r6, r7, %[t1]  \n"                                                       \
  "ldrd   r12, r7, [%[x]], #8   \n" /* pixels 2 and 3                                  */ \
  "smlad  %[s2], r5, r12, %[s2] \n"                                                       \
  "smlad  %[t2], r6, r12, %[t2] \n"                                                       \
  "smlad  %[s3], r5, r7, %[s3]  \n"                                                       \
  "smlad  %[t3], r6, r7, %[t3]  \n"

/* Four depths of two channels for four pixels: 32 products in 24 instructions. */
#define STEP_4                                                                            \
  "ldr    r5, [%[w]], #4        \n" /* four depths of both channels                    */ \
  HALF_STEP_4                       /* even depths                                     */ \
  "and    r5, r5, #0x0F0F0F0F   \n"                                                       \
  HALF_STEP_4                       /* odd depths                                      */

/*
 * The sums of four pixels and two channels; returns the next channels' weights.
 *
 * All 14 registers are in use: the loops' ends wait on the stack. So does r7, which cannot be named
 * as an operand because the compiler may hold the frame in it.
 */
static inline const uint32_t *add_products_4(const uint32_t *weights, const uint32_t *pixels,
                                             int32_t words, pair_sums *sums) {
  register const uint32_t *w __asm__("r0") = weights;
  register const uint32_t *x __asm__("r1") = pixels;
  register uint32_t s0 __asm__("r2");
  register uint32_t s1 __asm__("r3");
  register uint32_t s2 __asm__("r4");
  register uint32_t s3 __asm__("r8");
  register uint32_t t0 __asm__("r9");
  register uint32_t t1 __asm__("r10");
  register uint32_t t2 __asm__("r11");
  register uint32_t t3 __asm__("lr");
  register const uint32_t *first_end __asm__("r5") = weights + (words & 3);
  register const uint32_t *end __asm__("r6") = weights + words;
  __asm__ volatile(
      "push {r5, r6, r7}  \n"
      "ldm  %[x]!, {r2, r3, r4, r8, r9, r10, r11, lr}\n" /* where the sums start */
      "b    2f            \n"
      "1:                 \n" /* 4 depths at a time, until 16 divides what is left */
      STEP_4
      "2: ldr  r5, [sp]   \n"
      "cmp  %[w], r5      \n"
      "bne  1b            \n"
      "b    4f            \n"
      "3:                 \n" /* 16 depths at a time */
      STEP_4 STEP_4 STEP_4 STEP_4
      "4: ldr  r5, [sp, #4]\n"
      "cmp  %[w], r5      \n"
      "bne  3b            \n"
      "pop  {r5, r6, r7}  \n"
      : [w] "+r"(w), [x] "+r"(x), [s0] "=&r"(s0), [s1] "=&r"(s1), [s2] "=&r"(s2), [s3] "=&r"(s3),
        [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), "+r"(first_end), "+r"(end)
      :
      : "r12", "cc", "memory");
  sums->s[0] = s0;
  sums->s[1] = s1;
  sums->s[2] = s2;
  sums->s[3] = s3;
  sums->t[0] = t0;
  sums->t[1] = t1;
  sums->t[2] = t2;
  sums->t[3] = t3;
  return w;
}

/* Four depths of two channels for one pixel, whose activations lie in `even` and `odd`. */
#define WORD_1(w, even, odd)                                                              \
  "smlad  %[s], " w ", " even ", %[s] \n"                                                 \
  "uxtb16 r7, " w "                   \n" /* the lanes' low bytes: channel u           */ \
  "smlad  %[t], r7, " even ", %[t]    \n"                                                 \
  "and    " w ", " w ", #0x0F0F0F0F   \n"                                                 \
  "smlad  %[s], " w ", " odd ", %[s]  \n"                                                 \
  "uxtb16 r7, " w "                   \n"                                                 \
  "smlad  %[t], r7, " odd ", %[t]     \n"

/* 16 depths: 32 products in 31 instructions. */
#define STEP_1                                                                            \
  "ldm    %[w]!, {r4, r5, r6, r8}     \n"                                                 \
  "ldm    %[x]!, {r9, r10, r11, r12}  \n"                                                 \
  WORD_1("r4", "r9", "r10") WORD_1("r5", "r11", "r12")                                    \
  "ldm    %[x]!, {r9, r10, r11, r12}  \n"                                                 \
  WORD_1("r6", "r9", "r10") WORD_1("r8", "r11", "r12")

/* As add_products_4, for one pixel. */
static inline const uint32_t *add_products_1(const uint32_t *weights, const uint32_t *pixel,
                                             int32_t words, pair_sums *sums) {
  register const uint32_t *w __asm__("r0") = weights;
  register const uint32_t *x __asm__("r1") = pixel;
  register uint32_t s __asm__("r2");
  register uint32_t t __asm__("r3");
  register const uint32_t *end __asm__("lr") = weights + words;
  __asm__ volatile(
      "push {r7}          \n"
      "ldm  %[x]!, {r2, r3}\n" /* where the sums start */
      "sub  %[end], #64   \n"
      "b    2f            \n"
      "1:                 \n" /* 64 depths at a time: 16 words */
      STEP_1 STEP_1 STEP_1 STEP_1
      "2: cmp  %[w], %[end]\n"
      "bls  1b            \n"
      "add  %[end], #64   \n"
      "cmp  %[w], %[end]  \n"
      "beq  7f            \n"
      "sub  %[end], #16   \n"
      "b    4f            \n"
      "3:                 \n" /* 16 depths at a time */
      STEP_1
      "4: cmp  %[w], %[end]\n"
      "bls  3b            \n"
      "add  %[end], #16   \n"
      "b    6f            \n"
      "5:                 \n" /* 4 depths at a time */
      "ldr  r4, [%[w]], #4\n"
      "ldrd r9, r10, [%[x]], #8\n"
      WORD_1("r4", "r9", "r10")
      "6: cmp  %[w], %[end]\n"
      "bne  5b            \n"
      "7: pop  {r7}       \n"
      : [w] "+r"(w), [x] "+r"(x), [s] "=&r"(s), [t] "=&r"(t), [end] "+r"(end)
      :
      : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
  sums->s[0] = s;
  sums->t[0] = t;
  return w;
}

/* clang-format on */

#else

static const uint32_t *add_products(const uint32_t *weights, const uint32_t *pixels, int32_t words,
                                    int32_t count, pair_sums *sums) {
  const uint32_t odd_fields = UINT32_C(0x0F0F0F0F);
  const uint32_t low_bytes = UINT32_C(0x00FF00FF);
  for (int32_t pixel = 0; pixel < count; ++pixel) {
    sums->s[pixel] = pixels[pixel];
    sums->t[pixel] = pixels[count + pixel];
  }
  pixels += 2 * count;
  for (int32_t i = 0; i < words; ++i) {
    const uint32_t even = weights[i];
    const uint32_t odd = even & odd_fields;
    for (int32_t pixel = 0; pixel < count; ++pixel) {
      const uint32_t x = pixels[pixel];
      const uint32_t y = pixels[count + pixel];
      sums->s[pixel] = mcugen_smlad(odd, y, mcugen_smlad(even, x, sums->s[pixel]));
      sums->t[pixel] =
          mcugen_smlad(odd & low_bytes, y, mcugen_smlad(even & low_bytes, x, sums->t[pixel]));
    }
    pixels += 2 * count;
  }
  return weights + words;
}

static const uint32_t *add_products_4(const uint32_t *weights, const uint32_t *pixels,
                                      int32_t words, pair_sums *sums) {
  return add_products(weights, pixels, words, 4, sums);
}

static const uint32_t *add_products_1(const uint32_t *weights, const uint32_t *pixel, int32_t words,
                                      pair_sums *sums) {
  return add_products(weights, pixel, words, 1, sums);
}

#endif

void mcugen_w4a8_widen(const mcugen_w4a8_windows *shape, const int8_t *input, int32_t windows,
                       uint32_t *pixels, int32_t count) {
  const int32_t step = 2 * MCUGEN_MATMUL_W4A8_PIXELS;
  const int32_t row_bytes = shape->row_bytes;
  /* Four words at a time for four pixels; never for one. */
  const int32_t unrolled_bytes = count == MCUGEN_MATMUL_W4A8_PIXELS ? 16 : INT32_MAX;
  for (uint32_t *const end = pixels + windows; pixels != end; ++pixels) {
    mcugen_w4a8_sums sums = {0, 0};
    uint32_t *pairs = pixels + 2 * count;
    const int8_t *row = input;
    uint32_t held = 0;
    int32_t held_bytes = 0;
    for (int32_t rows = shape->rows; rows > 0; --rows) {
      const int8_t *codes = row;
      const int8_t *const row_end = row + row_bytes;
      if (held_bytes > 0) {
        const uint32_t word = held | mcugen_load_word(codes) << (8 * held_bytes);
        mcugen_w4a8_put(word, pairs, count, &sums);
        pairs += 2 * count;
        codes += 4 - held_bytes;
      }
      held_bytes = (int32_t)(row_end - codes) & 3;
      const int8_t *const words_end = row_end - held_bytes;
      while (words_end - codes >= unrolled_bytes) {
        mcugen_w4a8_put(mcugen_load_word(codes), pairs, step / 2, &sums);
        mcugen_w4a8_put(mcugen_load_word(codes + 4), pairs + step, step / 2, &sums);
        mcugen_w4a8_put(mcugen_load_word(codes + 8), pairs + 2 * step, step / 2, &sums);
        mcugen_w4a8_put(mcugen_load_word(codes + 12), pairs + 3 * step, step / 2, &sums);
        codes += 16;
        pairs += 4 * step;
        MCUGEN_STEPWISE(codes);
        MCUGEN_STEPWISE(pairs);
      }
      while (codes != words_end) {
        mcugen_w4a8_put(mcugen_load_word(codes), pairs, count, &sums);
        codes += 4;
        pairs += 2 * count;
        MCUGEN_STEPWISE(codes);
        MCUGEN_STEPWISE(pairs);
      }
      if (held_bytes > 0) {
        held = mcugen_load_word(row_end - 4) >> (32 - 8 * held_bytes);
      }
      row += shape->row_pitch;
    }
    if (held_bytes > 0) {
      mcugen_w4a8_put(held, pairs, count, &sums);
    }
    mcugen_w4a8_start(pixels, count, &sums);
    input += shape->pixel_pitch;
  }
}

/* 2 * (bias + U): T = 16 * U. */
static inline int32_t doubled_u(int32_t doubled_bias, uint32_t t) {
  return doubled_bias + ((int32_t)t >> 3);
}

/* 2 * (bias + V): S - T = 4096 * V. */
static inline int32_t doubled_v(int32_t doubled_bias, uint32_t s, uint32_t t) {
  return doubled_bias + ((int32_t)(s - t) >> 11);
}

static void multiply_4(const mcugen_matmul_w4a8_params *params, const uint32_t *pixels,
                       int8_t *output) {
  const uint32_t *weights = params->weights;
  const int32_t *pair = params->channels;
  const int32_t words = params->depth >> 2;
  const int32_t zero_point = params->output_zero_point;
  const int32_t units = params->units;
  for (int32_t unit = 0; unit < units; unit += 2) {
    pair_sums sums;
    weights = add_products_4(weights, pixels, words, &sums);
    /* Read before codes are written, which might alias them for all that the compiler knows. */
    const int32_t bias_u = pair[0];
    const int32_t bias_v = pair[1];
    int8_t *code = output + unit;
    if (pair[4] < 0) {
      const int32_t u[] = {doubled_u(bias_u, sums.t[0]), doubled_u(bias_u, sums.t[1]),
                           doubled_u(bias_u, sums.t[2]), doubled_u(bias_u, sums.t[3])};
      const int32_t v[] = {
          doubled_v(bias_v, sums.s[0], sums.t[0]), doubled_v(bias_v, sums.s[1], sums.t[1]),
          doubled_v(bias_v, sums.s[2], sums.t[2]), doubled_v(bias_v, sums.s[3], sums.t[3])};
      mcugen_put_pair_slowly(pair, u, v, MCUGEN_MATMUL_W4A8_PIXELS, zero_point, unit + 1 < units,
                             code, units);
    } else {
      const mcugen_to_code to_code_u = mcugen_to_code_u(pair, zero_point);
      code = mcugen_put_code(code, units, doubled_u(bias_u, sums.t[0]), &to_code_u);
      code = mcugen_put_code(code, units, doubled_u(bias_u, sums.t[1]), &to_code_u);
      code = mcugen_put_code(code, units, doubled_u(bias_u, sums.t[2]), &to_code_u);
      mcugen_put_code(code, units, doubled_u(bias_u, sums.t[3]), &to_code_u);
      if (unit + 1 < units) {
        const mcugen_to_code to_code_v = mcugen_to_code_v(pair, zero_point);
        code = output + unit + 1;
        code = mcugen_put_code(code, units, doubled_v(bias_v, sums.s[0], sums.t[0]), &to_code_v);
        code = mcugen_put_code(code, units, doubled_v(bias_v, sums.s[1], sums.t[1]), &to_code_v);
        code = mcugen_put_code(code, units, doubled_v(bias_v, sums.s[2], sums.t[2]), &to_code_v);
        mcugen_put_code(code, units, doubled_v(bias_v, sums.s[3], sums.t[3]), &to_code_v);
      }
    }
    pair += MCUGEN_PAIR_WORDS;
  }
}

static void multiply_1(const mcugen_matmul_w4a8_params *params, const uint32_t *pixel,
                       int8_t *output) {
  const uint32_t *weights = params->weights;
  const int32_t *pair = params->channels;
  const int32_t words = params->depth >> 2;
  const int32_t zero_point = params->output_zero_point;
  for (int32_t left = params->units; left > 0; left -= 2) {
    pair_sums sums;
    weights = add_products_1(weights, pixel, words, &sums);
    const int32_t u = doubled_u(pair[0], sums.t[0]);
    const int32_t v = doubled_v(pair[1], sums.s[0], sums.t[0]);
    if (pair[4] < 0) {
      mcugen_put_pair_slowly(pair, &u, &v, 1, zero_point, left > 1, output, 1);
    } else {
      mcugen_to_code to_code = mcugen_to_code_u(pair, zero_point);
      mcugen_put_code(output, 1, u, &to_code);
      if (left > 1) {
        to_code = mcugen_to_code_v(pair, zero_point);
        mcugen_put_code(output + 1, 1, v, &to_code);
      }
    }
    output += 2;
    pair += MCUGEN_PAIR_WORDS;
  }
}

void mcugen_matmul_w4a8(const mcugen_matmul_w4a8_params *params, const uint32_t *pixels,
                        int32_t count, int8_t *output) {
  if (count == 1) {
    multiply_1(params, pixels, output);
  } else {
    multiply_4(params, pixels, output);
  }
  mcugen_limit_codes(output, count * params->units, params->activation_min, params->activation_max);
}
