/**
 * Neural-network layers with 4-bit weights and 8-bit activations (w4a8) for Cortex-M, in CMSIS-NN's
 * calling style: the members of these structs mean what those of the same name mean there.
 *
 * Results are those of TensorFlow Lite Micro's reference kernels, byte for byte.
 *
 * Weights are signed, symmetric and two to a byte, with a scale per output channel. A .tflite
 * file's are packed once, offline or at start-up, by cni4_pack_filter_w4a8 or
 * cni4_pack_depthwise_filter_w4a8; layers take what these wrote. Any number of channels will do.
 */
#ifndef CMSIS_NN_INT4_H
#define CMSIS_NN_INT4_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  CNI4_SUCCESS = 0,
  CNI4_ARG_ERROR = -1, /**< arguments that contradict each other, or a buffer that is too small */
  CNI4_NO_IMPL_ERROR = -2, /**< values out of the range that a function's comment gives */
} cni4_status;

/** Working memory: `size` bytes at `buf`, which is word-aligned; free again after the call. */
typedef struct {
  void *buf;
  int32_t size;
} cni4_context;

typedef struct {
  int32_t n;
  int32_t h;
  int32_t w;
  int32_t c;
} cni4_dims;

typedef struct {
  int32_t w;
  int32_t h;
} cni4_tile;

typedef struct {
  int32_t min;
  int32_t max;
} cni4_activation;

/** input_offset: minus the input's zero point; output_offset: the output's zero point. */
typedef struct {
  int32_t input_offset;
  int32_t output_offset;
  cni4_tile stride;
  cni4_tile padding;
  cni4_tile dilation;
  cni4_activation activation;
} cni4_conv_params;

/** As cni4_conv_params; ch_mult: outputs for each input channel. */
typedef struct {
  int32_t input_offset;
  int32_t output_offset;
  int32_t ch_mult;
  cni4_tile stride;
  cni4_tile padding;
  cni4_tile dilation;
  cni4_activation activation;
} cni4_dw_conv_params;

typedef struct {
  int32_t input_offset;
  int32_t output_offset;
  cni4_activation activation;
} cni4_fc_params;

/** For each output channel: Q31 multiplier and shift, positive to the left. */
typedef struct {
  const int32_t *multiplier;
  const int32_t *shift;
} cni4_per_channel_quant_params;

/** Bytes that cni4_pack_filter_w4a8 writes: half a byte a weight and four a channel. */
int32_t cni4_pack_filter_w4a8_size(int32_t channels, int32_t depth);

/**
 * Packs the filters of a convolution or the rows of a fully connected layer.
 *
 * nibbles [channels][depth]: signed, the first in the low half of the first byte, no padding
 * between rows, as in a .tflite file; the depth of a convolution is kernel height * width * input
 * channels. packed: word-aligned.
 *
 * CNI4_NO_IMPL_ERROR: in an odd channel (counted from 0), the positive weights or the negative ones
 * sum up to more than 2056, or in an even one to more than 526343.
 */
cni4_status cni4_pack_filter_w4a8(const uint8_t *nibbles, int32_t channels, int32_t depth,
                                  uint32_t *packed);

/** Bytes that cni4_pack_depthwise_filter_w4a8 writes; `taps` is kernel height * width. */
int32_t cni4_pack_depthwise_filter_w4a8_size(int32_t taps, int32_t channels);

/** Packs the filters of a depthwise convolution: nibbles [taps][channels], as above. */
cni4_status cni4_pack_depthwise_filter_w4a8(const uint8_t *nibbles, int32_t taps, int32_t channels,
                                            uint32_t *packed);

/** Bytes of working memory for cni4_convolve_w4a8. */
int32_t cni4_convolve_w4a8_get_buffer_size(const cni4_dims *filter_dims);

/**
 * Convolution. filter_dims: {output channels, height, width, input channels}; input_dims and
 * output_dims: {batches, height, width, channels}; bias may be NULL.
 *
 * CNI4_NO_IMPL_ERROR: a shift is not from -31 to 30, or a bias is beyond +-2^28.
 */
cni4_status cni4_convolve_w4a8(const cni4_context *ctx, const cni4_conv_params *conv_params,
                               const cni4_per_channel_quant_params *quant_params,
                               const cni4_dims *input_dims, const int8_t *input,
                               const cni4_dims *filter_dims, const uint32_t *packed,
                               const int32_t *bias, const cni4_dims *output_dims, int8_t *output);

/** Bytes of working memory for cni4_convolve_1x1_w4a8. */
int32_t cni4_convolve_1x1_w4a8_get_buffer_size(const cni4_dims *filter_dims);

/** As cni4_convolve_w4a8, for 1x1 kernels with a stride of 1 and no padding. */
cni4_status cni4_convolve_1x1_w4a8(const cni4_context *ctx, const cni4_conv_params *conv_params,
                                   const cni4_per_channel_quant_params *quant_params,
                                   const cni4_dims *input_dims, const int8_t *input,
                                   const cni4_dims *filter_dims, const uint32_t *packed,
                                   const int32_t *bias, const cni4_dims *output_dims,
                                   int8_t *output);

/** Bytes of working memory for cni4_fully_connected_w4a8. */
int32_t cni4_fully_connected_w4a8_get_buffer_size(const cni4_dims *filter_dims);

/**
 * Fully connected layer. input_dims: {rows, h, w, c}, where h * w * c is the depth; filter_dims:
 * {depth, 1, 1, units}; output_dims: {rows, 1, 1, units}; bias may be NULL.
 *
 * Where the weights have one scale, all entries of quant_params are alike. Limits: as for
 * cni4_convolve_w4a8.
 */
cni4_status cni4_fully_connected_w4a8(const cni4_context *ctx, const cni4_fc_params *fc_params,
                                      const cni4_per_channel_quant_params *quant_params,
                                      const cni4_dims *input_dims, const int8_t *input,
                                      const cni4_dims *filter_dims, const uint32_t *packed,
                                      const int32_t *bias, const cni4_dims *output_dims,
                                      int8_t *output);

/** Bytes of working memory for cni4_depthwise_conv_w4a8. */
int32_t cni4_depthwise_conv_w4a8_get_buffer_size(const cni4_dims *filter_dims);

/**
 * Depthwise convolution. filter_dims: {1, height, width, output channels}; bias may be NULL.
 *
 * Shifts from -31 to 30.
 */
cni4_status cni4_depthwise_conv_w4a8(const cni4_context *ctx, const cni4_dw_conv_params *dw_params,
                                     const cni4_per_channel_quant_params *quant_params,
                                     const cni4_dims *input_dims, const int8_t *input,
                                     const cni4_dims *filter_dims, const uint32_t *packed,
                                     const int32_t *bias, const cni4_dims *output_dims,
                                     int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
