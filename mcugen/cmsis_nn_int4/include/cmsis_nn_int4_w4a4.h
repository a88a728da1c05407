/**
 * Layers with 4-bit weights and 4-bit activations, in the style of cmsis_nn_int4.h.
 *
 * Activations are signed, -8 .. 7, and lie two to a byte, each as its distance from -8, the first
 * in the low half; every pixel begins on a byte. So RELU6 with 16 codes has a zero point of -8.
 */
#ifndef CMSIS_NN_INT4_W4A4_H
#define CMSIS_NN_INT4_W4A4_H

#include "cmsis_nn_int4.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A layer's constants as cni4_prepare_w4a4 makes them. */
typedef struct {
  int32_t first_segment;
  int32_t segment;
  int32_t signed_sums;
  int32_t output_bits;
  const uint32_t *weights;
  const int32_t *channels;
} cni4_filter_w4a4;

/** Bytes of `buffer` for cni4_prepare_w4a4. */
int32_t cni4_prepare_w4a4_size(const cni4_dims *filter_dims);

/**
 * Packs a layer's filters into `buffer`, which is word-aligned and is to live as long as *filter,
 * and proves that its sums and its requantization are exact. Once for each layer: it takes some
 * thousand instructions for each output channel.
 *
 * nibbles [output channels][height][width][input channels]: as for cni4_pack_filter_w4a8.
 * output_bits: 4 or 8, for packed or for int8 outputs; conv_params->activation counts in their
 * codes. bias may be NULL.
 *
 * CNI4_NO_IMPL_ERROR: a sum may exceed 16 bits, an output scale is 2 or more, or a channel rounds
 * as no single multiply-add does.
 */
cni4_status cni4_prepare_w4a4(const uint8_t *nibbles, const cni4_dims *filter_dims,
                              const cni4_conv_params *conv_params,
                              const cni4_per_channel_quant_params *quant_params,
                              const int32_t *bias, int32_t output_bits, void *buffer,
                              cni4_filter_w4a4 *filter);

/** Bytes of working memory for cni4_convolve_w4a4. */
int32_t cni4_convolve_w4a4_get_buffer_size(const cni4_filter_w4a4 *filter,
                                           const cni4_dims *filter_dims);

/**
 * Convolution; a fully connected layer is the 1x1 convolution of its rows, input_dims {1, 1, rows,
 * depth}. conv_params must be those that the filter was prepared with.
 */
cni4_status cni4_convolve_w4a4(const cni4_context *ctx, const cni4_conv_params *conv_params,
                               const cni4_filter_w4a4 *filter, const cni4_dims *input_dims,
                               const uint8_t *input, const cni4_dims *filter_dims,
                               const cni4_dims *output_dims, void *output);

#ifdef __cplusplus
}
#endif

#endif
