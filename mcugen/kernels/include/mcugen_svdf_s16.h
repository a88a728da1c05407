/** SVDF with int8 activations and int16 state. */
#ifndef MCUGEN_SVDF_S16_H
#define MCUGEN_SVDF_S16_H

#include "mcugen_svdf.h"

typedef mcugen_svdf_params mcugen_svdf_s16_params;

void mcugen_svdf_s16(const mcugen_svdf_s16_params *params, const int8_t *input, int16_t *state,
                     int8_t *output);

#endif
