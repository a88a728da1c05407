#include "mcugen_arg_max_s8.h"

void mcugen_arg_max_s8(const mcugen_arg_max_s8_params *params, const int8_t *input,
                       int32_t *output) {
  for (int32_t outer = 0; outer < params->outer; ++outer) {
    for (int32_t inner = 0; inner < params->inner; ++inner) {
      const int8_t *candidate = input + inner;
      int8_t peak = *candidate;
      int32_t position = 0;
      for (int32_t i = 1; i < params->size; ++i) {
        candidate += params->inner;
        if (*candidate > peak) {
          peak = *candidate;
          position = i;
        }
      }
      *output++ = position;
    }
    input += params->size * params->inner;
  }
}
