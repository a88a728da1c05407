/** What the SVDF kernels for int8 and int16 state share. */
#ifndef MCUGEN_SVDF_H
#define MCUGEN_SVDF_H

#include "mcugen_common.h"

/**
 * SVDF with int8 activations.
 *
 *   input [depth]    output [units]    state [units * rank][memory], oldest first, updated
 *   feature_weights [units * rank][depth]
 *   feature_start   [units * rank], -input zero point * sum of the filter's feature weights
 *   time_weights    [units * rank][memory], of the state's type
 *   bias            [units], less state zero point * sum of the unit's time weights
 */
typedef struct {
  int32_t depth;
  int32_t units;
  int32_t rank;
  int32_t memory;
  int32_t state_multiplier;
  int32_t output_multiplier;
  int8_t state_shift;
  int8_t state_zero_point;
  int8_t output_shift;
  int8_t output_zero_point;
  const int8_t *feature_weights;
  const int32_t *feature_start;
  const void *time_weights;
  const int32_t *bias;
} mcugen_svdf_params;

/** A filter's new entry of state: start + input * weights, rescaled and limited to [low, high]. */
int32_t mcugen_svdf_feature(const mcugen_svdf_params *params, const int8_t *input, int32_t filter,
                            int32_t low, int32_t high);

/** sum + value * weight, wrapping as an int32 register does. */
static inline int32_t mcugen_svdf_add(int32_t sum, int32_t value, int32_t weight) {
  return (int32_t)((uint32_t)sum + (uint32_t)(value * weight));
}

/** One unit's output code. */
int8_t mcugen_svdf_output(const mcugen_svdf_params *params, int32_t sum);

#endif
