#include "mcugen_conv_w4a8_portable.h"

void mcugen_conv_w4a8_portable(const mcugen_conv_w4a8_portable_params *params, const int8_t *input,
                               int8_t *output, void *scratch) {
  const mcugen_gather_params *const image = &params->image;
  mcugen_fully_connected_w4a8_portable_params product = params->product;
  mcugen_pixel pixel = {0, 0};
  for (int32_t left = image->output_h * image->output_w; left > 0; left -= product.rows) {
    product.rows = left < params->windows ? left : params->windows;
    pixel = mcugen_gather(image, pixel, product.rows, input, image->input_channels, scratch);
    mcugen_fully_connected_w4a8_portable(&product, scratch, output);
    output += product.rows * product.units;
  }
}
