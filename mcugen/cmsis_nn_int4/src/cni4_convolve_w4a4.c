#include "cmsis_nn_int4_w4a4.h"
#include "mcugen_conv_w4a4.h"

static int32_t depth_of(const cni4_dims *filter_dims) {
  return (filter_dims->h * filter_dims->w * ((filter_dims->c + 1) & ~1) + 7) & ~7;
}

int32_t cni4_convolve_w4a4_get_buffer_size(const cni4_filter_w4a4 *filter,
                                           const cni4_dims *filter_dims) {
  const int32_t depth = depth_of(filter_dims);
  const int32_t segments = 1 + (depth - filter->first_segment) / filter->segment;
  return MCUGEN_MATMUL_W4A4_PIXELS * 4 * (depth / 2 + segments) + depth / 2;
}

cni4_status cni4_convolve_w4a4(const cni4_context *ctx, const cni4_conv_params *conv_params,
                               const cni4_filter_w4a4 *filter, const cni4_dims *input_dims,
                               const uint8_t *input, const cni4_dims *filter_dims,
                               const cni4_dims *output_dims, void *output) {
  if (ctx->size < cni4_convolve_w4a4_get_buffer_size(filter, filter_dims) ||
      input_dims->c != filter_dims->c || output_dims->c != filter_dims->n ||
      input_dims->n != output_dims->n) {
    return CNI4_ARG_ERROR;
  }
  const mcugen_conv_w4a4_params conv = {
      .input_h = input_dims->h,
      .input_w = input_dims->w,
      .pixel_bytes = (input_dims->c + 1) / 2,
      .output_h = output_dims->h,
      .output_w = output_dims->w,
      .kernel_h = filter_dims->h,
      .kernel_w = filter_dims->w,
      .stride_h = conv_params->stride.h,
      .stride_w = conv_params->stride.w,
      .dilation_h = conv_params->dilation.h,
      .dilation_w = conv_params->dilation.w,
      .pad_top = conv_params->padding.h,
      .pad_left = conv_params->padding.w,
      .input_zero_point = -conv_params->input_offset,
      .matmul =
          {
              .depth = depth_of(filter_dims),
              .first_segment = filter->first_segment,
              .segment = filter->segment,
              .units = filter_dims->n,
              .output_bits = filter->output_bits,
              .activation_min = conv_params->activation.min,
              .activation_max = conv_params->activation.max,
              .signed_sums = filter->signed_sums,
              .weights = filter->weights,
              .channels = filter->channels,
          },
  };
  int8_t *codes = output;
  for (int32_t batch = 0; batch < input_dims->n; ++batch) {
    mcugen_conv_w4a4(&conv, (const int8_t *)input, codes, ctx->buf);
    input += conv.input_h * conv.input_w * conv.pixel_bytes;
    codes += conv.output_h * conv.output_w * mcugen_matmul_w4a4_pitch(&conv.matmul);
  }
  return CNI4_SUCCESS;
}
