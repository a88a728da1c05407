/** SVDF with int8 activations and int8 state. */
#ifndef MCUGEN_SVDF_S8_H
#define MCUGEN_SVDF_S8_H

#include "mcugen_svdf.h"

typedef mcugen_svdf_params mcugen_svdf_s8_params;

void mcugen_svdf_s8(const mcugen_svdf_s8_params *params, const int8_t *input, int8_t *state,
                    int8_t *output);

#endif
