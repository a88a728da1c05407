/**
 * The product of a few pixels and all filters of a layer, weights and activations of 4 bits.
 *
 * A lane of 16 bits holds the weights of two output channels at one depth, 12 bits apart:
 *
 *   lane = 4096 * v + (u + 8)       u, v = -8 .. 7, channels 2i and 2i + 1
 *
 * One AND takes two lanes out of a word, so that an SMLAD makes four products: two depths of two
 * channels. Multiplied with an activation x = -8 .. 7, lanes add up to
 *
 *   S = 4096 * sum(v x) + sum((u + 8) x)
 *
 * Over a segment of the depths S starts from -8 sum(x), the pixel's offset. Its low 12 bits are
 * then sum(u x), whatever the sum was on the way: the packing proves from the weights that this has
 * 12 bits in each segment. Between segments it is drained to a sum of its own; sum(v x) stays in
 * the upper 20 bits. The last segment's offset is 2048 more, so that the low bits lend nothing to
 * the high ones, and the sum of an even channel ends 2048 too high, which its constants allow for.
 *
 * Depths come in eights, in the order in which ANDs take a word of eight activations apart: 0, 4,
 * 1, 5, 2, 6, 3, 7; padding has weights u = v = 0.
 *
 * Requantization: mcugen_multiply_add.h. With `signed_sums` the bias is added before it.
 */
#ifndef MCUGEN_MATMUL_W4A4_H
#define MCUGEN_MATMUL_W4A4_H

#include "mcugen_multiply_add.h"

/** Pixels that are multiplied side by side, so that weights are unpacked once for all of them. */
#define MCUGEN_MATMUL_W4A4_PIXELS 4

/**
 * depth: a multiple of 8; first_segment, segment: depths until the first drain, and between drains,
 *   multiples of 8; units: output channels.
 * output_bits: 4 for two codes a byte, a pixel's first code in the low half of its first byte, each
 *   more by 8 than its value; 8 for int8.
 * weights [ceil(units / 2)][depth / 4] words: nibbles from the lowest up, for depths a, b, c, d
 *   u(a) + 8, v(d), u(c) + 8, v(a), u(b) + 8, v(c), u(d) + 8, v(b)
 * channels [2 * ceil(units / 2)][4]: mcugen_multiply_add; that of a unit too many is 0.
 */
typedef struct {
  int32_t depth;
  int32_t first_segment;
  int32_t segment;
  int32_t units;
  int32_t output_bits;
  int32_t activation_min;
  int32_t activation_max;
  int32_t signed_sums;
  const uint32_t *weights;
  const int32_t *channels;
} mcugen_matmul_w4a4_params;

/** Bytes from one pixel of the output to the next. */
static inline int32_t mcugen_matmul_w4a4_pitch(const mcugen_matmul_w4a4_params *params) {
  return params->output_bits == 4 ? (params->units + 1) / 2 : params->units;
}

/**
 * The output of `used` of `count` pixels; `count` is 1, or 4 of which 3 or 4 are used.
 *
 * pixels: for each segment the offset of each pixel, then words of two depths [segment / 2][count],
 * as mcugen_matmul_w4a4_unpack writes them.
 */
void mcugen_matmul_w4a4(const mcugen_matmul_w4a4_params *params, const uint32_t *pixels,
                        int32_t count, int32_t used, int8_t *output);

/** Unpacks one pixel, `depth` / 2 bytes, to every `count`th word from `pixels` on. */
void mcugen_matmul_w4a4_unpack(const mcugen_matmul_w4a4_params *params, const uint8_t *packed,
                               int32_t count, uint32_t *pixels);

#endif
