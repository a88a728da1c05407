#include "mcugen_average_pool_s8.h"

#include "mcugen_mve.h"

#if MCUGEN_MVE

/*
 * n / count is the upper half of n * reciprocal, reciprocal = 2^32 / count rounded up, if its
 * error, below count, times n stays below 2^32. Here n, the magnitude of a sum of codes plus half
 * of count, is below 129 * count. And the reciprocal of 1 does not fit.
 */
#define MIN_COUNT 2
#define MAX_COUNT 4096

/* Averages of up to sixteen channels. */
static void put_means(const mcugen_average_pool_s8_params *params, const int32_t *sums,
                      int32_t lanes, int32_t count, int8_t *output) {
  const uint32_t reciprocal = UINT32_MAX / (uint32_t)count + 1U;
  /* Channels four apart in each vector: each lane, put together, has four neighbours. */
  int32x4x4_t means = vld4q_s32(sums);
  for (int32_t i = 0; i < 4; ++i) {
    const int32x4_t sign = vshrq_n_s32(means.val[i], 31);
    const int32x4_t n = vaddq_n_s32(vabsq_s32(means.val[i]), count / 2);
    const uint32x4_t size = vmulhq_u32(vreinterpretq_u32_s32(n), vdupq_n_u32(reciprocal));
    int32x4_t mean = vsubq_s32(veorq_s32(vreinterpretq_s32_u32(size), sign), sign);
    mean = vmaxq_s32(mean, vdupq_n_s32(params->activation_min));
    means.val[i] = vminq_s32(mean, vdupq_n_s32(params->activation_max));
  }
  int32x4_t codes = vsliq_n_s32(means.val[0], means.val[1], 8);
  codes = vsliq_n_s32(codes, means.val[2], 16);
  codes = vsliq_n_s32(codes, means.val[3], 24);
  const mve_pred16_t used = vctp8q((uint32_t)lanes);
  vstrbq_p_s8(output, vreinterpretq_s8_s32(codes), used);
}

#endif

static void average_pixel(const mcugen_average_pool_s8_params *params, const mcugen_window *window,
                          int8_t *output) {
  const int32_t channels = params->channels;
  const int32_t low = params->activation_min;
  const int32_t high = params->activation_max;
  const int32_t count = window->h * window->w;
  const int32_t half = count / 2;
  int32_t channel = 0;
  while (channel < channels) {
    int32_t sums[MCUGEN_WINDOW_LANES];
    const int32_t lanes = mcugen_window_sums(window, channel, channels, sums);
#if MCUGEN_MVE
    if (count >= MIN_COUNT && count <= MAX_COUNT) {
      put_means(params, sums, lanes, count, output + channel);
      channel += lanes;
      continue;
    }
#endif
    for (int32_t i = 0; i < lanes; ++i) {
      const int32_t mean = (sums[i] > 0 ? sums[i] + half : sums[i] - half) / count;
      output[channel + i] = (int8_t)mcugen_clamp(mean, low, high);
    }
    channel += lanes;
  }
}

void mcugen_average_pool_s8(const mcugen_average_pool_s8_params *params, const int8_t *input,
                            int8_t *output) {
  for (int32_t out_y = 0; out_y < params->output_h; ++out_y) {
    for (int32_t out_x = 0; out_x < params->output_w; ++out_x) {
      const mcugen_window window = mcugen_pool_window(params, input, out_y, out_x);
      average_pixel(params, &window, output);
      output += params->channels;
    }
  }
}
