/**
 * Copying and filling by words, small and with the same speed whatever C library is linked (some
 * of their memcpy and memset go byte by byte).
 *
 * Its source comes with whatever kernel includes this header.
 */
#ifndef MCUGEN_COPY_H
#define MCUGEN_COPY_H

#include "mcugen_common.h"

/** Copies from any address to any other; they may overlap where `to` is the lower one. */
void mcugen_copy_bytes(void *to, const void *from, int32_t bytes);

/** Writes the low byte of `value` to each of `bytes` bytes. */
void mcugen_fill_bytes(void *to, int32_t value, int32_t bytes);

#endif
