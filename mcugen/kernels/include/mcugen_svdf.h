/** What the SVDF kernels for int8 and int16 state share. */
#ifndef MCUGEN_SVDF_H
#define MCUGEN_SVDF_H

#include "mcugen_common.h"

/** One filter's feature, in the state's scale: start + input * weights, rescaled. */
static inline int32_t mcugen_svdf_feature(const int8_t *input, const int8_t *weights, int32_t depth,
                                          int32_t start, int32_t multiplier, int32_t shift) {
  for (int32_t i = 0; i < depth; ++i) {
    start += input[i] * weights[i];
  }
  return mcugen_requantize(start, multiplier, shift);
}

/** sum + value * weight, wrapping as an int32 register does. */
static inline int32_t mcugen_svdf_add(int32_t sum, int32_t value, int32_t weight) {
  return (int32_t)((uint32_t)sum + (uint32_t)(value * weight));
}

/** One unit's output code. */
static inline int8_t mcugen_svdf_output(int32_t sum, int32_t multiplier, int32_t shift,
                                        int32_t zero_point) {
  /* Limited before the zero point is added, since the sum may be anything. */
  sum = mcugen_requantize(sum, multiplier, shift);
  return (int8_t)(mcugen_clamp(sum, INT8_MIN - zero_point, INT8_MAX - zero_point) + zero_point);
}

#endif
