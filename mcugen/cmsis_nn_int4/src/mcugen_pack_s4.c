#include "mcugen_pack_s4.h"

/* Two bytes of packed codes from four int8 ones; `first` is (first_code + 128) in each byte. */
static inline uint32_t pack_4(const int8_t *codes, uint32_t first) {
  uint32_t four;
  memcpy(&four, codes, sizeof four);
  /* No byte is below its share of `first`: nothing is borrowed. */
  four = (four ^ UINT32_C(0x80808080)) - first;
  four = (four | (four >> 4)) & UINT32_C(0x00FF00FF);
  return (four | (four >> 8)) & 0xFFFFU;
}

static void pack_row(const int8_t *codes, int32_t channels, int32_t first_code, uint8_t *packed) {
  const uint32_t first = (uint32_t)(first_code + 128) * UINT32_C(0x01010101);
  for (; channels >= 8; channels -= 8) {
    const uint32_t word = pack_4(codes, first) | (pack_4(codes + 4, first) << 16);
    memcpy(packed, &word, sizeof word);
    codes += 8;
    packed += 4;
  }
  for (; channels > 0; channels -= 2) {
    const int32_t low = codes[0] - first_code;
    const int32_t high = channels > 1 ? codes[1] - first_code : 0;
    *packed++ = (uint8_t)(low | (high << 4));
    codes += 2;
  }
}

void mcugen_pack_s4(const mcugen_pack_s4_params *params, const int8_t *codes, int8_t *packed) {
  int32_t rows = params->rows;
  int32_t channels = params->channels;
  if (channels % 2 == 0) {
    channels *= rows;
    rows = 1;
  }
  for (int32_t row = 0; row < rows; ++row) {
    pack_row(codes, channels, params->first_code, (uint8_t *)packed);
    packed += (channels + 1) / 2;
    codes += channels;
  }
}
