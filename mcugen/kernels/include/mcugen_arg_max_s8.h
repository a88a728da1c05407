/** ARG_MAX of int8 codes. */
#ifndef MCUGEN_ARG_MAX_S8_H
#define MCUGEN_ARG_MAX_S8_H

#include "mcugen_common.h"

/** The input is [outer][size][inner], the output [outer][inner]. */
typedef struct {
  int32_t outer;
  int32_t size;
  int32_t inner;
} mcugen_arg_max_s8_params;

/** output = position along the middle dimension of the first of the largest codes. */
void mcugen_arg_max_s8(const mcugen_arg_max_s8_params *params, const int8_t *input,
                       int32_t *output);

#endif
