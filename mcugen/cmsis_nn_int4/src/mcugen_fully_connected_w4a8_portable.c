#include "mcugen_fully_connected_w4a8_portable.h"

/*
 * Hides where a value comes from. The compiler then keeps a mask in a register, so that an AND can
 * shift its other operand, and does not compute a loop's last addresses by formula.
 */
#if defined(__GNUC__)
#define OPAQUE(value) __asm__("" : "+r"(value))
#else
#define OPAQUE(value) ((void)0)
#endif

/* Depths whose products fit a lane: 16 * 128 * 15 < 2^15. */
#define SEGMENT 16

/* Lanes start here, so that no sum of products makes the lower one negative. */
#define START UINT32_C(0x8000)

static int32_t sum_of_row(const int8_t *input, int32_t depth) {
  int32_t sum = 0;
  for (const int8_t *const end = input + (depth & ~3); input != end; input += 4) {
    sum += input[0] + input[1] + input[2] + input[3];
  }
  for (const int8_t *const end = input + (depth & 3); input != end; ++input) {
    sum += *input;
  }
  return sum;
}

static inline uint32_t product(int32_t x, uint32_t fields) { return (uint32_t)x * fields; }

/* Sums of two units, those of even ones too high by START for each segment. */
typedef struct {
  int32_t even;
  int32_t odd;
} pair;

static inline void add_lanes(pair *sums, uint32_t lanes) {
  sums->even += (int32_t)(lanes & 0xFFFFU);
  sums->odd += (int32_t)lanes >> 16;
}

/* Adds the products of at most a segment to the sums of four units. */
static inline void multiply_4(const int8_t *input, const uint32_t *weights, int32_t depth,
                              uint32_t mask, pair *first, pair *second) {
  uint32_t lanes0 = START;
  uint32_t lanes1 = START;
  for (const int8_t *const end = input + (depth & ~3); input != end; input += 4) {
    const uint32_t word0 = weights[0];
    const uint32_t word1 = weights[1];
    weights += 2;
    lanes0 += product(input[0], word0 & mask);
    lanes1 += product(input[0], word1 & mask);
    lanes0 += product(input[1], (word0 >> 4) & mask);
    lanes1 += product(input[1], (word1 >> 4) & mask);
    lanes0 += product(input[2], (word0 >> 8) & mask);
    lanes1 += product(input[2], (word1 >> 8) & mask);
    lanes0 += product(input[3], (word0 >> 12) & mask);
    lanes1 += product(input[3], (word1 >> 12) & mask);
    OPAQUE(weights);
  }
  if ((depth & 3) != 0) {
    uint32_t word0 = weights[0];
    uint32_t word1 = weights[1];
    for (const int8_t *const end = input + (depth & 3); input != end; ++input) {
      lanes0 += product(*input, word0 & mask);
      lanes1 += product(*input, word1 & mask);
      word0 >>= 4;
      word1 >>= 4;
    }
  }
  add_lanes(first, lanes0);
  add_lanes(second, lanes1);
}

/* As multiply_4, of two units. */
static inline void multiply_2(const int8_t *input, const uint32_t *weights, int32_t depth,
                              uint32_t mask, pair *sums) {
  uint32_t lanes = START;
  for (const int8_t *const end = input + (depth & ~3); input != end; input += 4) {
    const uint32_t word = *weights++;
    lanes += product(input[0], word & mask);
    lanes += product(input[1], (word >> 4) & mask);
    lanes += product(input[2], (word >> 8) & mask);
    lanes += product(input[3], (word >> 12) & mask);
    OPAQUE(weights);
  }
  if ((depth & 3) != 0) {
    uint32_t word = *weights;
    for (const int8_t *const end = input + (depth & 3); input != end; ++input) {
      lanes += product(*input, word & mask);
      word >>= 4;
    }
  }
  add_lanes(sums, lanes);
}

/* One row of four units, or of one or two. */
static inline void multiply(const int8_t *input, const uint32_t *weights, int32_t depth,
                            int32_t units, pair *first, pair *second) {
  uint32_t mask = UINT32_C(0x000F000F);
  OPAQUE(mask);
  if (units > 2) {
    for (; depth >= SEGMENT; depth -= SEGMENT) {
      multiply_4(input, weights, SEGMENT, mask, first, second);
      input += SEGMENT;
      weights += SEGMENT / 2;
    }
    if (depth > 0) {
      multiply_4(input, weights, depth, mask, first, second);
    }
    return;
  }
  for (; depth > 0; depth -= SEGMENT) {
    multiply_2(input, weights, depth < SEGMENT ? depth : SEGMENT, mask, first);
    input += SEGMENT;
    weights += SEGMENT / 4;
  }
}

static inline int8_t code(const mcugen_fully_connected_w4a8_portable_params *params, int32_t unit,
                          int32_t sum) {
  sum = mcugen_requantize(sum + params->bias[unit], params->multiplier[unit], params->shift[unit]);
  sum += params->output_zero_point;
  return (int8_t)mcugen_clamp(sum, params->activation_min, params->activation_max);
}

void mcugen_fully_connected_w4a8_portable(const mcugen_fully_connected_w4a8_portable_params *params,
                                          const int8_t *input, int8_t *output) {
  const int32_t depth = params->depth;
  const int32_t units = params->units;
  const int32_t words = (depth + 3) / 4;
  const int32_t segments = (depth + SEGMENT - 1) / SEGMENT;
  for (int32_t row = 0; row < params->rows; ++row) {
    const int32_t odd_start = -8 * sum_of_row(input, depth);
    const int32_t even_start = odd_start - segments * (int32_t)START;
    const uint32_t *weights = params->weights;
    for (int32_t unit = 0; unit < units; unit += 4) {
      const int32_t count = units - unit;
      pair first = {even_start, odd_start};
      pair second = first;
      multiply(input, weights, depth, count, &first, &second);
      output[0] = code(params, unit, first.even);
      if (count > 1) {
        output[1] = code(params, unit + 1, first.odd);
      }
      if (count > 2) {
        output[2] = code(params, unit + 2, second.even);
      }
      if (count > 3) {
        output[3] = code(params, unit + 3, second.odd);
      }
      output += count < 4 ? count : 4;
      weights += 2 * words;
    }
    input += depth;
  }
}
