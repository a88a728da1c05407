#include "mcugen_fully_connected_s8_few_dsp.h"

/* The sums S and U of two channels: see mcugen_matmul_s8_dsp.h. */
typedef struct {
  uint32_t s;
  uint32_t u;
} pair_sums;

/* Adds four depths; `weights` are their lanes. */
static inline pair_sums add_word(pair_sums sums, uint32_t activations, const int16_t *weights) {
  const uint32_t even = mcugen_sxtb16(activations);
  const uint32_t odd = mcugen_sxtb16_odd(activations);
  const uint32_t even_lanes = mcugen_load_word(weights);
  const uint32_t odd_lanes = mcugen_load_word(weights + 2);
  sums.s = mcugen_smlad(odd_lanes, odd, mcugen_smlad(even_lanes, even, sums.s));
  sums.u = mcugen_smlad(mcugen_sxtb16(even_lanes), even, sums.u);
  sums.u = mcugen_smlad(mcugen_sxtb16(odd_lanes), odd, sums.u);
  return sums;
}

/* The last one to three activations of a row, the rest of the word 0. */
static uint32_t last_word(const int8_t *activations, int32_t bytes) {
  uint32_t word = 0;
  for (int32_t i = 0; i < bytes; ++i) {
    word |= (uint32_t)(uint8_t)activations[i] << (8 * i);
  }
  return word;
}

static pair_sums multiply(const int8_t *activations, int32_t bytes, const int16_t *weights) {
  pair_sums sums = {0, 0};
  for (; bytes >= 8; bytes -= 8) {
    sums = add_word(sums, mcugen_load_word(activations), weights);
    sums = add_word(sums, mcugen_load_word(activations + 4), weights + 4);
    activations += 8;
    weights += 8;
    MCUGEN_STEPWISE(activations);
    MCUGEN_STEPWISE(weights);
  }
  if (bytes >= 4) {
    sums = add_word(sums, mcugen_load_word(activations), weights);
    activations += 4;
    weights += 4;
    bytes -= 4;
  }
  return bytes > 0 ? add_word(sums, last_word(activations, bytes), weights) : sums;
}

/* One row and two channels, or one. */
static void multiply_pair(const mcugen_fully_connected_s8_few_dsp_params *params, const int8_t *row,
                          const int16_t *weights, const int32_t *pair, int32_t has_v,
                          int8_t *output) {
  const int32_t segment = params->matmul.segment;
  uint32_t u = (uint32_t)pair[0];
  int32_t doubled_v = pair[1];
  for (int32_t done = 0; done < params->row_bytes; done += segment) {
    const int32_t left = params->row_bytes - done;
    const pair_sums sums = multiply(row + done, left < segment ? left : segment, weights + done);
    u += sums.u;
    doubled_v += (int32_t)(sums.s - sums.u) >> 7;
  }
  mcugen_put_pair(pair, (int32_t)(2 * u), doubled_v, params->matmul.output_zero_point, has_v,
                  output);
}

void mcugen_fully_connected_s8_few_dsp(const mcugen_fully_connected_s8_few_dsp_params *params,
                                       const int8_t *input, int8_t *output) {
  const int32_t units = params->matmul.units;
  for (int32_t row = params->rows; row > 0; --row) {
    const int16_t *weights = params->matmul.weights;
    const int32_t *pair = params->matmul.channels;
    for (int32_t unit = 0; unit < units; unit += 2) {
      multiply_pair(params, input, weights, pair, unit + 1 < units, output + unit);
      weights += params->matmul.depth;
      pair += MCUGEN_PAIR_WORDS;
    }
    mcugen_limit_codes(output, units, params->matmul.activation_min, params->matmul.activation_max);
    input += params->row_bytes;
    output += units;
  }
}
