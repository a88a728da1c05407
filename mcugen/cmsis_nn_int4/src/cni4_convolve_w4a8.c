#include "cni4_matmul.h"
#include "mcugen_conv_w4a8.h"

static int32_t depth_of(const cni4_dims *filter_dims) {
  return filter_dims->h * filter_dims->w * filter_dims->c;
}

int32_t cni4_convolve_w4a8_get_buffer_size(const cni4_dims *filter_dims) {
  const int32_t depth = (depth_of(filter_dims) + 3) & ~3;
  const int32_t pixels = MCUGEN_MATMUL_W4A8_PIXELS;
  return cni4_table_bytes(filter_dims->n) + MCUGEN_MATMUL_W4A8_PIXEL_BYTES(depth, pixels) + depth;
}

cni4_status cni4_convolve_w4a8(const cni4_context *ctx, const cni4_conv_params *conv_params,
                               const cni4_per_channel_quant_params *quant_params,
                               const cni4_dims *input_dims, const int8_t *input,
                               const cni4_dims *filter_dims, const uint32_t *packed,
                               const int32_t *bias, const cni4_dims *output_dims, int8_t *output) {
  if (ctx->size < cni4_convolve_w4a8_get_buffer_size(filter_dims) ||
      input_dims->c != filter_dims->c || output_dims->c != filter_dims->n ||
      input_dims->n != output_dims->n) {
    return CNI4_ARG_ERROR;
  }
  mcugen_conv_w4a8_params conv = {
      .input_h = input_dims->h,
      .input_w = input_dims->w,
      .input_channels = input_dims->c,
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
  };
  const cni4_status status =
      cni4_prepare(ctx, quant_params, &conv_params->activation, conv_params->input_offset,
                   conv_params->output_offset, filter_dims->n, depth_of(filter_dims), packed, bias,
                   &conv.matmul);
  if (status != CNI4_SUCCESS) {
    return status;
  }
  for (int32_t batch = 0; batch < input_dims->n; ++batch) {
    mcugen_conv_w4a8(&conv, input, output, (int8_t *)ctx->buf + cni4_table_bytes(filter_dims->n));
    input += input_dims->h * input_dims->w * input_dims->c;
    output += output_dims->h * output_dims->w * output_dims->c;
  }
  return CNI4_SUCCESS;
}
