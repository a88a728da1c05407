#include "mcugen_unpack_s4.h"

/* Bytes 0 and 1 of a word as bytes 0 and 2. */
static inline uint32_t spread(uint32_t bytes) {
  return (bytes | (bytes << 8)) & UINT32_C(0x00FF00FF);
}

/* Four codes of 0 .. 15, one a byte, as int8; `first` is (first_code + 128) in each byte. */
static inline uint32_t to_int8(uint32_t codes, uint32_t first) {
  /* No byte exceeds 255: nothing carries. */
  return (codes + first) ^ UINT32_C(0x80808080);
}

static void unpack_row(const uint8_t *packed, int32_t channels, int32_t first_code, int8_t *codes) {
  const uint32_t first = (uint32_t)(first_code + 128) * UINT32_C(0x01010101);
  for (; channels >= 8; channels -= 8) {
    uint32_t word;
    memcpy(&word, packed, sizeof word);
    for (int32_t i = 0; i < 2; ++i) {
      const uint32_t pairs = spread(word & 0xFFFFU);
      const uint32_t even = pairs & UINT32_C(0x000F000F);
      const uint32_t odd = (pairs & UINT32_C(0x00F000F0)) << 4;
      const uint32_t four = to_int8(even | odd, first);
      memcpy(codes, &four, sizeof four);
      codes += 4;
      word >>= 16;
    }
    packed += 4;
  }
  for (int32_t i = 0; i < channels; ++i) {
    codes[i] = (int8_t)(((packed[i / 2] >> (i % 2 * 4)) & 15) + first_code);
  }
}

void mcugen_unpack_s4(const mcugen_unpack_s4_params *params, const int8_t *packed, int8_t *codes) {
  int32_t rows = params->rows;
  int32_t channels = params->channels;
  if (channels % 2 == 0) {
    channels *= rows;
    rows = 1;
  }
  for (int32_t row = 0; row < rows; ++row) {
    unpack_row((const uint8_t *)packed, channels, params->first_code, codes);
    packed += (channels + 1) / 2;
    codes += channels;
  }
}
