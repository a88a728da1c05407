#include "cmsis_nn_int4.h"
#include "mcugen_depthwise_conv_s8.h"
#include "mcugen_depthwise_conv_s8_dsp.h"
#include "mcugen_nibbles.h"

/* Whether the kernel for the DSP extension is used where it can be; its C twin runs on any core. */
#if !defined(CNI4_DSP) && defined(__ARM_FEATURE_DSP)
#define CNI4_DSP 1
#elif !defined(CNI4_DSP)
#define CNI4_DSP 0
#endif

#define GROUP 4
#define WINDOW_BYTES 2048

/* The parts of the working memory. */
typedef struct {
  int8_t *weights;
  int32_t *bias;
  int8_t *shift;
  uint32_t *windows;
} buffers;

static int32_t words_of(const cni4_dims *filter_dims) {
  return (filter_dims->h * filter_dims->w * filter_dims->c + 7) / 8;
}

static int32_t round_up(int32_t value, int32_t step) { return (value + step - 1) / step * step; }

static buffers divide(const cni4_context *ctx, const cni4_dims *filter_dims) {
  buffers parts;
  parts.weights = ctx->buf;
  parts.bias = (int32_t *)(void *)(parts.weights + 8 * words_of(filter_dims));
  parts.windows = (uint32_t *)(void *)(parts.bias + filter_dims->c);
  parts.shift = parts.weights + ctx->size - filter_dims->c;
  return parts;
}

/* Bytes of `windows`: weights of two rows of the output, and the columns of a tile. */
static int32_t window_bytes(const cni4_dims *filter_dims) {
  const int32_t pairs = (filter_dims->h + 2) / 2;
  const int32_t column_bytes = pairs * GROUP * 4;
  const int32_t steps = round_up(filter_dims->w * pairs, 3);
  const int32_t least = filter_dims->w * column_bytes;
  return 2 * steps * GROUP * 4 + (least > WINDOW_BYTES ? least : WINDOW_BYTES) + 2 * GROUP * 4;
}

int32_t cni4_depthwise_conv_w4a8_get_buffer_size(const cni4_dims *filter_dims) {
  const int32_t windows = CNI4_DSP ? window_bytes(filter_dims) : 0;
  return 8 * words_of(filter_dims) + 4 * filter_dims->c + windows + round_up(filter_dims->c, 4);
}

/* Whether the kernel for the DSP extension serves: scaled down, four channels or more. */
static int32_t dsp_serves(const cni4_dw_conv_params *dw_params,
                          const cni4_per_channel_quant_params *quant_params, const int32_t *bias,
                          int32_t channels) {
  int32_t serves =
      CNI4_DSP && dw_params->ch_mult == 1 && channels >= GROUP && dw_params->dilation.w == 1;
  for (int32_t channel = 0; serves && channel < channels; ++channel) {
    const int32_t shift = quant_params->shift[channel];
    const int32_t own = bias == NULL ? 0 : bias[channel];
    serves = shift >= -22 && shift <= -1 && own >= -(1 << 28) && own <= 1 << 28;
  }
  return serves;
}

static void run_dsp(const buffers *parts, const cni4_dw_conv_params *dw_params,
                    const cni4_per_channel_quant_params *quant_params, const cni4_dims *input_dims,
                    const int8_t *input, const cni4_dims *filter_dims, const int32_t *bias,
                    const cni4_dims *output_dims, int8_t *output) {
  const int32_t channels = filter_dims->c;
  const int32_t taps = filter_dims->h * filter_dims->w;
  for (int32_t channel = 0; channel < channels; ++channel) {
    int32_t sum = 0;
    for (int32_t tap = 0; tap < taps; ++tap) {
      sum += parts->weights[tap * channels + channel];
    }
    parts->bias[channel] = 2 * ((bias == NULL ? 0 : bias[channel]) + dw_params->input_offset * sum);
    parts->shift[channel] = (int8_t)-quant_params->shift[channel];
  }
  /* Two rows of the output share the pairs of rows that an odd kernel leaves half empty. */
  const int32_t shares = dw_params->stride.h == 1 && dw_params->dilation.h == 1 &&
                         (filter_dims->h & 1) != 0 && output_dims->h > 1;
  const int32_t rows = shares ? 2 : 1;
  const int32_t column_bytes = (filter_dims->h + rows) / 2 * GROUP * 4;
  const int32_t more = WINDOW_BYTES / column_bytes - filter_dims->w;
  const int32_t tile_w = more > 0 ? more / dw_params->stride.w + 1 : 1;
  const mcugen_depthwise_conv_s8_dsp_params conv = {
      .input_h = input_dims->h,
      .input_w = input_dims->w,
      .channels = channels,
      .output_h = output_dims->h,
      .output_w = output_dims->w,
      .kernel_h = (int16_t)filter_dims->h,
      .kernel_w = (int16_t)filter_dims->w,
      .stride_h = (int16_t)dw_params->stride.h,
      .stride_w = (int16_t)dw_params->stride.w,
      .dilation_h = (int16_t)dw_params->dilation.h,
      .pad_top = dw_params->padding.h,
      .pad_left = dw_params->padding.w,
      .rows = (int8_t)rows,
      .tile_w = tile_w < output_dims->w ? tile_w : output_dims->w,
      .input_zero_point = (int8_t)-dw_params->input_offset,
      .output_zero_point = (int8_t)dw_params->output_offset,
      .activation_min = (int8_t)dw_params->activation.min,
      .activation_max = (int8_t)dw_params->activation.max,
      .weights = parts->weights,
      .bias = parts->bias,
      .multiplier = quant_params->multiplier,
      .shift = parts->shift,
  };
  for (int32_t batch = 0; batch < input_dims->n; ++batch) {
    mcugen_depthwise_conv_s8_dsp(&conv, input, output, parts->windows);
    input += input_dims->h * input_dims->w * input_dims->c;
    output += output_dims->h * output_dims->w * channels;
  }
}

static cni4_status run_portable(const buffers *parts, const cni4_dw_conv_params *dw_params,
                                const cni4_per_channel_quant_params *quant_params,
                                const cni4_dims *input_dims, const int8_t *input,
                                const cni4_dims *filter_dims, const int32_t *bias,
                                const cni4_dims *output_dims, int8_t *output) {
  for (int32_t channel = 0; channel < filter_dims->c; ++channel) {
    const int32_t shift = quant_params->shift[channel];
    if (shift < -31 || shift > 30) {
      return CNI4_NO_IMPL_ERROR;
    }
    parts->bias[channel] = bias == NULL ? 0 : bias[channel];
    parts->shift[channel] = (int8_t)shift;
  }
  const mcugen_depthwise_conv_s8_params conv = {
      .input_h = input_dims->h,
      .input_w = input_dims->w,
      .channels = input_dims->c,
      .depth_multiplier = dw_params->ch_mult,
      .output_h = output_dims->h,
      .output_w = output_dims->w,
      .kernel_h = (int16_t)filter_dims->h,
      .kernel_w = (int16_t)filter_dims->w,
      .stride_h = (int16_t)dw_params->stride.h,
      .stride_w = (int16_t)dw_params->stride.w,
      .dilation_h = (int16_t)dw_params->dilation.h,
      .dilation_w = (int16_t)dw_params->dilation.w,
      .pad_top = dw_params->padding.h,
      .pad_left = dw_params->padding.w,
      .input_zero_point = (int8_t)-dw_params->input_offset,
      .output_zero_point = (int8_t)dw_params->output_offset,
      .activation_min = (int8_t)dw_params->activation.min,
      .activation_max = (int8_t)dw_params->activation.max,
      .weights = parts->weights,
      .bias = parts->bias,
      .multiplier = quant_params->multiplier,
      .shift = parts->shift,
  };
  for (int32_t batch = 0; batch < input_dims->n; ++batch) {
    mcugen_depthwise_conv_s8(&conv, input, output);
    input += input_dims->h * input_dims->w * input_dims->c;
    output += output_dims->h * output_dims->w * filter_dims->c;
  }
  return CNI4_SUCCESS;
}

cni4_status cni4_depthwise_conv_w4a8(const cni4_context *ctx, const cni4_dw_conv_params *dw_params,
                                     const cni4_per_channel_quant_params *quant_params,
                                     const cni4_dims *input_dims, const int8_t *input,
                                     const cni4_dims *filter_dims, const uint32_t *packed,
                                     const int32_t *bias, const cni4_dims *output_dims,
                                     int8_t *output) {
  if (ctx->size < cni4_depthwise_conv_w4a8_get_buffer_size(filter_dims) ||
      input_dims->c * dw_params->ch_mult != filter_dims->c || output_dims->c != filter_dims->c ||
      input_dims->n != output_dims->n) {
    return CNI4_ARG_ERROR;
  }
  const buffers parts = divide(ctx, filter_dims);
  mcugen_nibbles(packed, words_of(filter_dims), parts.weights);
  if (dsp_serves(dw_params, quant_params, bias, filter_dims->c)) {
    run_dsp(&parts, dw_params, quant_params, input_dims, input, filter_dims, bias, output_dims,
            output);
    return CNI4_SUCCESS;
  }
  return run_portable(&parts, dw_params, quant_params, input_dims, input, filter_dims, bias,
                      output_dims, output);
}
