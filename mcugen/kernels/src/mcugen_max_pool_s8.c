#include "mcugen_max_pool_s8.h"

#include "mcugen_dsp_bytes.h"
#include "mcugen_mve.h"

#if MCUGEN_MVE
/* The channels of 16 lanes, as many as are left. */
static int8x16_t largest_lanes(const mcugen_window *window, int32_t channel, mve_pred16_t lanes) {
  const int8_t *row = window->first + channel;
  int8x16_t largest = vdupq_n_s8(INT8_MIN);
  for (int32_t y = 0; y < window->h; ++y) {
    const int8_t *value = row;
    for (int32_t x = 0; x < window->w; ++x) {
      largest = vmaxq_s8(largest, vldrbq_z_s8(value, lanes));
      value += window->pixel_step;
    }
    row += window->row_step;
  }
  return largest;
}

static void max_pixel(const mcugen_max_pool_s8_params *params, const mcugen_window *window,
                      int8_t *output) {
  const int8x16_t low = vdupq_n_s8(params->activation_min);
  const int8x16_t high = vdupq_n_s8(params->activation_max);
  for (int32_t channel = 0; channel < params->channels; channel += 16) {
    const mve_pred16_t lanes = vctp8q((uint32_t)(params->channels - channel));
    const int8x16_t largest = vmaxq_s8(largest_lanes(window, channel, lanes), low);
    vstrbq_p_s8(output + channel, vminq_s8(largest, high), lanes);
  }
}
#else

#if MCUGEN_DSP_ASM
/* Four channels at once. */
static uint32_t largest_four(const mcugen_window *window, int32_t channel) {
  const int8_t *row = window->first + channel;
  uint32_t largest = UINT32_C(0x80808080);
  for (int32_t y = 0; y < window->h; ++y) {
    const int8_t *value = row;
    for (int32_t x = 0; x < window->w; ++x) {
      largest = mcugen_bytes_max(largest, mcugen_load_word(value));
      value += window->pixel_step;
    }
    row += window->row_step;
  }
  return largest;
}
#endif

static int32_t largest_one(const mcugen_window *window, int32_t channel) {
  const int8_t *row = window->first + channel;
  int32_t largest = INT8_MIN;
  for (int32_t y = 0; y < window->h; ++y) {
    const int8_t *value = row;
    for (int32_t x = 0; x < window->w; ++x) {
      largest = *value > largest ? *value : largest;
      value += window->pixel_step;
    }
    row += window->row_step;
  }
  return largest;
}

static void max_pixel(const mcugen_max_pool_s8_params *params, const mcugen_window *window,
                      int8_t *output) {
  const int32_t channels = params->channels;
  const int32_t low = params->activation_min;
  const int32_t high = params->activation_max;
  int32_t channel = 0;
#if MCUGEN_DSP_ASM
  const uint32_t low_four = UINT32_C(0x01010101) * (uint8_t)low;
  const uint32_t high_four = UINT32_C(0x01010101) * (uint8_t)high;
  for (; channel + 4 <= channels; channel += 4) {
    const uint32_t largest = mcugen_bytes_max(largest_four(window, channel), low_four);
    mcugen_store_word(output + channel, mcugen_bytes_min(largest, high_four));
  }
#endif
  for (; channel < channels; ++channel) {
    output[channel] = (int8_t)mcugen_clamp(largest_one(window, channel), low, high);
  }
}
#endif

void mcugen_max_pool_s8(const mcugen_max_pool_s8_params *params, const int8_t *input,
                        int8_t *output) {
  for (int32_t out_y = 0; out_y < params->output_h; ++out_y) {
    for (int32_t out_x = 0; out_x < params->output_w; ++out_x) {
      const mcugen_window window = mcugen_pool_window(params, input, out_y, out_x);
      max_pixel(params, &window, output);
      output += params->channels;
    }
  }
}
