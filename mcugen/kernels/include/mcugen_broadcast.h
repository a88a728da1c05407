/** How element-wise kernels walk over two inputs that are broadcast against each other. */
#ifndef MCUGEN_BROADCAST_H
#define MCUGEN_BROADCAST_H

#include "mcugen_common.h"

#define MCUGEN_BROADCAST_DIMS 5

/**
 * Advances index, over the four outer dimensions, to the next row of the output.
 *
 * Returns the dimension that advanced (those inside it went back to 0): each input's pointer moves
 * by its own step of that dimension. -1 after the last row.
 */
static inline int32_t mcugen_next_row(const int32_t *dims, int32_t *index) {
  int32_t dim = MCUGEN_BROADCAST_DIMS - 2;
  while (dim >= 0 && ++index[dim] == dims[dim]) {
    index[dim] = 0;
    --dim;
  }
  return dim;
}

#endif
