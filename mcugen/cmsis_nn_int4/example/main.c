/* One convolution with 4-bit weights, compared with a plain loop over the same numbers. */
#include <stdio.h>

#include "cmsis_nn_int4.h"

enum { SIZE = 9, KERNEL = 3, INPUTS = 5, OUTPUTS = 7, DEPTH = KERNEL * KERNEL * INPUTS };

static const cni4_dims input_dims = {1, SIZE, SIZE, INPUTS};
static const cni4_dims filter_dims = {OUTPUTS, KERNEL, KERNEL, INPUTS};
static const cni4_dims output_dims = {1, SIZE, SIZE, OUTPUTS};
static const cni4_conv_params conv_params = {
    .input_offset = 3,
    .output_offset = -5,
    .stride = {1, 1},
    .padding = {1, 1},
    .dilation = {1, 1},
    .activation = {-128, 127},
};

static int8_t input[SIZE * SIZE * INPUTS];
static uint8_t nibbles[(OUTPUTS * DEPTH + 1) / 2];
static int32_t bias[OUTPUTS];
static int32_t multiplier[OUTPUTS];
static int32_t shift[OUTPUTS];
static int8_t output[SIZE * SIZE * OUTPUTS];

static uint32_t packed[1024];
static uint32_t buffer[1024];

/* Numbers that look random. */
static uint32_t next(void) {
  static uint32_t state = 1;
  state = state * 1664525U + 1013904223U;
  return state >> 16;
}

static void make_numbers(void) {
  for (int i = 0; i < (int)sizeof input; ++i) {
    input[i] = (int8_t)((int)(next() & 255U) - 128);
  }
  for (int i = 0; i < (int)sizeof nibbles; ++i) {
    nibbles[i] = (uint8_t)next();
  }
  for (int i = 0; i < OUTPUTS; ++i) {
    bias[i] = (int32_t)(next() & 1023U) - 512;
    multiplier[i] = (int32_t)(0x40000000U + (next() << 13));
    shift[i] = -4 - i % 3;
  }
}

static int weight(int index) {
  const int bits = (nibbles[index / 2] >> (index % 2 * 4)) & 15;
  return bits < 8 ? bits : bits - 16;
}

/* TensorFlow Lite's requantization: two roundings, ties away from zero in the second. */
static int requantize(int32_t sum, int32_t scale, int right) {
  const int64_t product = (int64_t)sum * scale + ((int64_t)1 << 30);
  const int32_t high = (int32_t)(product >> 31);
  const int32_t half = (int32_t)1 << (right - 1);
  return (high + half - (high < 0 ? 1 : 0)) >> right;
}

static int expected(int y, int x, int channel) {
  int32_t sum = bias[channel];
  for (int i = 0; i < DEPTH; ++i) {
    const int row = y + i / INPUTS / KERNEL - 1;
    const int column = x + i / INPUTS % KERNEL - 1;
    if (row >= 0 && row < SIZE && column >= 0 && column < SIZE) {
      const int code = input[(row * SIZE + column) * INPUTS + i % INPUTS];
      sum += (code + conv_params.input_offset) * weight(channel * DEPTH + i);
    }
  }
  const int code = requantize(sum, multiplier[channel], -shift[channel]);
  const int result = code + conv_params.output_offset;
  return result < -128 ? -128 : (result > 127 ? 127 : result);
}

int main(void) {
  const cni4_context ctx = {buffer, (int32_t)sizeof buffer};
  const cni4_per_channel_quant_params quant_params = {multiplier, shift};
  make_numbers();
  if (cni4_pack_filter_w4a8_size(OUTPUTS, DEPTH) > (int32_t)sizeof packed ||
      cni4_pack_filter_w4a8(nibbles, OUTPUTS, DEPTH, packed) != CNI4_SUCCESS ||
      cni4_convolve_w4a8(&ctx, &conv_params, &quant_params, &input_dims, input, &filter_dims,
                         packed, bias, &output_dims, output) != CNI4_SUCCESS) {
    printf("refused\n");
    return 1;
  }
  int different = 0;
  for (int i = 0; i < (int)sizeof output; ++i) {
    const int pixel = i / OUTPUTS;
    different += output[i] != expected(pixel / SIZE, pixel % SIZE, i % OUTPUTS);
  }
  printf("%d of %d outputs differ from the plain loop\n", different, (int)sizeof output);
  return different != 0;
}
