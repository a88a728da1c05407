#include "mcugen_matmul_s8_dsp.h"

/* Pixels that multiply_4 computes side by side. */
#define PIXELS 4

/* Pairs of channels whose sums for one pixel are collected before they become codes. */
#define BLOCK 8

/* The sums S and U of two channels for each pixel. */
typedef struct {
  uint32_t s[PIXELS];
  uint32_t u[PIXELS];
} pair_sums;

/* The sums of two channels for one pixel, without bias. */
typedef struct {
  uint32_t s;
  uint32_t u;
} pixel_sums;

#if MCUGEN_DSP_ASM

/* clang-format off */

/* Two depths of two channels for four pixels: 16 products in 12 instructions. */
#define STEP_4                                                                            \
  "ldr    r5, [%[w]], #4        \n" /* lanes: two depths of both channels              */ \
  "ldrd   r12, r7, [%[x]], #8   \n" /* those depths in pixels 0 and 1                  */ \
  "sxtb16 r6, r5                \n" /* the lanes' low bytes: channel u                 */ \
  "smlad  %[s0], r5, r12, %[s0] \n"                                                       \
  "smlad  %[u0], r6, r12, %[u0] \n"                                                       \
  "smlad  %[s1], r5, r7, %[s1]  \n"                                                       \
  "smlad  %[u1], r6, r7, %[u1]  \n"                                                       \
  "ldrd   r12, r7, [%[x]], #8   \n" /* pixels 2 and 3                                  */ \
  "smlad  %[s2], r5, r12, %[s2] \n"                                                       \
  "smlad  %[u2], r6, r12, %[u2] \n"                                                       \
  "smlad  %[s3], r5, r7, %[s3]  \n"                                                       \
  "smlad  %[u3], r6, r7, %[u3]  \n"

/*
 * Adds the products of four pixels and two channels; returns the next channels' weights.
 *
 * All 14 registers are in use: the loops' ends wait on the stack. So does r7, which cannot be named
 * as an operand because the compiler may hold the frame in it.
 */
static inline const int16_t *add_products_4(const int16_t *weights, const uint32_t *pixels,
                                            int32_t depth, pair_sums *sums) {
  register const int16_t *w __asm__("r0") = weights;
  register const uint32_t *x __asm__("r1") = pixels;
  register uint32_t s0 __asm__("r2") = sums->s[0];
  register uint32_t s1 __asm__("r3") = sums->s[1];
  register uint32_t s2 __asm__("r4") = sums->s[2];
  register uint32_t s3 __asm__("r8") = sums->s[3];
  register uint32_t u0 __asm__("r9") = sums->u[0];
  register uint32_t u1 __asm__("r10") = sums->u[1];
  register uint32_t u2 __asm__("r11") = sums->u[2];
  register uint32_t u3 __asm__("lr") = sums->u[3];
  register const int16_t *first_end __asm__("r5") = weights + (depth & 15);
  register const int16_t *end __asm__("r6") = weights + depth;
  __asm__ volatile(
      "push {r5, r6, r7}  \n"
      "b    2f            \n"
      "1:                 \n" /* 4 depths at a time, until 16 divides what is left */
      STEP_4 STEP_4
      "2: ldr  r5, [sp]   \n"
      "cmp  %[w], r5      \n"
      "bne  1b            \n"
      "b    4f            \n"
      "3:                 \n" /* 16 depths at a time */
      STEP_4 STEP_4 STEP_4 STEP_4 STEP_4 STEP_4 STEP_4 STEP_4
      "4: ldr  r5, [sp, #4]\n"
      "cmp  %[w], r5      \n"
      "bne  3b            \n"
      "pop  {r5, r6, r7}  \n"
      : [w] "+r"(w), [x] "+r"(x), [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3),
        [u0] "+r"(u0), [u1] "+r"(u1), [u2] "+r"(u2), [u3] "+r"(u3), "+r"(first_end), "+r"(end)
      :
      : "r12", "cc", "memory");
  sums->s[0] = s0;
  sums->s[1] = s1;
  sums->s[2] = s2;
  sums->s[3] = s3;
  sums->u[0] = u0;
  sums->u[1] = u1;
  sums->u[2] = u2;
  sums->u[3] = u3;
  return w;
}

/* Eight depths of two channels for one pixel: 16 products in 14 instructions. */
#define STEP_1                                                                            \
  "ldm    r0!, {r4, r5, r6, r8}     \n" /* four words of lanes                       */ \
  "ldm    r1!, {r9, r10, r11, r12}  \n" /* eight depths of the pixel                 */ \
  "smlad  r2, r4, r9, r2          \n"                                                 \
  "sxtb16 r4, r4                      \n" /* the lanes' low bytes: channel u           */ \
  "smlad  r3, r4, r9, r3          \n"                                                 \
  "smlad  r2, r5, r10, r2         \n"                                                 \
  "sxtb16 r5, r5                      \n"                                                 \
  "smlad  r3, r5, r10, r3         \n"                                                 \
  "smlad  r2, r6, r11, r2         \n"                                                 \
  "sxtb16 r6, r6                      \n"                                                 \
  "smlad  r3, r6, r11, r3         \n"                                                 \
  "smlad  r2, r8, r12, r2         \n"                                                 \
  "sxtb16 r8, r8                      \n"                                                 \
  "smlad  r3, r8, r12, r3         \n"

/* Half of STEP_1. */
#define HALF_STEP_1                                                                       \
  "ldm    r0!, {r4, r5}             \n"                                                 \
  "ldm    r1!, {r9, r10}            \n"                                                 \
  "smlad  r2, r4, r9, r2          \n"                                                 \
  "sxtb16 r4, r4                      \n"                                                 \
  "smlad  r3, r4, r9, r3          \n"                                                 \
  "smlad  r2, r5, r10, r2         \n"                                                 \
  "sxtb16 r5, r5                      \n"                                                 \
  "smlad  r3, r5, r10, r3         \n"

/* What multiply_pairs_1 needs for each pair of channels; the assembly knows the members' places. */
typedef struct {
  const uint32_t *pixel;
  int32_t first_bytes; /* of the weights, until 16 divides the depths that are left */
  int32_t rest_bytes;
  pixel_sums *sums;
  pixel_sums *sums_end;
} pixel_job;

/*
 * Sums for one pixel and `count` pairs of channels; returns the next pair's weights.
 *
 * r7 points at the job; it is saved by hand, because the compiler may hold the frame in it.
 */
static const int16_t *multiply_pairs_1(const int16_t *weights, const uint32_t *pixel, int32_t depth,
                                       int32_t count, pixel_sums *sums) {
  const int32_t first_bytes = 2 * (depth & 15);
  pixel_job job = {pixel, first_bytes, 2 * depth - first_bytes, sums, sums + count};
  register const int16_t *w __asm__("r0") = weights;
  register pixel_job *frame __asm__("r4") = &job;
  __asm__ volatile(
      "push {r7}               \n"
      "mov  r7, r4             \n"
      "1:                      \n" /* for each pair of channels */
      "ldm  r7, {r1, r4}       \n" /* the pixel, first_bytes */
      "mov  r2, #0             \n"
      "mov  r3, #0             \n"
      "add  lr, r0, r4         \n"
      "b    3f                 \n"
      "2:                      \n" /* 4 depths at a time */
      HALF_STEP_1
      "3: cmp  r0, lr          \n"
      "bne  2b                 \n"
      "ldr  r4, [r7, #8]       \n" /* rest_bytes */
      "add  lr, lr, r4         \n"
      "b    5f                 \n"
      "4:                      \n" /* 16 depths at a time */
      STEP_1 STEP_1
      "5: cmp  r0, lr          \n"
      "bne  4b                 \n"
      "ldrd r4, r5, [r7, #12]  \n" /* sums, sums_end */
      "strd r2, r3, [r4], #8   \n"
      "str  r4, [r7, #12]      \n"
      "cmp  r4, r5             \n"
      "bne  1b                 \n"
      "pop  {r7}               \n"
      : "+r"(w), "+r"(frame)
      :
      : "r1", "r2", "r3", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
  return w;
}

/* clang-format on */

#else

static const int16_t *add_products(const int16_t *weights, const uint32_t *pixels, int32_t depth,
                                   int32_t count, uint32_t *s, uint32_t *u) {
  for (int32_t i = 0; i < depth; i += 2) {
    const uint32_t lanes = mcugen_load_word(weights + i);
    const uint32_t low = mcugen_sxtb16(lanes);
    for (int32_t pixel = 0; pixel < count; ++pixel) {
      s[pixel] = mcugen_smlad(lanes, *pixels, s[pixel]);
      u[pixel] = mcugen_smlad(low, *pixels, u[pixel]);
      ++pixels;
    }
  }
  return weights + depth;
}

static const int16_t *add_products_4(const int16_t *weights, const uint32_t *pixels, int32_t depth,
                                     pair_sums *sums) {
  return add_products(weights, pixels, depth, 4, sums->s, sums->u);
}

static const int16_t *multiply_pairs_1(const int16_t *weights, const uint32_t *pixel, int32_t depth,
                                       int32_t count, pixel_sums *sums) {
  for (; count > 0; --count) {
    sums->s = 0;
    sums->u = 0;
    weights = add_products(weights, pixel, depth, 1, &sums->s, &sums->u);
    ++sums;
  }
  return weights;
}

#endif

/* 2 * V: the sum of products is (S - U) / 256, without remainder. */
static inline int32_t doubled_v(uint32_t s, uint32_t u, int32_t doubled_bias) {
  return ((int32_t)(s - u) >> 7) + doubled_bias;
}

static inline int32_t doubled_u(uint32_t u) { return (int32_t)(2 * u); }

static void multiply_4(const mcugen_matmul_s8_dsp_params *params, const uint32_t *pixels,
                       int8_t *output) {
  const int16_t *weights = params->weights;
  const int32_t *pair = params->channels;
  const int32_t depth = params->depth;
  const int32_t zero_point = params->output_zero_point;
  const int32_t units = params->units;
  for (int32_t unit = 0; unit < units; unit += 2) {
    const uint32_t bias = (uint32_t)pair[0];
    pair_sums sums = {{bias, bias, bias, bias}, {bias, bias, bias, bias}};
    weights = add_products_4(weights, pixels, depth, &sums);
    /* Read before codes are written, which might alias it for all that the compiler knows. */
    const int32_t bias_v = pair[1];
    int8_t *code = output + unit;
    if (pair[4] < 0) {
      const int32_t u[] = {doubled_u(sums.u[0]), doubled_u(sums.u[1]), doubled_u(sums.u[2]),
                           doubled_u(sums.u[3])};
      const int32_t v[] = {
          doubled_v(sums.s[0], sums.u[0], bias_v), doubled_v(sums.s[1], sums.u[1], bias_v),
          doubled_v(sums.s[2], sums.u[2], bias_v), doubled_v(sums.s[3], sums.u[3], bias_v)};
      mcugen_put_pair_slowly(pair, u, v, PIXELS, zero_point, unit + 1 < units, code, units);
    } else {
      const mcugen_to_code to_code_u = mcugen_to_code_u(pair, zero_point);
      code = mcugen_put_code(code, units, doubled_u(sums.u[0]), &to_code_u);
      code = mcugen_put_code(code, units, doubled_u(sums.u[1]), &to_code_u);
      code = mcugen_put_code(code, units, doubled_u(sums.u[2]), &to_code_u);
      mcugen_put_code(code, units, doubled_u(sums.u[3]), &to_code_u);
      if (unit + 1 < units) {
        const mcugen_to_code to_code_v = mcugen_to_code_v(pair, zero_point);
        code = output + unit + 1;
        code = mcugen_put_code(code, units, doubled_v(sums.s[0], sums.u[0], bias_v), &to_code_v);
        code = mcugen_put_code(code, units, doubled_v(sums.s[1], sums.u[1], bias_v), &to_code_v);
        code = mcugen_put_code(code, units, doubled_v(sums.s[2], sums.u[2], bias_v), &to_code_v);
        mcugen_put_code(code, units, doubled_v(sums.s[3], sums.u[3], bias_v), &to_code_v);
      }
    }
    pair += MCUGEN_PAIR_WORDS;
  }
}

static void multiply_1(const mcugen_matmul_s8_dsp_params *params, const uint32_t *pixel,
                       int8_t *output) {
  const int16_t *weights = params->weights;
  const int32_t *pair = params->channels;
  const int32_t zero_point = params->output_zero_point;
  int32_t units = params->units;
  while (units > 0) {
    pixel_sums sums[BLOCK];
    const int32_t count = mcugen_clamp((units + 1) >> 1, 1, BLOCK);
    weights = multiply_pairs_1(weights, pixel, params->depth, count, sums);
    for (int32_t i = 0; i < count; ++i) {
      mcugen_put_pair(pair, doubled_u(sums[i].u + (uint32_t)pair[0]),
                      doubled_v(sums[i].s, sums[i].u, pair[1]), zero_point, units > 1, output);
      pair += MCUGEN_PAIR_WORDS;
      output += 2;
      units -= 2;
    }
  }
}

/* As multiply_1, where V is taken out after each segment of the depth. */
static void multiply_1_in_segments(const mcugen_matmul_s8_dsp_params *params, const uint32_t *pixel,
                                   int8_t *output) {
  const int16_t *weights = params->weights;
  const int32_t *pair = params->channels;
  for (int32_t units = params->units; units > 0; units -= 2) {
    uint32_t sum_u = (uint32_t)pair[0];
    int32_t doubled_sum_v = pair[1];
    for (int32_t done = 0; done < params->depth; done += params->segment) {
      pixel_sums sums;
      const int32_t depth = mcugen_clamp(params->depth - done, 0, params->segment);
      weights = multiply_pairs_1(weights, pixel + done / 2, depth, 1, &sums);
      sum_u += sums.u;
      doubled_sum_v = doubled_v(sums.s, sums.u, doubled_sum_v);
    }
    mcugen_put_pair(pair, doubled_u(sum_u), doubled_sum_v, params->output_zero_point, units > 1,
                    output);
    pair += MCUGEN_PAIR_WORDS;
    output += 2;
  }
}

void mcugen_matmul_s8_dsp(const mcugen_matmul_s8_dsp_params *params, const uint32_t *pixels,
                          int32_t count, int8_t *output) {
  if (params->segment < params->depth) {
    multiply_1_in_segments(params, pixels, output);
  } else if (count == 1) {
    multiply_1(params, pixels, output);
  } else {
    multiply_4(params, pixels, output);
  }
  mcugen_limit_codes(output, count * params->units, params->activation_min, params->activation_max);
}
