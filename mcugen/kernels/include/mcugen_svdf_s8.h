#ifndef MCUGEN_SVDF_S8_H
#define MCUGEN_SVDF_S8_H

#include "mcugen_svdf.h"

/**
 * SVDF with int8 activations and int8 state.
 *
 *   input [depth]    output [units]    state [units * rank][memory], oldest first, updated
 *   feature_weights [units * rank][depth]
 *   feature_start   [units * rank], -input zero point * sum of the filter's feature weights
 *   time_weights    [units * rank][memory]
 *   bias            [units], less state zero point * sum of the unit's time weights
 */
typedef struct {
  int32_t depth;
  int32_t units;
  int32_t rank;
  int32_t memory;
  int32_t state_multiplier;
  int32_t state_shift;
  int32_t state_zero_point;
  int32_t output_multiplier;
  int32_t output_shift;
  int32_t output_zero_point;
  const int8_t *feature_weights;
  const int32_t *feature_start;
  const int8_t *time_weights;
  const int32_t *bias;
} mcugen_svdf_s8_params;

void mcugen_svdf_s8(const mcugen_svdf_s8_params *params, const int8_t *input, int8_t *state,
                    int8_t *output);

#endif
