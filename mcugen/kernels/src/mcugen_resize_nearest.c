#include "mcugen_resize_nearest.h"

#include "mcugen_copy.h"

void mcugen_resize_nearest(const mcugen_resize_nearest_params *params, const void *input,
                           void *output) {
  const int32_t pixel_bytes = params->pixel_bytes;
  const int32_t row_bytes = params->input_w * pixel_bytes;
  const uint8_t *image = (const uint8_t *)input;
  uint8_t *to = (uint8_t *)output;
  for (int32_t batch = 0; batch < params->batches; ++batch) {
    for (int32_t y = 0; y < params->output_h; ++y) {
      const uint8_t *row = image + params->rows[y] * row_bytes;
      for (int32_t x = 0; x < params->output_w; ++x) {
        mcugen_copy_bytes(to, row + params->columns[x] * pixel_bytes, pixel_bytes);
        to += pixel_bytes;
      }
    }
    image += params->input_h * row_bytes;
  }
}
