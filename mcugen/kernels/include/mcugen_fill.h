/** A repeated pattern: the border of a padded tensor. */
#ifndef MCUGEN_FILL_H
#define MCUGEN_FILL_H

#include "mcugen_common.h"

/** pattern: pattern_bytes bytes, written count times. */
typedef struct {
  int32_t count;
  int32_t pattern_bytes;
  const void *pattern;
} mcugen_fill_params;

/** output = the pattern, count times over. */
void mcugen_fill(const mcugen_fill_params *params, void *output);

#endif
