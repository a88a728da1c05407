/**
 * Requantization as one multiply-add, and how codes are stored.
 *
 *   code = (sum * multiplier / 2^16 + offset) >> fraction
 *
 * with one of the fractions of mcugen_int4.h.
 *
 * Codes count from the lowest that a layer makes, so that saturation is their lower limit. The
 * packing proves for every sum that can occur, of 16 bits, that this is TFLite's result with its
 * two roundings. These treat positive and negative sums differently: where a layer needs both signs
 * the bias is part of the sum, and `negative` is added to the offset of a negative one.
 *
 * A layer is plain if its codes are all that four bits hold, and sums of one sign matter.
 */
#ifndef MCUGEN_MULTIPLY_ADD_H
#define MCUGEN_MULTIPLY_ADD_H

#include "mcugen_int4.h"

/** One output channel. `bias` is what a kernel's own sum lacks; `negative` is 0 in plain layers. */
typedef struct {
  int32_t multiplier;
  int32_t offset;
  int32_t bias;
  int32_t negative;
} mcugen_multiply_add;

/** What all channels of a layer share when their codes are stored, in each byte. */
typedef struct {
  uint32_t above;    /**< 255 less the highest code */
  uint32_t to_store; /**< what is taken off a code that is `above` too high */
} mcugen_code_form;

/** For codes `span` + 1 in number, of which the lowest is stored as `lowest`. */
static inline mcugen_code_form mcugen_code_form_of(int32_t lowest, int32_t span) {
  const uint32_t each = UINT32_C(0x01010101);
  const int32_t above = 255 - span;
  const mcugen_code_form form = {(uint32_t)above * each,
                                 ((uint32_t)(above - lowest) & 255U) * each};
  return form;
}

/** A sum, bias included, as a code and its fraction. */
static inline int32_t mcugen_scaled(const mcugen_multiply_add *channel, int32_t sum) {
  const int32_t offset = channel->offset + (channel->negative & (sum >> 31));
  return mcugen_smlaw(channel->multiplier, sum, offset);
}

/** The same in a plain layer. */
static inline int32_t mcugen_plainly_scaled(const mcugen_multiply_add *channel, int32_t sum) {
  return mcugen_smlaw(channel->multiplier, sum, channel->offset);
}

/** Four codes up to 255, one a byte, as they are stored in a byte each. */
static inline uint32_t mcugen_stored_codes(mcugen_code_form form, uint32_t codes) {
  return mcugen_subtract_bytes(mcugen_add_saturated(codes, form.above), form.to_store);
}

#endif
