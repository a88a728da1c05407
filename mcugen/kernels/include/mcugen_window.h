/** Windows over images, and sums over them: what pooling and means share. */
#ifndef MCUGEN_WINDOW_H
#define MCUGEN_WINDOW_H

#include "mcugen_common.h"

/** h rows of w pixels; steps are elements from one pixel, and from one row, to the next. */
typedef struct {
  const int8_t *first;
  int32_t h;
  int32_t w;
  int32_t pixel_step;
  int32_t row_step;
} mcugen_window;

#define MCUGEN_WINDOW_LANES 16

/**
 * Sums over the window of up to sixteen channels from `channel` on, of `channels` in all.
 *
 * Returns how many channels it has summed: up to sixteen with Helium; without it four where a word
 * can be loaded, else one.
 */
int32_t mcugen_window_sums(const mcugen_window *window, int32_t channel, int32_t channels,
                           int32_t sums[MCUGEN_WINDOW_LANES]);

#endif
