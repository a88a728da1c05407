#include "mcugen_svdf.h"

#include "mcugen_dsp.h"

int32_t mcugen_svdf_feature(const mcugen_svdf_params *params, const int8_t *input, int32_t filter,
                            int32_t low, int32_t high) {
  const int32_t depth = params->depth;
  const int8_t *weights = params->feature_weights + filter * depth;
  int32_t sum = params->feature_start[filter];
  int32_t i = 0;
#if MCUGEN_DSP_ASM
  for (; i + 4 <= depth; i += 4) {
    const uint32_t values = mcugen_load_word(input + i);
    const uint32_t factors = mcugen_load_word(weights + i);
    sum = (int32_t)mcugen_smlad(mcugen_sxtb16(values), mcugen_sxtb16(factors), (uint32_t)sum);
    sum =
        (int32_t)mcugen_smlad(mcugen_sxtb16_odd(values), mcugen_sxtb16_odd(factors), (uint32_t)sum);
  }
#endif
  for (; i < depth; ++i) {
    sum += input[i] * weights[i];
  }
  sum = mcugen_requantize(sum, params->state_multiplier, params->state_shift);
  /* TFLM limits before it adds the zero point, so that the entry may wrap. */
  return mcugen_clamp(sum, low, high) + params->state_zero_point;
}

int8_t mcugen_svdf_output(const mcugen_svdf_params *params, int32_t sum) {
  /* Limited before the zero point is added, since the sum may be anything. */
  const int32_t zero_point = params->output_zero_point;
  sum = mcugen_requantize(sum, params->output_multiplier, params->output_shift);
  return (int8_t)(mcugen_clamp(sum, INT8_MIN - zero_point, INT8_MAX - zero_point) + zero_point);
}
