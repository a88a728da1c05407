#include "mcugen_nibbles.h"

/* Four values of 0 .. 15, one a byte, less 8: no sum exceeds a byte, so nothing is carried. */
static inline uint32_t less_8(uint32_t values) {
  return (values + UINT32_C(0x78787878)) ^ UINT32_C(0x80808080);
}

void mcugen_nibbles(const uint32_t *words, int32_t count, int8_t *bytes) {
  uint32_t *out = (uint32_t *)(void *)bytes;
  for (const uint32_t *const end = words + count; words != end; ++words) {
    const uint32_t low = *words & UINT32_C(0x0F0F0F0F);
    const uint32_t high = (*words >> 4) & UINT32_C(0x0F0F0F0F);
    *out++ = less_8(low);
    *out++ = less_8(high);
  }
}
