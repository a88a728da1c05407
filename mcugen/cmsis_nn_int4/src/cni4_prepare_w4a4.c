#include "cmsis_nn_int4_w4a4.h"
#include "mcugen_matmul_w4a4.h"

/* Depths are taken apart in this order. */
static const uint8_t depth_order[8] = {0, 4, 1, 5, 2, 6, 3, 7};

/* A layer's filters as the kernel sees them: every pixel's channels made even. */
typedef struct {
  const uint8_t *nibbles;
  int32_t units;
  int32_t taps;
  int32_t channels;
  int32_t depth;
} filters;

/* What the sums of one channel can be. */
typedef struct {
  int32_t low;
  int32_t high;
  int32_t total;
} extent;

/* Bounds of an offset. */
typedef struct {
  int32_t least;
  int32_t most;
} bounds;

/* How one channel is requantized. `sums` hold the bias. */
typedef struct {
  extent sums;
  int32_t bias;
  int32_t surplus;
  int32_t multiplier;
  int32_t shift;
  int32_t zero_point;
  int32_t scaled_multiplier;
} channel_scale;

static filters filters_of(const uint8_t *nibbles, const cni4_dims *dims) {
  const int32_t taps = dims->h * dims->w;
  const filters all = {nibbles, dims->n, taps, dims->c, (taps * ((dims->c + 1) & ~1) + 7) & ~7};
  return all;
}

/* The weight of a unit at one of the kernel's depths; 0 where it only fills up. */
static int32_t weight_at(const filters *all, int32_t unit, int32_t depth) {
  const int32_t even_channels = (all->channels + 1) & ~1;
  const int32_t tap = depth / even_channels;
  const int32_t channel = depth % even_channels;
  if (unit >= all->units || tap >= all->taps || channel >= all->channels) {
    return 0;
  }
  const int32_t index = (unit * all->taps + tap) * all->channels + channel;
  const int32_t bits = (all->nibbles[index / 2] >> (index % 2 * 4)) & 15;
  return bits < 8 ? bits : bits - 16;
}

/* The least and the greatest sum of products of `count` depths with activations of -8 .. 7. */
static extent extent_of(const filters *all, int32_t unit, int32_t first, int32_t count) {
  extent sums = {0, 0, 0};
  for (int32_t i = first; i < first + count; ++i) {
    const int32_t weight = weight_at(all, unit, i);
    sums.low += weight < 0 ? 7 * weight : -8 * weight;
    sums.high += weight < 0 ? -8 * weight : 7 * weight;
    sums.total += weight;
  }
  return sums;
}

/* Whether 12 bits hold the sums of even units in all segments, of which the first may be shorter.
 */
static int32_t segments_fit(const filters *all, int32_t first_segment, int32_t segment) {
  for (int32_t unit = 0; unit < all->units; unit += 2) {
    int32_t count = first_segment;
    for (int32_t first = 0; first < all->depth; first += count) {
      count = first == 0 ? first_segment : segment;
      const extent sums = extent_of(all, unit, first, count);
      if (sums.low < -0x800 || sums.high > 0x7FF) {
        return 0;
      }
    }
  }
  return 1;
}

static void choose_segments(const filters *all, cni4_filter_w4a4 *filter) {
  int32_t count = 0;
  do {
    ++count;
    filter->segment = (all->depth / 8 + count - 1) / count * 8;
    filter->first_segment = (all->depth - 1) % filter->segment + 1;
  } while (!segments_fit(all, filter->first_segment, filter->segment));
}

static uint32_t field(int32_t value, int32_t nibble) {
  return ((uint32_t)value & 15U) << (4 * nibble);
}

static uint32_t *pack_weights(const filters *all, uint32_t *words) {
  for (int32_t unit = 0; unit < all->units; unit += 2) {
    for (int32_t first = 0; first < all->depth; first += 4) {
      uint32_t word = 0;
      for (int32_t i = 0; i < 4; ++i) {
        /* Nibbles of depths a, b, c, d: mcugen_matmul_w4a4.h. */
        static const uint8_t even_nibble[4] = {0, 4, 2, 6};
        static const uint8_t odd_nibble[4] = {3, 7, 5, 1};
        const int32_t depth = (first & ~7) + depth_order[(first & 4) + i];
        word |= field(weight_at(all, unit, depth) + 8, even_nibble[i]);
        word |= field(weight_at(all, unit + 1, depth), odd_nibble[i]);
      }
      *words++ = word;
    }
  }
  return words;
}

/* The least sum, bias included, whose code is `level` or more; one past the highest if none. */
static int32_t threshold(const channel_scale *channel, int32_t level) {
  int32_t below = channel->sums.low - 1;
  int32_t reached = channel->sums.high + 1;
  while (reached - below > 1) {
    const int32_t middle = below + (reached - below) / 2;
    const int32_t scaled = mcugen_requantize(middle, channel->multiplier, channel->shift);
    if (scaled + channel->zero_point >= level) {
      reached = middle;
    } else {
      below = middle;
    }
  }
  return reached;
}

/* The product of a sum, as the kernel has it, and the multiplier. */
static int32_t product(const channel_scale *channel, int32_t sum, int32_t signed_sums) {
  const int32_t number = signed_sums ? sum : sum - channel->bias + channel->surplus;
  return mcugen_smlaw(channel->scaled_multiplier, number, 0);
}

/* Bounds of the offset of sums that are negative, [1], and of all others, [0]. */
static void bound_offsets(const channel_scale *channel, const cni4_activation *codes,
                          int32_t signed_sums, bounds offset[2]) {
  offset[0] = (bounds){INT32_MIN, INT32_MAX};
  offset[1] = offset[0];
  for (int32_t level = codes->min + 1; level <= codes->max; ++level) {
    const int32_t sum = threshold(channel, level);
    const int32_t target = level * (INT32_C(1) << MCUGEN_INT4_FRACTION_BITS);
    if (sum <= channel->sums.high) {
      bounds *const bound = &offset[signed_sums && sum < 0];
      const int32_t least = target - product(channel, sum, signed_sums);
      bound->least = least > bound->least ? least : bound->least;
    }
    if (sum > channel->sums.low) {
      bounds *const bound = &offset[signed_sums && sum <= 0];
      const int32_t most = target - 1 - product(channel, sum - 1, signed_sums);
      bound->most = most < bound->most ? most : bound->most;
    }
  }
}

static int32_t between(bounds offset) {
  if (offset.least == INT32_MIN) {
    return offset.most == INT32_MAX ? 0 : offset.most;
  }
  return offset.most == INT32_MAX ? offset.least : offset.least + (offset.most - offset.least) / 2;
}

static int32_t fits_16(extent sums, int32_t more) {
  return sums.low + more >= INT16_MIN && sums.high + more <= INT16_MAX;
}

/* Everything about one channel that does not depend on `signed_sums`. */
static cni4_status scale_of(const filters *all, int32_t unit, const cni4_conv_params *conv_params,
                            const cni4_per_channel_quant_params *quant_params, const int32_t *bias,
                            channel_scale *channel) {
  const extent sums = extent_of(all, unit, 0, all->depth);
  const int64_t own = bias == NULL ? 0 : bias[unit];
  const int64_t folded = own + (int64_t)conv_params->input_offset * sums.total;
  if (folded < INT16_MIN || folded > INT16_MAX) {
    return CNI4_NO_IMPL_ERROR;
  }
  channel->bias = (int32_t)folded;
  channel->surplus = (unit & 1) == 0 ? 0x800 : 0;
  channel->sums = (extent){sums.low + channel->bias, sums.high + channel->bias, sums.total};
  channel->multiplier = quant_params->multiplier[unit];
  channel->shift = quant_params->shift[unit];
  channel->zero_point = conv_params->output_offset - conv_params->activation.min;
  const int32_t right = 1 - channel->shift;
  if (!fits_16(sums, channel->surplus) || !fits_16(sums, channel->bias) ||
      (right < 0 && sums.low != sums.high)) {
    return CNI4_NO_IMPL_ERROR;
  }
  const int64_t half = right <= 0 ? 0 : INT64_C(1) << (right - 1);
  /* A channel of one sum needs none, whatever its scale. */
  channel->scaled_multiplier =
      sums.low == sums.high ? 0 : (int32_t)((channel->multiplier + half) >> right);
  return CNI4_SUCCESS;
}

/* Writes one channel in one of two forms; 1 if that is exact. */
static int32_t requantize_as(int32_t signed_sums, const channel_scale *channel,
                             const cni4_activation *codes, int32_t *entry) {
  bounds offset[2];
  bound_offsets(channel, codes, signed_sums, offset);
  if (offset[0].least > offset[0].most || offset[1].least > offset[1].most) {
    return 0;
  }
  entry[0] = channel->scaled_multiplier;
  entry[1] = between(offset[0]);
  entry[2] = signed_sums ? channel->bias - channel->surplus : 0;
  entry[3] = signed_sums ? between(offset[1]) - entry[1] : 0;
  return 1;
}

int32_t cni4_prepare_w4a4_size(const cni4_dims *filter_dims) {
  const filters all = filters_of(NULL, filter_dims);
  const int32_t pairs = (all.units + 1) / 2;
  return pairs * all.depth + 2 * pairs * (int32_t)sizeof(mcugen_multiply_add);
}

cni4_status cni4_prepare_w4a4(const uint8_t *nibbles, const cni4_dims *filter_dims,
                              const cni4_conv_params *conv_params,
                              const cni4_per_channel_quant_params *quant_params,
                              const int32_t *bias, int32_t output_bits, void *buffer,
                              cni4_filter_w4a4 *filter) {
  const filters all = filters_of(nibbles, filter_dims);
  const cni4_activation codes = {0, conv_params->activation.max - conv_params->activation.min};
  choose_segments(&all, filter);
  filter->output_bits = output_bits;
  filter->weights = buffer;
  int32_t *const channels = (int32_t *)(void *)pack_weights(&all, buffer);
  filter->channels = channels;
  for (filter->signed_sums = 0; filter->signed_sums < 2; ++filter->signed_sums) {
    int32_t unit = 0;
    int32_t is_exact = 1;
    memset(channels, 0, (size_t)((all.units + 1) & ~1) * sizeof(mcugen_multiply_add));
    for (; unit < all.units && is_exact; ++unit) {
      channel_scale channel;
      const cni4_status status = scale_of(&all, unit, conv_params, quant_params, bias, &channel);
      if (status != CNI4_SUCCESS) {
        return status;
      }
      is_exact = requantize_as(filter->signed_sums, &channel, &codes, channels + 4 * unit);
    }
    if (is_exact) {
      return CNI4_SUCCESS;
    }
  }
  return CNI4_NO_IMPL_ERROR;
}
