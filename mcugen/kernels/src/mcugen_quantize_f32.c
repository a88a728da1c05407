#include "mcugen_quantize_f32.h"

/* Beyond any code whatever the zero point, and small enough to convert to int32_t. */
#define LIMIT 1024.0f

void mcugen_quantize_f32(const mcugen_quantize_f32_params *params, const float *input,
                         int8_t *output) {
  for (int32_t i = 0; i < params->size; ++i) {
    float scaled = input[i] / params->scale;
    scaled = scaled > -LIMIT ? scaled : -LIMIT;
    scaled = scaled < LIMIT ? scaled : LIMIT;
    /* Adding 0.5 first would round 0.49999997 up. */
    int32_t code = (int32_t)scaled;
    const float fraction = scaled - (float)code;
    if (fraction >= 0.5f) {
      ++code;
    } else if (fraction <= -0.5f) {
      --code;
    }
    output[i] = (int8_t)mcugen_clamp(code + params->zero_point, INT8_MIN, INT8_MAX);
  }
}
