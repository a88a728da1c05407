#include "mcugen_copy.h"

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#include <arm_mve.h>
#endif

/* Whether words may be loaded from and stored to any address (not on Cortex-M0). */
#if defined(__ARM_FEATURE_UNALIGNED)
#define WORDS_ANYWHERE 1
#else
#define WORDS_ANYWHERE 0
#endif

/* Where words must be aligned, the compiler has to know that this one is. */
#if !WORDS_ANYWHERE && defined(__GNUC__)
#define WORD_AT(p) __builtin_assume_aligned((p), 4)
#else
#define WORD_AT(p) (p)
#endif

static inline void copy_word(uint8_t *to, const uint8_t *from) {
  uint32_t word;
  memcpy(&word, WORD_AT(from), sizeof word);
  memcpy(WORD_AT(to), &word, sizeof word);
}

static inline void copy_16(uint8_t *to, const uint8_t *from) {
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
  vst1q_u8(to, vld1q_u8(from));
#else
  copy_word(to, from);
  copy_word(to + 4, from + 4);
  copy_word(to + 8, from + 8);
  copy_word(to + 12, from + 12);
#endif
}

void mcugen_copy_bytes(void *to, const void *from, int32_t bytes) {
  uint8_t *out = (uint8_t *)to;
  const uint8_t *in = (const uint8_t *)from;
  const uint8_t *end = in;
  if (WORDS_ANYWHERE || (((uintptr_t)out | (uintptr_t)in) & 3U) == 0U) {
    for (end += bytes & ~15; in != end; in += 16, out += 16) {
      copy_16(out, in);
    }
    for (end += bytes & 12; in != end; in += 4, out += 4) {
      copy_word(out, in);
    }
    bytes &= 3;
  }
  for (end += bytes; in != end;) {
    *out++ = *in++;
  }
}

void mcugen_fill_bytes(void *to, int32_t value, int32_t bytes) {
  uint8_t *out = (uint8_t *)to;
  const uint8_t byte = (uint8_t)value;
  const uint32_t word = byte * UINT32_C(0x01010101);
  for (; bytes > 0 && ((uintptr_t)out & 3U) != 0U; --bytes) {
    *out++ = byte;
  }
  for (const uint8_t *const end = out + (bytes & ~3); out != end; out += 4) {
    memcpy(WORD_AT(out), &word, sizeof word);
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
