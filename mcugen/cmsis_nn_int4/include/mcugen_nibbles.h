#ifndef MCUGEN_NIBBLES_H
#define MCUGEN_NIBBLES_H

#include "mcugen_common.h"

/**
 * Widens 4-bit weights to bytes, eight a word: bits 3..0 of byte i hold weight i + 8, bits 7..4
 * hold weight i + 4, + 8.
 *
 * `bytes` has room for whole words' weights and is word-aligned.
 */
void mcugen_nibbles(const uint32_t *words, int32_t count, int8_t *bytes);

#endif
