#include "mcugen_window.h"

#include "mcugen_dsp_bytes.h"
#include "mcugen_mve.h"
#include "mcugen_words.h"

/* So many codes can be added up in 16 bits, signed or, 128 more each, unsigned. */
#define MAX_PARTIAL 256

#if MCUGEN_MVE

/* Sums in 16 bits, of even channels and odd ones. */
typedef struct {
  int16x8_t even;
  int16x8_t odd;
} partial;

/* Adds partial sums to the totals of channels four apart. */
static inline void add_partial(partial sums, int32x4x4_t *totals) {
  totals->val[0] = vaddq_s32(totals->val[0], vmovlbq_s16(sums.even));
  totals->val[1] = vaddq_s32(totals->val[1], vmovlbq_s16(sums.odd));
  totals->val[2] = vaddq_s32(totals->val[2], vmovltq_s16(sums.even));
  totals->val[3] = vaddq_s32(totals->val[3], vmovltq_s16(sums.odd));
}

int32_t mcugen_window_sums(const mcugen_window *window, int32_t channel, int32_t channels,
                           int32_t sums[MCUGEN_WINDOW_LANES]) {
  const int8_t *row = window->first + channel;
  const int32_t step = window->pixel_step;
  const int32_t left = channels - channel;
  const mve_pred16_t lanes = vctp8q((uint32_t)left);
  const int32x4_t zero = vdupq_n_s32(0);
  const partial none = {vdupq_n_s16(0), vdupq_n_s16(0)};
  int32x4x4_t totals = {{zero, zero, zero, zero}};
  partial some = none;
  int32_t room = MAX_PARTIAL; /* for pixels in partial sums */
  for (int32_t y = 0; y < window->h; ++y) {
    const int8_t *pixel = row;
    int32_t x = window->w;
    while (x > 0) {
      const int32_t pixels = x < room ? x : room;
      for (int32_t i = pixels; i > 0; --i) {
        const int8x16_t codes = vldrbq_z_s8(pixel, lanes);
        some.even = vaddq_s16(some.even, vmovlbq_s8(codes));
        some.odd = vaddq_s16(some.odd, vmovltq_s8(codes));
        pixel += step;
      }
      x -= pixels;
      room -= pixels;
      if (room == 0) {
        add_partial(some, &totals);
        some = none;
        room = MAX_PARTIAL;
      }
    }
    row += window->row_step;
  }
  add_partial(some, &totals);
  vst4q_s32(sums, totals);
  return left < MCUGEN_WINDOW_LANES ? left : MCUGEN_WINDOW_LANES;
}

#else

/* Channels in a word. */
#define WORD_LANES 4

/* Adds four channels of a row of at most MAX_PARTIAL pixels to the sums. */
static void add_row(const int8_t *pixel, int32_t pixels, int32_t step, int32_t *sums) {
  const int8_t *const end = pixel + pixels * step;
  uint32_t even = 0;
  uint32_t odd = 0;
#if MCUGEN_DSP_ASM
  for (; pixel != end; pixel += step) {
    const uint32_t word = mcugen_get_word(pixel);
    even = mcugen_add_even(even, word);
    odd = mcugen_add_odd(odd, word);
  }
  sums[0] += mcugen_lane0(even);
  sums[1] += mcugen_lane0(odd);
  sums[2] += mcugen_lane1(even);
  sums[3] += mcugen_lane1(odd);
#else
  for (; pixel != end; pixel += step) {
    const uint32_t word = mcugen_get_word(pixel) ^ UINT32_C(0x80808080);
    even += word & UINT32_C(0x00FF00FF);
    odd += (word >> 8) & UINT32_C(0x00FF00FF);
  }
  const int32_t excess = 128 * pixels;
  sums[0] += (int32_t)(even & 0xFFFFU) - excess;
  sums[1] += (int32_t)(odd & 0xFFFFU) - excess;
  sums[2] += (int32_t)(even >> 16) - excess;
  sums[3] += (int32_t)(odd >> 16) - excess;
#endif
}

static int32_t sum_of_one(const mcugen_window *window, int32_t channel) {
  const int8_t *row = window->first + channel;
  int32_t sum = 0;
  for (int32_t y = 0; y < window->h; ++y) {
    const int8_t *value = row;
    for (int32_t x = 0; x < window->w; ++x) {
      sum += *value;
      value += window->pixel_step;
    }
    row += window->row_step;
  }
  return sum;
}

int32_t mcugen_window_sums(const mcugen_window *window, int32_t channel, int32_t channels,
                           int32_t sums[MCUGEN_WINDOW_LANES]) {
  const int8_t *row = window->first + channel;
  const int32_t step = window->pixel_step;
  if (channels - channel < WORD_LANES ||
      !mcugen_words_at((uintptr_t)row | (uintptr_t)step | (uintptr_t)window->row_step)) {
    sums[0] = sum_of_one(window, channel);
    return 1;
  }
  for (int32_t i = 0; i < WORD_LANES; ++i) {
    sums[i] = 0;
  }
  for (int32_t y = 0; y < window->h; ++y) {
    int32_t x = 0;
    while (x < window->w) {
      const int32_t left = window->w - x;
      const int32_t pixels = left < MAX_PARTIAL ? left : MAX_PARTIAL;
      add_row(row + x * step, pixels, step, sums);
      x += pixels;
    }
    row += window->row_step;
  }
  return WORD_LANES;
}

#endif
