#include "mcugen_conv_w4a8_mve.h"

void mcugen_conv_w4a8_mve(const mcugen_conv_w4a8_mve_params *params, const int8_t *input,
                          int8_t *output, void *scratch) {
  const mcugen_gather_params *const image = &params->image;
  mcugen_fully_connected_w4a8_mve_params product = params->product;
  const int32_t least = product.excess != 0 ? 1 : MCUGEN_FULLY_CONNECTED_W4A8_MVE_ROWS;
  mcugen_pixel pixel = {0, 0};
  for (int32_t left = image->output_h * image->output_w; left > 0; left -= product.rows) {
    product.rows = left < params->windows ? left : params->windows;
    /* The last windows are taken together with some before them, lest they be too few. */
    for (; product.rows < least; ++product.rows) {
      if (pixel.x == 0) {
        pixel.x = image->output_w;
        --pixel.y;
      }
      --pixel.x;
      output -= product.units;
      ++left;
    }
    pixel = mcugen_gather(image, pixel, product.rows, input, image->input_channels, scratch);
    mcugen_fully_connected_w4a8_mve(&product, scratch, output);
    output += product.rows * product.units;
  }
}
