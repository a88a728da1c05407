#include "mcugen_fully_connected_w4a8_mve.h"

#include "mcugen_mve.h"

#define HIGH_NIBBLES (-16)

/* The sums of an even unit and the odd one after it. */
typedef struct {
  int32_t even;
  int32_t odd;
} pair;

/* Products of an input and a row of pairs of weights. */
static inline pair multiply_pair(const int8_t *input, const int8_t *weights, int32_t depth,
                                 int32_t excess) {
  pair sums = {0, 0};
#if MCUGEN_MVE
  const int8x16_t high = vdupq_n_s8(HIGH_NIBBLES);
  const int8x16_t toggle = vdupq_n_s8((int8_t)excess);
  register int32_t count __asm__("lr") = depth;
  __asm__(
      "dlstp.8 lr, lr                 \n"
      "1: vldrb.8 q0, [%[x]], #16     \n"
      "vldrb.8 q1, [%[w]], #16        \n"
      "veor q1, q1, %q[toggle]        \n" /* the even unit's weight without excess */
      "vshl.i8 q2, q1, #4             \n" /* and 16 times */
      "vmladava.s8 %[even], q0, q2    \n"
      "vand q1, q1, %q[high]          \n" /* the odd unit's 16 times */
      "vmladava.s8 %[odd], q0, q1     \n"
      "letp lr, 1b                    \n"
      : [even] "+&Te"(sums.even), [odd] "+&Te"(sums.odd), [x] "+&r"(input), [w] "+&r"(weights),
        "+&r"(count)
      : [high] "t"(high), [toggle] "t"(toggle)
      : "q0", "q1", "q2", "memory");
  sums.even >>= 4;
  sums.odd >>= 4;
#else
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t low = (weights[i] ^ excess) & 15;
    sums.even += input[i] * ((low ^ 8) - 8);
    sums.odd += input[i] * (weights[i] >> 4);
  }
#endif
  return sums;
}

static inline int32_t bias_of(const mcugen_fully_connected_w4a8_mve_params *params, int32_t unit) {
  return params->excess != 0 ? params->bias[unit] : params->bias[unit] >> 4;
}

static inline int8_t code(const mcugen_fully_connected_w4a8_mve_params *params, int32_t unit,
                          int32_t sum) {
  sum += bias_of(params, unit);
  sum = mcugen_requantize(sum, params->multiplier[unit], params->shift[unit]);
  sum += params->output_zero_point;
  return (int8_t)mcugen_clamp(sum, params->activation_min, params->activation_max);
}

/* Computes a pair of units from `unit` on, or that unit alone, for `rows` rows. */
static void multiply_few_rows(const mcugen_fully_connected_w4a8_mve_params *params, int32_t unit,
                              int32_t alone, int32_t rows, const int8_t *input, int8_t *output) {
  const int8_t *const weights = params->weights + unit / 2 * params->depth;
  output += unit;
  for (; rows > 0; --rows) {
    const pair sums = multiply_pair(input, weights, params->depth, params->excess);
    output[0] = code(params, unit, sums.even);
    if (!alone) {
      output[1] = code(params, unit + 1, sums.odd);
    }
    input += params->depth;
    output += params->units;
  }
}

#if MCUGEN_MVE

#define LANES 4

/* Writes the codes of one unit in four rows, each `units` bytes after the one before it. */
static inline void put_column(const mcugen_fully_connected_w4a8_mve_params *params, int32_t unit,
                              const int32_t *sums, int8_t *output) {
  int32x4_t y = vaddq_n_s32(vldrwq_s32(sums), bias_of(params, unit));
  y = mcugen_requantize_any_mve(y, vdupq_n_s32(params->multiplier[unit]),
                                vdupq_n_s32(params->shift[unit]));
  y = vaddq_n_s32(y, params->output_zero_point);
  y = vmaxq_s32(y, vdupq_n_s32(params->activation_min));
  y = vminq_s32(y, vdupq_n_s32(params->activation_max));
  const uint32x4_t offsets = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)params->units);
  vstrbq_scatter_offset_s32(output, offsets, y);
}

/* As multiply_few_rows, of LANES rows or more: rows are the lanes here. */
static void multiply_columns(const mcugen_fully_connected_w4a8_mve_params *params, int32_t unit,
                             int32_t alone, int32_t rows, const int8_t *input, int8_t *output) {
  const int32_t depth = params->depth;
  const int8_t *const weights = params->weights + unit / 2 * depth;
  output += unit;
  for (int32_t next = 0; next < rows; next += LANES) {
    /* The last rows overlap those before them if 4 does not divide their number. */
    const int32_t row = next < rows - LANES ? next : rows - LANES;
    const int8_t *x = input + row * depth;
    int8_t *const out = output + row * params->units;
    int32_t even[LANES];
    int32_t odd[LANES];
    for (int32_t i = 0; i < LANES; ++i) {
      const pair sums = multiply_pair(x, weights, depth, params->excess);
      even[i] = sums.even;
      odd[i] = sums.odd;
      x += depth;
    }
    put_column(params, unit, even, out);
    if (!alone) {
      put_column(params, unit + 1, odd, out + 1);
    }
  }
}

#endif

/* Computes the units from `unit`, an even one, to before `end`, for `rows` rows. */
static void multiply_pairs(const mcugen_fully_connected_w4a8_mve_params *params, int32_t unit,
                           int32_t end, int32_t rows, const int8_t *input, int8_t *output) {
  for (; unit < end; unit += 2) {
#if MCUGEN_MVE
    if (rows >= LANES) {
      multiply_columns(params, unit, unit + 1 == end, rows, input, output);
      continue;
    }
#endif
    multiply_few_rows(params, unit, unit + 1 == end, rows, input, output);
  }
}

#if MCUGEN_MVE

/* Units, and with an excess of 0 rows, that are multiplied side by side. */
#define BLOCK 4
#define ROWS MCUGEN_FULLY_CONNECTED_W4A8_MVE_ROWS

/* clang-format off */

/*
 * 16 times the products of three rows of the input, from x0 on, and a row of pairs of weights, added
 * to s00, the even unit's start, or s01: 96 a turn, of 16 depths. DLSTP and LETP disable the lanes
 * beyond the last depth. VMLADAVA sums up in even core registers. The sums of row i go to the lower
 * (e) or upper (f) half of yi.
 */
#define MULTIPLY_3X2(half)                                          \
  "add %[x1], %[x0], lr               \n" /* lr: the depth      */  \
  "add %[x2], %[x1], lr               \n"                           \
  "mov %[s10], %[s00]                 \n"                           \
  "mov %[s20], %[s00]                 \n"                           \
  "mov %[s11], %[s01]                 \n"                           \
  "mov %[s21], %[s01]                 \n"                           \
  "dlstp.8 lr, lr                     \n"                           \
  "1: vldrb.8 q2, [%[w]], #16         \n"                           \
  "vldrb.8 q1, [%[x0]], #16           \n"                           \
  "vshl.i8 q0, q2, #4                 \n" /* the even unit's    */  \
  "vmladava.s8 %[s00], q0, q1         \n"                           \
  "vand q2, q2, %q[high]              \n" /* the odd unit's     */  \
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

/* y[i] = bias + 16 * row i of the input times two rows of pairs of weights. */
static inline void multiply_3x4(const int8_t *input, const int8_t *weights, int32_t depth,
                                const int32_t *bias, int8x16_t high, int32x4_t *y) {
  const int8_t *x0 = input, *x1, *x2, *w = weights;
  int32_t s00 = bias[0], s01 = bias[1], s10, s11, s20, s21;
  int32x4_t y0, y1, y2;
  register int32_t count __asm__("lr") = depth;
  __asm__(MULTIPLY_3X2("e")
          : [y0] "=&t"(y0), [y1] "=&t"(y1), [y2] "=&t"(y2), [s00] "+&Te"(s00), [s01] "+&Te"(s01),
            [s10] "=&Te"(s10), [s11] "=&Te"(s11), [s20] "=&Te"(s20), [s21] "=&Te"(s21),
            [x0] "+&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [w] "+&r"(w), "+&r"(count)
          : [high] "t"(high)
          : "q0", "q1", "q2", "memory");
  x0 = input;
  w = weights + depth;
  s00 = bias[2];
  s01 = bias[3];
  count = depth;
  __asm__(MULTIPLY_3X2("f")
          : [y0] "+&t"(y0), [y1] "+&t"(y1), [y2] "+&t"(y2), [s00] "+&Te"(s00), [s01] "+&Te"(s01),
            [s10] "=&Te"(s10), [s11] "=&Te"(s11), [s20] "=&Te"(s20), [s21] "=&Te"(s21),
            [x0] "+&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [w] "+&r"(w), "+&r"(count)
          : [high] "t"(high)
          : "q0", "q1", "q2", "memory");
  y[0] = y0;
  y[1] = y1;
  y[2] = y2;
}

/* One row of the input times two rows of pairs of weights, of excess 8: 64 products a turn. */
static inline int32x4_t multiply_1x4(const int8_t *input, const int8_t *weights, int32_t depth,
                                     int32_t row_sum, int8x16_t high) {
  const int8_t *x = input, *w0 = weights, *w1;
  int32_t s0 = -8 * row_sum, s1, s2, s3;
  int32x4_t y;
  register int32_t count __asm__("lr") = depth;
  __asm__(
      "add %[w1], %[w0], lr         \n"
      "mov %[s1], #0                \n"
      "mov %[s2], %[s0]             \n"
      "mov %[s3], #0                \n"
      "dlstp.8 lr, lr               \n"
      "1: vldrb.8 q0, [%[x]], #16   \n"
      "vldrb.8 q1, [%[w0]], #16     \n"
      "vmladava.s8 %[s0], q0, q1    \n" /* both units' */
      "vand q1, q1, %q[high]        \n"
      "vmladava.s8 %[s1], q0, q1    \n" /* the odd unit's, 16 times */
      "vldrb.8 q2, [%[w1]], #16     \n"
      "vmladava.s8 %[s2], q0, q2    \n"
      "vand q2, q2, %q[high]        \n"
      "vmladava.s8 %[s3], q0, q2    \n"
      "letp lr, 1b                  \n"
      "sub %[s0], %[s0], %[s1]      \n"
      "sub %[s2], %[s2], %[s3]      \n"
      "asr %[s1], %[s1], #4         \n"
      "asr %[s3], %[s3], #4         \n"
      "vmov %e[y], %[s0], %[s1]     \n"
      "vmov %f[y], %[s2], %[s3]     \n"
      : [y] "=&t"(y), [s0] "+&Te"(s0), [s1] "=&Te"(s1), [s2] "=&Te"(s2), [s3] "=&Te"(s3),
        [x] "+&r"(x), [w0] "+&r"(w0), [w1] "=&r"(w1), "+&r"(count)
      : [high] "t"(high)
      : "q0", "q1", "q2", "memory");
  return y;
}

static int32_t sum_of_row(const int8_t *input, int32_t depth) {
  register int32_t sum __asm__("r0") = 0; /* VADDVA takes even registers only */
  __asm__ volatile(
      "dlstp.8 lr, %[depth]        \n"
      "1: vldrb.8 q0, [%[x]], #16  \n"
      "vaddva.s8 %[sum], q0        \n"
      "letp lr, 1b                 \n"
      : [sum] "+r"(sum), [x] "+r"(input)
      : [depth] "r"(depth)
      : "q0", "lr", "memory");
  return sum;
}

static inline void put_codes(const mcugen_fully_connected_w4a8_mve_params *params, int32x4_t y,
                             int32x4_t multiplier, int32x4_t shift, int8_t *output) {
  y = vaddq_n_s32(mcugen_requantize_mve(y, multiplier, shift), params->output_zero_point);
  mcugen_store_codes_mve(output, y, params->activation_min, params->activation_max);
}

/* Computes BLOCK units from `unit` on for every row, of which there are at least ROWS. */
static void multiply_rows(const mcugen_fully_connected_w4a8_mve_params *params, int32_t unit,
                          int32x4_t shift, const int8_t *input, int8_t *output) {
  /* A copy, since for all the compiler knows the output may lie in *params. */
  const mcugen_fully_connected_w4a8_mve_params p = *params;
  const int8x16_t high = vdupq_n_s8(HIGH_NIBBLES);
  const int8_t *const weights = p.weights + unit / 2 * p.depth;
  const int32_t *const bias = p.bias + unit;
  const int32x4_t multiplier = vldrwq_s32(p.multiplier + unit);
  int32_t left = p.rows;
  output += unit;
  while (left > 0) {
    if (left < ROWS) {
      /* The last rows overlap those before them. */
      input -= (ROWS - left) * p.depth;
      output -= (ROWS - left) * p.units;
      left = ROWS;
    }
    int32x4_t y[ROWS];
    multiply_3x4(input, weights, p.depth, bias, high, y);
    input += ROWS * p.depth;
    /* No instruction; addresses of outputs wait for y, since no register is left before. */
    __asm__("" : "+r"(output), "+r"(input) : "t"(y[0]));
    put_codes(&p, vshrq_n_s32(y[0], 4), multiplier, shift, output);
    output += p.units;
    put_codes(&p, vshrq_n_s32(y[1], 4), multiplier, shift, output);
    output += p.units;
    put_codes(&p, vshrq_n_s32(y[2], 4), multiplier, shift, output);
    output += p.units;
    left -= ROWS;
  }
}

/* Computes BLOCK units from `unit` on for every row, weights having an excess of 8. */
static void multiply_row(const mcugen_fully_connected_w4a8_mve_params *params, int32_t unit,
                         int32x4_t shift, int32_t row_sum, const int8_t *input, int8_t *output) {
  const int8_t *const weights = params->weights + unit / 2 * params->depth;
  const int32x4_t y =
      multiply_1x4(input, weights, params->depth, row_sum, vdupq_n_s8(HIGH_NIBBLES));
  put_codes(params, vaddq_s32(y, vldrwq_s32(params->bias + unit)),
            vldrwq_s32(params->multiplier + unit), shift, output + unit);
}

/* All units of `rows` rows: one row, if weights have an excess, whose sum is `row_sum`. */
static void multiply_blocks(const mcugen_fully_connected_w4a8_mve_params *params, int32_t rows,
                            int32_t row_sum, const int8_t *input, int8_t *output) {
  const int32_t end = params->units < BLOCK ? 0 : params->units & ~1;
  for (int32_t next = 0; next < end; next += BLOCK) {
    /* The last block overlaps the one before it if there are two units less. */
    const int32_t unit = next < end - BLOCK ? next : end - BLOCK;
    const int32x4_t shift = mcugen_load_codes_mve(params->shift + unit);
    if (vmaxvq_s32(INT32_MIN, shift) >= 0) {
      /* Rare: a sum is not scaled down. */
      multiply_pairs(params, unit, unit + BLOCK, rows, input, output);
    } else if (params->excess != 0) {
      multiply_row(params, unit, shift, row_sum, input, output);
    } else {
      multiply_rows(params, unit, shift, input, output);
    }
  }
  multiply_pairs(params, end, params->units, rows, input, output);
}

void mcugen_fully_connected_w4a8_mve(const mcugen_fully_connected_w4a8_mve_params *params,
                                     const int8_t *input, int8_t *output) {
  if (params->excess == 0) {
    multiply_blocks(params, params->rows, 0, input, output);
    return;
  }
  for (int32_t row = 0; row < params->rows; ++row) {
    multiply_blocks(params, 1, sum_of_row(input, params->depth), input, output);
    input += params->depth;
    output += params->units;
  }
}

#else

void mcugen_fully_connected_w4a8_mve(const mcugen_fully_connected_w4a8_mve_params *params,
                                     const int8_t *input, int8_t *output) {
  multiply_pairs(params, 0, params->units, params->rows, input, output);
}

#endif
