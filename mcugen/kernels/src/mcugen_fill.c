#include "mcugen_fill.h"

#include "mcugen_copy.h"

void mcugen_fill(const mcugen_fill_params *params, void *output) {
  const uint8_t *const pattern = (const uint8_t *)params->pattern;
  const int32_t bytes = params->pattern_bytes;
  if (bytes == 1) {
    mcugen_fill_bytes(output, pattern[0], params->count);
    return;
  }
  uint8_t *to = (uint8_t *)output;
  for (int32_t i = 0; i < params->count; ++i) {
    mcugen_copy_bytes(to, pattern, bytes);
    to += bytes;
  }
}
