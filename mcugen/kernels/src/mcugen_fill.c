#include "mcugen_fill.h"

void mcugen_fill(const mcugen_fill_params *params, void *output) {
  const uint8_t *pattern = (const uint8_t *)params->pattern;
  const size_t bytes = (size_t)params->pattern_bytes;
  if (bytes == 1U) {
    memset(output, pattern[0], (size_t)params->count);
    return;
  }
  uint8_t *to = (uint8_t *)output;
  for (int32_t i = 0; i < params->count; ++i) {
    memcpy(to, pattern, bytes);
    to += bytes;
  }
}
