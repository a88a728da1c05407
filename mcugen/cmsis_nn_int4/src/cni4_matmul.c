#include "cni4_matmul.h"

#define BIAS_LIMIT (INT32_C(1) << 28)

cni4_status cni4_prepare(const cni4_context *ctx, const cni4_per_channel_quant_params *quant_params,
                         const cni4_activation *activation, int32_t input_offset,
                         int32_t output_offset, int32_t channels, int32_t depth,
                         const uint32_t *packed, const int32_t *bias,
                         mcugen_matmul_w4a8_params *matmul) {
  const int32_t *const sums = (const int32_t *)(const void *)packed + cni4_words(channels, depth);
  int32_t *const table = ctx->buf;
  for (int32_t channel = 0; channel < channels; ++channel) {
    const int32_t is_odd = channel & 1;
    int32_t *const entry = table + channel / 2 * MCUGEN_PAIR_WORDS;
    const int32_t multiplier = quant_params->multiplier[channel];
    const int32_t own = bias == NULL ? 0 : bias[channel];
    /* A multiplier of 0, for a scale of nothing, comes with any shift. */
    const int32_t shift = multiplier == 0 ? 1 : -quant_params->shift[channel];
    if (shift < -30 || shift > 31 || own < -BIAS_LIMIT || own > BIAS_LIMIT) {
      return CNI4_NO_IMPL_ERROR;
    }
    /* The kernel multiplies activations + 128. */
    entry[is_odd] = 2 * (own + (input_offset - 128) * sums[channel]);
    entry[2 + is_odd] = multiplier;
    const uint32_t earlier = is_odd ? (uint32_t)entry[4] : 0;
    const uint32_t long_way = shift < 1 || shift > 22 ? UINT32_C(1) << 31 : 0;
    const uint32_t field = ((uint32_t)shift & 0xFFU) << (8 * is_odd);
    entry[4] = (int32_t)(earlier | field | long_way);
  }
  matmul->depth = (depth + 3) & ~3;
  matmul->units = channels;
  matmul->output_zero_point = (int8_t)output_offset;
  matmul->activation_min = (int8_t)activation->min;
  matmul->activation_max = (int8_t)activation->max;
  matmul->weights = packed;
  matmul->channels = table;
  return CNI4_SUCCESS;
}
