/**
 * The product of a few pixels and all filters of a layer, weights of 4 bits: the inner loop that
 * convolutions and FULLY_CONNECTED share.
 *
 * A 32-bit word of weights serves two output channels, u and v = u + 1, and four depths:
 *
 *   bits   31..28  27..24  23..20  19..16  15..12  11..8   7..4    3..0
 *   field  v2      v3 + 8  u2 + 8  u3 + 8  v0      v1 + 8  u0 + 8  u1 + 8
 *
 * Depths 0 and 2 are called even, 1 and 3 odd; each half of the word is one lane of SMLAD, which
 * multiplies two lanes. As an integer a lane is
 *
 *   R = 256 * (16 * v0 + v1 + 8) + 16 * (u0 + 8) + u1 + 8;    M = R & 0x0F0F is its odd depth's
 * share.
 *
 * Activations are x = code + 128, from 0 to 255. Even ones, x0, multiply the raw R; odd ones, in
 * the form y = 16 * x1 - x0, multiply M. In x0 * R + y * M the odd fields under x0 cancel, and all
 * that is left has a factor of 16:
 *
 *   S = sum of x0 * R + y * M                    = 4096 * (V + 8 * odd) + T
 *   T = sum of x0 * (R & 0xFF) + y * (M & 0xFF)  = 16 * (U + 8 * all)
 *
 * U and V are the two channels' sums of x * weight, `odd` and `all` those of the pixel's odd and of
 * all its activations. S and T start at -32768 * odd - 128 * all and at -128 * all, and so end as
 * 4096 * V + 16 * U and 16 * U. S may wrap around: V is exact modulo 2^20, and whoever packs proves
 * from the weights that it lies within [-2^19, 2^19).
 */
#ifndef MCUGEN_MATMUL_W4A8_H
#define MCUGEN_MATMUL_W4A8_H

#include "mcugen_pair_codes.h"

/** Pixels that are multiplied side by side, so that weights are read once for all of them. */
#define MCUGEN_MATMUL_W4A8_PIXELS 4

/**
 * depth: bytes of a pixel, rounded up to a multiple of 4; units: output channels.
 * weights [ceil(units / 2)][depth / 4]: as above; where there is no channel or depth, fields are 0.
 * channels [ceil(units / 2)][5]: 2 * bias u and 2 * bias v, each less (128 + input zero point) *
 * the channel's weights, then what mcugen_pair_codes.h says.
 */
typedef struct {
  const uint32_t *weights;
  const int32_t *channels;
  int32_t depth;
  int32_t units;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_matmul_w4a8_params;

/**
 * output [count][units] for `count` pixels, which is 1 or MCUGEN_MATMUL_W4A8_PIXELS.
 *
 * pixels: [count] where S starts, [count] where T starts, [depth / 2][count] pairs.
 */
void mcugen_matmul_w4a8(const mcugen_matmul_w4a8_params *params, const uint32_t *pixels,
                        int32_t count, int8_t *output);

/** Bytes of `pixels`, for `count` of them. */
#define MCUGEN_MATMUL_W4A8_PIXEL_BYTES(depth, count) ((count) * (8 + 2 * (depth)))

/** Bytes 0 and 2 as a pair. */
static inline uint32_t mcugen_uxtb16(uint32_t bytes) { return bytes & UINT32_C(0x00FF00FF); }

/** a[0] - b[0], a[1] - b[1]. */
static inline uint32_t mcugen_ssub16(uint32_t a, uint32_t b) {
#if MCUGEN_DSP_ASM
  uint32_t pair;
  __asm__("ssub16 %0, %1, %2" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
#else
  return mcugen_pair(mcugen_lane0(a) - mcugen_lane0(b), mcugen_lane1(a) - mcugen_lane1(b));
#endif
}

/** sum + the four bytes. */
static inline uint32_t mcugen_usada8(uint32_t bytes, uint32_t sum) {
#if MCUGEN_DSP_ASM
  __asm__("usada8 %0, %1, %2, %0" : "+r"(sum) : "r"(bytes), "r"(0));
  return sum;
#else
  const uint32_t pairs = mcugen_uxtb16(bytes) + mcugen_uxtb16(bytes >> 8);
  return sum + (pairs & UINT32_C(0xFFFF)) + (pairs >> 16);
#endif
}

/** Sums of a pixel's activations + 128: of all, and of those at even depths. */
typedef struct {
  uint32_t all;
  uint32_t even;
} mcugen_w4a8_sums;

/** Writes four activations as two pairs, `count` words apart. */
static inline void mcugen_w4a8_put(uint32_t codes, uint32_t *pairs, int32_t count,
                                   mcugen_w4a8_sums *sums) {
  const uint32_t word = codes ^ UINT32_C(0x80808080);
  const uint32_t even = mcugen_uxtb16(word);
  const uint32_t odd_16 = (word >> 4) & UINT32_C(0x0FF00FF0);
  pairs[0] = even;
  pairs[count] = mcugen_ssub16(odd_16, even);
  sums->all = mcugen_usada8(word, sums->all);
  sums->even = mcugen_usada8(even, sums->even);
}

/** Writes where the sums S and T of a pixel start, `count` words apart. */
static inline void mcugen_w4a8_start(uint32_t *pixel, int32_t count, const mcugen_w4a8_sums *sums) {
  const uint32_t t = 0U - 128U * sums->all;
  pixel[0] = t - 32768U * (sums->all - sums->even);
  pixel[count] = t;
}

/** As mcugen_w4a8_put, of 1 to 3 activations. */
static inline void mcugen_w4a8_put_last(const int8_t *input, int32_t bytes, uint32_t *pairs,
                                        int32_t count, mcugen_w4a8_sums *sums) {
  uint32_t codes = (uint8_t)input[0];
  if (bytes > 1) {
    codes |= (uint32_t)(uint8_t)input[1] << 8;
  }
  if (bytes > 2) {
    codes |= (uint32_t)(uint8_t)input[2] << 16;
  }
  mcugen_w4a8_put(codes, pairs, count, sums);
}

/** Windows next to each other, `pixel_pitch` apart, and their rows, of four bytes or more. */
typedef struct {
  int32_t rows;
  int32_t row_bytes;
  int32_t row_pitch;
  int32_t pixel_pitch;
} mcugen_w4a8_windows;

/**
 * Writes the first `windows` of the `count` pixels of `pixels`, which may have been moved on to a
 * later one. The rows of a window follow each other as one run of bytes, rounded up to whole words
 * by codes that meet weights of 0.
 */
void mcugen_w4a8_widen(const mcugen_w4a8_windows *shape, const int8_t *input, int32_t windows,
                       uint32_t *pixels, int32_t count);

#endif
