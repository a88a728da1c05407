/** How element-wise kernels walk over two inputs that are broadcast against each other. */
#ifndef MCUGEN_BROADCAST_H
#define MCUGEN_BROADCAST_H

#include "mcugen_common.h"

#define MCUGEN_BROADCAST_DIMS 5

/**
 * A walk is an array of three times MCUGEN_BROADCAST_DIMS numbers, or NULL where both inputs have
 * the output's shape: then everything is one row.
 *
 *   dims    the output's, outermost first, 1 where there are fewer than five; the last is a row
 *   steps0  elements from the start of one row of input 0 to that of the next when the dimension
 *           advances and those inside it (but the innermost) start over; innermost, the distance
 *           of neighbours: 1, or 0 where the input is broadcast
 *   steps1  the same for input 1
 */
typedef const int32_t *mcugen_walk;

static inline int32_t mcugen_step0(mcugen_walk walk, int32_t dim) {
  return walk == NULL ? 1 : walk[MCUGEN_BROADCAST_DIMS + dim];
}

static inline int32_t mcugen_step1(mcugen_walk walk, int32_t dim) {
  return walk == NULL ? 1 : walk[2 * MCUGEN_BROADCAST_DIMS + dim];
}

/** Distance of neighbours in a row of input 0. */
static inline int32_t mcugen_inner_step0(mcugen_walk walk) {
  return mcugen_step0(walk, MCUGEN_BROADCAST_DIMS - 1);
}

/** Distance of neighbours in a row of input 1. */
static inline int32_t mcugen_inner_step1(mcugen_walk walk) {
  return mcugen_step1(walk, MCUGEN_BROADCAST_DIMS - 1);
}

/**
 * Advances index, over the four outer dimensions, to the next row of the output.
 *
 * Returns the dimension that advanced (those inside it went back to 0): each input's pointer moves
 * by its own step of that dimension. -1 after the last row.
 */
static inline int32_t mcugen_next_row(mcugen_walk walk, int32_t *index) {
  int32_t dim = walk == NULL ? -1 : MCUGEN_BROADCAST_DIMS - 2;
  while (dim >= 0 && ++index[dim] == walk[dim]) {
    index[dim] = 0;
    --dim;
  }
  return dim;
}

#endif
