/** What the functions over mcugen_matmul_w4a8 share. */
#ifndef CNI4_MATMUL_H
#define CNI4_MATMUL_H

#include "cmsis_nn_int4.h"
#include "mcugen_matmul_w4a8.h"

static inline int32_t cni4_words(int32_t channels, int32_t depth) {
  return (channels + 1) / 2 * ((depth + 3) / 4);
}

/** Bytes of the table that cni4_prepare writes. */
static inline int32_t cni4_table_bytes(int32_t channels) {
  return (channels + 1) / 2 * MCUGEN_PAIR_WORDS * 4;
}

/** Fills *matmul, with a table of biases, multipliers and shifts at the start of ctx->buf. */
cni4_status cni4_prepare(const cni4_context *ctx, const cni4_per_channel_quant_params *quant_params,
                         const cni4_activation *activation, int32_t input_offset,
                         int32_t output_offset, int32_t channels, int32_t depth,
                         const uint32_t *packed, const int32_t *bias,
                         mcugen_matmul_w4a8_params *matmul);

#endif
