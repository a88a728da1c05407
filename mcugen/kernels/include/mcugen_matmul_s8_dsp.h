/**
 * The product of a few pixels and all filters of a layer: the inner loop that convolutions and
 * FULLY_CONNECTED share on cores with the DSP extension.
 *
 * A 16-bit lane of the weights holds two output channels, u and v = u + 1:
 *
 *   lane = 256 * v + u          (one byte is u, the other v less the borrow of a negative u)
 *
 * Multiplied with an activation x and summed up, lanes give S = 256 * V + U, and their low bytes,
 * sign-extended, give U. So V = (S - U) / 256: two channels for the price of one SXTB16. Sums may
 * wrap around: S - U is exact modulo 2^32, and the packing on the host proves that V, whose bias is
 * added afterwards, is below 2^23, or else takes V out after each segment of the depth.
 *
 * Depths come in fours, padded with weights of 0, in the order in which SXTB16 takes four bytes
 * apart: 0, 2, 1, 3.
 */
#ifndef MCUGEN_MATMUL_S8_DSP_H
#define MCUGEN_MATMUL_S8_DSP_H

#include "mcugen_pair_codes.h"

/**
 * depth: bytes of a pixel, a multiple of 4; units: output channels.
 * segment: depths after which V is taken out, a multiple of 4; depth if V stays below 2^23.
 * pixels: how many are multiplied side by side, so that weights are read once for all of them: 4,
 *   or 1 if there are fewer or if segment is less than depth.
 * weights [ceil(units / 2)][depth]: lanes, in the order above.
 * channels [ceil(units / 2)][5]: bias u and 2 * bias v (the input's zero point folded in), then
 * what mcugen_pair_codes.h says.
 */
typedef struct {
  const int16_t *weights;
  const int32_t *channels;
  int32_t depth;
  int32_t segment;
  int32_t units;
  int8_t pixels;
  int8_t output_zero_point;
  int8_t activation_min;
  int8_t activation_max;
} mcugen_matmul_s8_dsp_params;

/**
 * output [count][units] for `count` pixels, which is 1 or params->pixels.
 *
 * pixels [depth / 2][count] words, as mcugen_widen writes them.
 */
void mcugen_matmul_s8_dsp(const mcugen_matmul_s8_dsp_params *params, const uint32_t *pixels,
                          int32_t count, int8_t *output);

/**
 * Widens `bytes` activations to pairs, every `step`th word from `pairs` on; returns the next word.
 *
 * The last word of a number of bytes that is no multiple of 4 is filled with zeros.
 */
static inline uint32_t *mcugen_widen(const int8_t *input, int32_t bytes, uint32_t *pairs,
                                     int32_t step) {
  for (; bytes >= 4; bytes -= 4) {
    const uint32_t word = mcugen_load_word(input);
    pairs[0] = mcugen_sxtb16(word);
    pairs[step] = mcugen_sxtb16_odd(word);
    input += 4;
    pairs += 2 * step;
    MCUGEN_STEPWISE(input);
    MCUGEN_STEPWISE(pairs);
  }
  if (bytes > 0) {
    uint32_t word = (uint8_t)input[0];
    if (bytes > 1) {
      word |= (uint32_t)(uint8_t)input[1] << 8;
    }
    if (bytes > 2) {
      word |= (uint32_t)(uint8_t)input[2] << 16;
    }
    pairs[0] = mcugen_sxtb16(word);
    pairs[step] = mcugen_sxtb16_odd(word);
    pairs += 2 * step;
  }
  return pairs;
}

#endif
