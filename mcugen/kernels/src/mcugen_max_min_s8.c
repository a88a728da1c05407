#include "mcugen_max_min_s8.h"

#include "mcugen_mve.h"

#if MCUGEN_MVE
#define LANES 16

/* A row of neighbours of input 0, and of input 1 or, with a step of 0, of the same LANES codes. */
static void max_min_lanes(const int8_t *input0, const int8_t *input1, int32_t step1, int8_t *output,
                          int32_t size, int8_t invert) {
  for (; size > 0; size -= LANES) {
    const mve_pred16_t lanes = vctp8q((uint32_t)size);
    const int8x16_t mask = vdupq_n_s8(invert);
    const int8x16_t a = veorq_s8(vldrbq_z_s8(input0, lanes), mask);
    const int8x16_t b = veorq_s8(vldrbq_z_s8(input1, lanes), mask);
    vstrbq_p_s8(output, veorq_s8(vmaxq_s8(a, b), mask), lanes);
    input0 += LANES;
    input1 += step1 * LANES;
    output += LANES;
  }
}
#endif

static void max_min_row(const mcugen_max_min_s8_params *params, const int8_t *input0,
                        const int8_t *input1, int8_t *output) {
  const int32_t step0 = mcugen_inner_step0(params->walk);
  const int32_t step1 = mcugen_inner_step1(params->walk);
  const int32_t invert = params->invert;
#if MCUGEN_MVE
  if (step0 + step1 >= 1) {
    int8_t repeated[LANES];
    const int8_t *const first = step0 == 1 ? input0 : input1;
    const int8_t *second = step0 == 1 ? input1 : input0;
    if (step0 + step1 == 1) {
      vstrbq_s8(repeated, vdupq_n_s8(*second));
      second = repeated;
    }
    max_min_lanes(first, second, step0 + step1 - 1, output, params->size, (int8_t)invert);
    return;
  }
#endif
  const int8_t *const end = output + params->size;
  while (output != end) {
    *output++ = (*input0 ^ invert) > (*input1 ^ invert) ? *input0 : *input1;
    input0 += step0;
    input1 += step1;
  }
}

void mcugen_max_min_s8(const mcugen_max_min_s8_params *params, const int8_t *input0,
                       const int8_t *input1, int8_t *output) {
  int32_t index[MCUGEN_BROADCAST_DIMS - 1] = {0};
  int32_t dim;
  do {
    max_min_row(params, input0, input1, output);
    dim = mcugen_next_row(params->walk, index);
    if (dim >= 0) {
      input0 += mcugen_step0(params->walk, dim);
      input1 += mcugen_step1(params->walk, dim);
      output += params->size;
    }
  } while (dim >= 0);
}
