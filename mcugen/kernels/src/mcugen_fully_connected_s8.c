#include "mcugen_fully_connected_s8.h"

#include "mcugen_mve.h"

/* Units that are computed side by side, so that each input is read once for all of them. */
#define BLOCK 4

/* sum + the product of two vectors. */
static inline int32_t add_product(int32_t sum, const int8_t *input, const int8_t *weights,
                                  int32_t depth) {
#if MCUGEN_MVE
  register int32_t count __asm__("lr") = depth;
  __asm__(
      "dlstp.8 lr, lr                   \n"
      "1: vldrb.8 q0, [%[input]], #16   \n"
      "vldrb.8 q1, [%[weights]], #16    \n"
      "vmladava.s8 %[sum], q0, q1       \n"
      "letp lr, 1b                      \n"
      : [sum] "+Te"(sum), [input] "+r"(input), [weights] "+r"(weights), "+r"(count)
      :
      : "q0", "q1", "memory");
#else
  for (int32_t i = 0; i < depth; ++i) {
    sum += input[i] * weights[i];
  }
#endif
  return sum;
}

static inline int8_t code(const mcugen_fully_connected_s8_params *params, int32_t unit,
                          int32_t sum) {
  sum = mcugen_requantize(sum, params->multiplier[unit], params->shift[unit]);
  sum += params->output_zero_point;
  return (int8_t)mcugen_clamp(sum, params->activation_min, params->activation_max);
}

/* Computes one unit for every row, one by one. */
static void multiply_unit(const mcugen_fully_connected_s8_params *params, int32_t unit,
                          const int8_t *input, int8_t *output) {
  const int8_t *const weights = params->weights + unit * params->depth;
  output += unit;
  for (int32_t row = 0; row < params->rows; ++row) {
    *output = code(params, unit, add_product(params->bias[unit], input, weights, params->depth));
    input += params->depth;
    output += params->units;
  }
}

#if MCUGEN_MVE

/* Rows that are multiplied side by side, so that weights are loaded once for all of them. */
#define ROWS 3

/* clang-format off */

/*
 * The products of three rows of the input, from x0 on, and two rows of the weights, from w0 on,
 * plus the bias s00 or s01: 96 a turn, of 16 depths. DLSTP and LETP disable the lanes beyond the
 * last depth. VMLADAVA sums up in even core registers. The sums of row i go to the lower (e) or
 * upper (f) half of yi.
 */
#define MULTIPLY_3X2(half)                                          \
  "add %[x1], %[x0], lr               \n" /* lr: the depth      */  \
  "add %[x2], %[x1], lr               \n"                           \
  "add %[w1], %[w0], lr               \n"                           \
  "mov %[s10], %[s00]                 \n"                           \
  "mov %[s20], %[s00]                 \n"                           \
  "mov %[s11], %[s01]                 \n"                           \
  "mov %[s21], %[s01]                 \n"                           \
  "dlstp.8 lr, lr                     \n"                           \
  "1: vldrb.8 q0, [%[w0]], #16        \n"                           \
  "vldrb.8 q1, [%[x0]], #16           \n"                           \
  "vmladava.s8 %[s00], q0, q1         \n"                           \
  "vldrb.8 q2, [%[w1]], #16           \n"                           \
  "vmladava.s8 %[s01], q2, q1         \n"                           \
  "vldrb.8 q1, [%[x1]], #16           \n"                           \
  "vmladava.s8 %[s10], q0, q1         \n"                           \
  "vmladava.s8 %[s11], q2, q1         \n"                           \
  "vldrb.8 q1, [%[x2]], #16           \n"                           \
  "vmladava.s8 %[s20], q0, q1         \n"                           \
  "vmladava.s8 %[s21], q2, q1         \n"                           \
  "letp lr, 1b                        \n"                           \
  "vmov %" half "[y0], %[s00], %[s01] \n"                           \
  "vmov %" half "[y1], %[s10], %[s11] \n"                           \
  "vmov %" half "[y2], %[s20], %[s21] \n"

/* clang-format on */

/* y[i] = bias + row i of the input times four rows of the weights. */
static inline void multiply_3x4(const int8_t *input, const int8_t *weights, int32_t depth,
                                const int32_t *bias, int32x4_t *y) {
  const int8_t *x0 = input, *x1, *x2, *w0 = weights, *w1;
  int32_t s00 = bias[0], s01 = bias[1], s10, s11, s20, s21;
  int32x4_t y0, y1, y2;
  register int32_t count __asm__("lr") = depth;
  __asm__(MULTIPLY_3X2("e")
          : [y0] "=&t"(y0), [y1] "=&t"(y1), [y2] "=&t"(y2), [s00] "+&Te"(s00), [s01] "+&Te"(s01),
            [s10] "=&Te"(s10), [s11] "=&Te"(s11), [s20] "=&Te"(s20), [s21] "=&Te"(s21),
            [x0] "+&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [w0] "+&r"(w0), [w1] "=&r"(w1),
            "+&r"(count)
          :
          : "q0", "q1", "q2", "memory");
  x0 = input;
  w0 = weights + 2 * depth;
  s00 = bias[2];
  s01 = bias[3];
  count = depth;
  __asm__(MULTIPLY_3X2("f")
          : [y0] "+&t"(y0), [y1] "+&t"(y1), [y2] "+&t"(y2), [s00] "+&Te"(s00), [s01] "+&Te"(s01),
            [s10] "=&Te"(s10), [s11] "=&Te"(s11), [s20] "=&Te"(s20), [s21] "=&Te"(s21),
            [x0] "+&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [w0] "+&r"(w0), [w1] "=&r"(w1),
            "+&r"(count)
          :
          : "q0", "q1", "q2", "memory");
  y[0] = y0;
  y[1] = y1;
  y[2] = y2;
}

/* bias + one row of the input times four rows of the weights: 64 products a turn. */
static inline int32x4_t multiply_1x4(const int8_t *input, const int8_t *weights, int32_t depth,
                                     const int32_t *bias) {
  const int8_t *x = input, *w0 = weights, *w1, *w2, *w3;
  int32_t s0 = bias[0], s1 = bias[1], s2 = bias[2], s3 = bias[3];
  int32x4_t y;
  register int32_t count __asm__("lr") = depth;
  __asm__(
      "add %[w1], %[w0], lr         \n"
      "add %[w2], %[w1], lr         \n"
      "add %[w3], %[w2], lr         \n"
      "dlstp.8 lr, lr               \n"
      "1: vldrb.8 q0, [%[x]], #16   \n"
      "vldrb.8 q1, [%[w0]], #16     \n"
      "vmladava.s8 %[s0], q0, q1    \n"
      "vldrb.8 q2, [%[w1]], #16     \n"
      "vmladava.s8 %[s1], q0, q2    \n"
      "vldrb.8 q1, [%[w2]], #16     \n"
      "vmladava.s8 %[s2], q0, q1    \n"
      "vldrb.8 q2, [%[w3]], #16     \n"
      "vmladava.s8 %[s3], q0, q2    \n"
      "letp lr, 1b                  \n"
      "vmov %e[y], %[s0], %[s1]     \n"
      "vmov %f[y], %[s2], %[s3]     \n"
      : [y] "=&t"(y), [s0] "+&Te"(s0), [s1] "+&Te"(s1), [s2] "+&Te"(s2), [s3] "+&Te"(s3),
        [x] "+&r"(x), [w0] "+&r"(w0), [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3), "+&r"(count)
      :
      : "q0", "q1", "q2", "memory");
  return y;
}

/* Writes four codes, `step` bytes apart. */
static inline void scatter_codes(const mcugen_fully_connected_s8_params *params, int32x4_t y,
                                 int8_t *output, int32_t step) {
  y = vmaxq_s32(vaddq_n_s32(y, params->output_zero_point), vdupq_n_s32(params->activation_min));
  y = vminq_s32(y, vdupq_n_s32(params->activation_max));
  const uint32x4_t offsets = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)step);
  vstrbq_scatter_offset_s32(output, offsets, y);
}

/* Computes one unit for every row, at least BLOCK of them: rows are the lanes here. */
static void multiply_rows(const mcugen_fully_connected_s8_params *params, int32_t unit,
                          const int8_t *input, int8_t *output) {
  const mcugen_fully_connected_s8_params p = *params;
  const int8_t *const weights = p.weights + unit * p.depth;
  const int32_t bias[BLOCK] = {p.bias[unit], p.bias[unit], p.bias[unit], p.bias[unit]};
  const int32x4_t multiplier = vdupq_n_s32(p.multiplier[unit]);
  const int32x4_t shift = vdupq_n_s32(p.shift[unit]);
  output += unit;
  for (int32_t row = 0; row < p.rows; row += BLOCK) {
    /* The last block overlaps the one before it if 4 does not divide the rows. */
    const int32_t first = row < p.rows - BLOCK ? row : p.rows - BLOCK;
    const int32x4_t y = multiply_1x4(weights, input + first * p.depth, p.depth, bias);
    scatter_codes(&p, mcugen_requantize_any_mve(y, multiplier, shift), output + first * p.units,
                  p.units);
  }
}

/*
 * Computes BLOCK units from `unit` on, for every row, whatever their shifts. Not inlined, so as to
 * leave all registers to the usual case.
 */
__attribute__((noinline)) static void multiply_any_units(
    const mcugen_fully_connected_s8_params *params, int32_t unit, const int8_t *input,
    int8_t *output) {
  if (params->rows >= BLOCK) {
    for (int32_t i = 0; i < BLOCK; ++i) {
      multiply_rows(params, unit + i, input, output);
    }
    return;
  }
  const int8_t *const weights = params->weights + unit * params->depth;
  const int32x4_t multiplier = vldrwq_s32(params->multiplier + unit);
  const int32x4_t shift = mcugen_load_codes_mve(params->shift + unit);
  output += unit;
  for (int32_t row = 0; row < params->rows; ++row) {
    const int32x4_t y = multiply_1x4(input, weights, params->depth, params->bias + unit);
    scatter_codes(params, mcugen_requantize_any_mve(y, multiplier, shift), output, 1);
    input += params->depth;
    output += params->units;
  }
}

static inline void put_codes(const mcugen_fully_connected_s8_params *params, int32x4_t y,
                             int32x4_t multiplier, int32x4_t shift, int8_t *output) {
  y = vaddq_n_s32(mcugen_requantize_mve(y, multiplier, shift), params->output_zero_point);
  mcugen_store_codes_mve(output, y, params->activation_min, params->activation_max);
}

/* Computes BLOCK units from `unit` on, for every row. */
static void multiply_units(const mcugen_fully_connected_s8_params *params, int32_t unit,
                           const int8_t *input, int8_t *output) {
  const int32x4_t shift = mcugen_load_codes_mve(params->shift + unit);
  if (vmaxvq_s32(INT32_MIN, shift) >= 0) {
    /* Rare: a sum is not scaled down. */
    multiply_any_units(params, unit, input, output);
    return;
  }
  /* A copy, since for all the compiler knows the output may lie in *params. */
  const mcugen_fully_connected_s8_params p = *params;
  const int8_t *const weights = p.weights + unit * p.depth;
  const int32_t *const bias = p.bias + unit;
  const int32x4_t multiplier = vldrwq_s32(p.multiplier + unit);
  int32_t left = p.rows;
  output += unit;
  for (; left >= ROWS; left -= ROWS) {
    int32x4_t y[ROWS];
    multiply_3x4(input, weights, p.depth, bias, y);
    input += ROWS * p.depth;
    /* No instruction; addresses of outputs wait for y, since no register is left before. */
    __asm__("" : "+r"(output), "+r"(input) : "t"(y[0]));
    put_codes(&p, y[0], multiplier, shift, output);
    output += p.units;
    put_codes(&p, y[1], multiplier, shift, output);
    output += p.units;
    put_codes(&p, y[2], multiplier, shift, output);
    output += p.units;
  }
  for (; left > 0; --left) {
    put_codes(&p, multiply_1x4(input, weights, p.depth, bias), multiplier, shift, output);
    input += p.depth;
    output += p.units;
  }
}

/* Computes one unit for every row. */
static void multiply_single(const mcugen_fully_connected_s8_params *params, int32_t unit,
                            const int8_t *input, int8_t *output) {
  if (params->rows >= BLOCK) {
    multiply_rows(params, unit, input, output);
  } else {
    multiply_unit(params, unit, input, output);
  }
}

/* Units that are computed in blocks; the last one overlaps the one before it if need be. */
static int32_t units_in_blocks(const mcugen_fully_connected_s8_params *params) {
  const int32_t units = params->units;
  return units >= BLOCK && params->rows < BLOCK ? units : units - units % BLOCK;
}

#else

/* Computes BLOCK units from `unit` on, for every row. */
static void multiply_units(const mcugen_fully_connected_s8_params *params, int32_t unit,
                           const int8_t *input, int8_t *output) {
  const int32_t depth = params->depth;
  const int8_t *const row0 = params->weights + unit * depth;
  const int8_t *const row1 = row0 + depth;
  const int8_t *const row2 = row1 + depth;
  const int8_t *const row3 = row2 + depth;
  const int32_t *const bias = params->bias + unit;
  output += unit;
  for (int32_t row = 0; row < params->rows; ++row) {
    int32_t sum0 = bias[0];
    int32_t sum1 = bias[1];
    int32_t sum2 = bias[2];
    int32_t sum3 = bias[3];
    for (int32_t i = 0; i < depth; ++i) {
      const int32_t value = input[i];
      sum0 += value * row0[i];
      sum1 += value * row1[i];
      sum2 += value * row2[i];
      sum3 += value * row3[i];
    }
    output[0] = code(params, unit, sum0);
    output[1] = code(params, unit + 1, sum1);
    output[2] = code(params, unit + 2, sum2);
    output[3] = code(params, unit + 3, sum3);
    input += depth;
    output += params->units;
  }
}

/* Computes one unit for every row. */
static void multiply_single(const mcugen_fully_connected_s8_params *params, int32_t unit,
                            const int8_t *input, int8_t *output) {
  multiply_unit(params, unit, input, output);
}

static int32_t units_in_blocks(const mcugen_fully_connected_s8_params *params) {
  return params->units - params->units % BLOCK;
}

#endif

void mcugen_fully_connected_s8(const mcugen_fully_connected_s8_params *params, const int8_t *input,
                               int8_t *output) {
  const int32_t units = params->units;
  const int32_t in_blocks = units_in_blocks(params);
  int32_t unit = 0;
  for (; unit < in_blocks; unit += BLOCK) {
    const int32_t first = unit < units - BLOCK ? unit : units - BLOCK;
    multiply_units(params, first, input, output);
  }
  for (; unit < units; ++unit) {
    multiply_single(params, unit, input, output);
  }
}
