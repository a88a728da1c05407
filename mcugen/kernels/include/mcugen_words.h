/** Four bytes at a time through pointers to bytes. */
#ifndef MCUGEN_WORDS_H
#define MCUGEN_WORDS_H

#include "mcugen_common.h"

#if defined(__ARM_FEATURE_UNALIGNED)
#define MCUGEN_WORDS_ANYWHERE 1
#else
#define MCUGEN_WORDS_ANYWHERE 0
#endif

/* Where words must be aligned, the compiler has to know that this one is. */
#if !MCUGEN_WORDS_ANYWHERE && defined(__GNUC__)
#define MCUGEN_WORD_AT(address) __builtin_assume_aligned((address), 4)
#else
#define MCUGEN_WORD_AT(address) (address)
#endif

/**
 * Whether words may be loaded from and stored to an address: any, but on Cortex-M0 an aligned one.
 *
 * Several addresses and strides are asked about at once by combining them with `|`.
 */
static inline int mcugen_words_at(uintptr_t address) {
  return MCUGEN_WORDS_ANYWHERE || (address & 3U) == 0U;
}

/** The word at an address that mcugen_words_at() allows. */
static inline uint32_t mcugen_get_word(const void *address) {
  uint32_t word;
  memcpy(&word, MCUGEN_WORD_AT(address), sizeof word);
  return word;
}

/** Stores a word at an address that mcugen_words_at() allows. */
static inline void mcugen_put_word(void *address, uint32_t word) {
  memcpy(MCUGEN_WORD_AT(address), &word, sizeof word);
}

#endif
