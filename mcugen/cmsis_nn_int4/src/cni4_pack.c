#include "cni4_matmul.h"

/* Element `index` of signed nibbles, the first in the low half of the first byte. */
static int32_t nibble(const uint8_t *nibbles, int32_t index) {
  const int32_t bits = (nibbles[index / 2] >> (index % 2 * 4)) & 15;
  return bits < 8 ? bits : bits - 16;
}

int32_t cni4_pack_filter_w4a8_size(int32_t channels, int32_t depth) {
  return 4 * (cni4_words(channels, depth) + channels);
}

/* Checks the sums of a channel's positive and negative weights, and writes the sum of both. */
static cni4_status add_up(const uint8_t *nibbles, int32_t channel, int32_t depth, int32_t *sum) {
  const int32_t limit = (channel & 1) != 0 ? INT32_C(1) << 19 : INT32_C(1) << 27;
  int32_t positive = 0;
  int32_t negative = 0;
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t weight = nibble(nibbles, channel * depth + i);
    positive += weight > 0 ? weight : 0;
    negative -= weight < 0 ? weight : 0;
  }
  *sum = positive - negative;
  return positive > (limit - 1) / 255 || negative > (limit - 1) / 255 ? CNI4_NO_IMPL_ERROR
                                                                      : CNI4_SUCCESS;
}

/* The bits of a word for one channel, which is the lower (u) of a pair or the upper one (v). */
static uint32_t fields(const uint8_t *nibbles, int32_t channel, int32_t channels, int32_t depth,
                       int32_t first) {
  uint32_t word = 0;
  for (int32_t i = 0; i < 4; ++i) {
    const int32_t is_there = channel < channels && first + i < depth;
    const int32_t weight = is_there ? nibble(nibbles, channel * depth + first + i) : 0;
    /* Signed at the even depths of channel v, else + 8: mcugen_matmul_w4a8.h. */
    const int32_t is_signed = (channel & 1) != 0 && (i & 1) == 0;
    const uint32_t field = (uint32_t)(is_signed ? weight : weight + 8) & 15U;
    word |= field << (i / 2 * 16 + (i % 2 == 0 ? 4 : 0) + (channel & 1) * 8);
  }
  return word;
}

cni4_status cni4_pack_filter_w4a8(const uint8_t *nibbles, int32_t channels, int32_t depth,
                                  uint32_t *packed) {
  for (int32_t channel = 0; channel < channels; channel += 2) {
    for (int32_t first = 0; first < depth; first += 4) {
      *packed++ = fields(nibbles, channel, channels, depth, first) |
                  fields(nibbles, channel + 1, channels, depth, first);
    }
  }
  int32_t *const sums = (int32_t *)(void *)packed;
  for (int32_t channel = 0; channel < channels; ++channel) {
    const cni4_status status = add_up(nibbles, channel, depth, sums + channel);
    if (status != CNI4_SUCCESS) {
      return status;
    }
  }
  return CNI4_SUCCESS;
}

int32_t cni4_pack_depthwise_filter_w4a8_size(int32_t taps, int32_t channels) {
  return (taps * channels + 7) / 8 * 4;
}

cni4_status cni4_pack_depthwise_filter_w4a8(const uint8_t *nibbles, int32_t taps, int32_t channels,
                                            uint32_t *packed) {
  const int32_t count = taps * channels;
  for (int32_t first = 0; first < count; first += 8) {
    uint32_t word = 0;
    for (int32_t i = 0; i < 8 && first + i < count; ++i) {
      const uint32_t field = (uint32_t)(nibble(nibbles, first + i) + 8);
      word |= field << (i % 4 * 8 + i / 4 * 4);
    }
    *packed++ = word;
  }
  return CNI4_SUCCESS;
}
