#include "mcugen_copy.h"

#include "mcugen_mve.h"
#include "mcugen_words.h"

#if MCUGEN_MVE

void mcugen_copy_bytes(void *to, const void *from, int32_t bytes) {
  mcugen_copy_mve(to, from, bytes);
}

#else

static inline void copy_4(uint8_t *to, const uint8_t *from) {
  mcugen_put_word(to, mcugen_get_word(from));
}

static inline void copy_16(uint8_t *to, const uint8_t *from) {
  copy_4(to, from);
  copy_4(to + 4, from + 4);
  copy_4(to + 8, from + 8);
  copy_4(to + 12, from + 12);
}

void mcugen_copy_bytes(void *to, const void *from, int32_t bytes) {
  uint8_t *out = (uint8_t *)to;
  const uint8_t *in = (const uint8_t *)from;
  const uint8_t *end = in;
  if (mcugen_words_at((uintptr_t)out | (uintptr_t)in)) {
    for (end += bytes & ~15; in != end; in += 16, out += 16) {
      copy_16(out, in);
    }
    for (end += bytes & 12; in != end; in += 4, out += 4) {
      copy_4(out, in);
    }
    bytes &= 3;
  }
  for (end += bytes; in != end;) {
    *out++ = *in++;
  }
}

#endif

void mcugen_fill_bytes(void *to, int32_t value, int32_t bytes) {
  uint8_t *out = (uint8_t *)to;
  const uint8_t byte = (uint8_t)value;
  const uint32_t word = byte * UINT32_C(0x01010101);
  for (; bytes > 0 && ((uintptr_t)out & 3U) != 0U; --bytes) {
    *out++ = byte;
  }
  const uint8_t *end = out + (bytes & ~15);
  for (; out != end; out += 16) {
    mcugen_put_word(out, word);
    mcugen_put_word(out + 4, word);
    mcugen_put_word(out + 8, word);
    mcugen_put_word(out + 12, word);
  }
  for (end += bytes & 12; out != end; out += 4) {
    mcugen_put_word(out, word);
  }
  /* No loop, which the compiler would replace by memset. */
  if ((bytes & 2) != 0) {
    *out++ = byte;
    *out++ = byte;
  }
  if ((bytes & 1) != 0) {
    *out = byte;
  }
}
