#include "cni4_matmul.h"
#include "mcugen_fully_connected_w4a8.h"

static int32_t buffer_bytes(int32_t units, int32_t depth) {
  return cni4_table_bytes(units) +
         MCUGEN_MATMUL_W4A8_PIXEL_BYTES((depth + 3) & ~3, MCUGEN_MATMUL_W4A8_PIXELS);
}

static cni4_status multiply(const cni4_context *ctx, const cni4_fc_params *fc_params,
                            const cni4_per_channel_quant_params *quant_params, int32_t rows,
                            int32_t depth, int32_t units, const int8_t *input,
                            const uint32_t *packed, const int32_t *bias, int8_t *output) {
  mcugen_fully_connected_w4a8_params product = {.rows = rows, .row_bytes = depth};
  if (ctx->size < buffer_bytes(units, depth)) {
    return CNI4_ARG_ERROR;
  }
  const cni4_status status =
      cni4_prepare(ctx, quant_params, &fc_params->activation, fc_params->input_offset,
                   fc_params->output_offset, units, depth, packed, bias, &product.matmul);
  if (status == CNI4_SUCCESS) {
    mcugen_fully_connected_w4a8(&product, input, output,
                                (int8_t *)ctx->buf + cni4_table_bytes(units));
  }
  return status;
}

int32_t cni4_fully_connected_w4a8_get_buffer_size(const cni4_dims *filter_dims) {
  return buffer_bytes(filter_dims->c, filter_dims->n);
}

cni4_status cni4_fully_connected_w4a8(const cni4_context *ctx, const cni4_fc_params *fc_params,
                                      const cni4_per_channel_quant_params *quant_params,
                                      const cni4_dims *input_dims, const int8_t *input,
                                      const cni4_dims *filter_dims, const uint32_t *packed,
                                      const int32_t *bias, const cni4_dims *output_dims,
                                      int8_t *output) {
  if (input_dims->h * input_dims->w * input_dims->c != filter_dims->n ||
      output_dims->c != filter_dims->c || input_dims->n != output_dims->n) {
    return CNI4_ARG_ERROR;
  }
  return multiply(ctx, fc_params, quant_params, input_dims->n, filter_dims->n, filter_dims->c,
                  input, packed, bias, output);
}

int32_t cni4_convolve_1x1_w4a8_get_buffer_size(const cni4_dims *filter_dims) {
  return buffer_bytes(filter_dims->n, filter_dims->c);
}

cni4_status cni4_convolve_1x1_w4a8(const cni4_context *ctx, const cni4_conv_params *conv_params,
                                   const cni4_per_channel_quant_params *quant_params,
                                   const cni4_dims *input_dims, const int8_t *input,
                                   const cni4_dims *filter_dims, const uint32_t *packed,
                                   const int32_t *bias, const cni4_dims *output_dims,
                                   int8_t *output) {
  const cni4_fc_params fc_params = {conv_params->input_offset, conv_params->output_offset,
                                    conv_params->activation};
  const int32_t rows = input_dims->n * input_dims->h * input_dims->w;
  if (filter_dims->h != 1 || filter_dims->w != 1 || conv_params->stride.h != 1 ||
      conv_params->stride.w != 1 || conv_params->padding.h != 0 || conv_params->padding.w != 0 ||
      input_dims->c != filter_dims->c || output_dims->c != filter_dims->n ||
      output_dims->n * output_dims->h * output_dims->w != rows) {
    return CNI4_ARG_ERROR;
  }
  return multiply(ctx, &fc_params, quant_params, rows, filter_dims->c, filter_dims->n, input,
                  packed, bias, output);
}
