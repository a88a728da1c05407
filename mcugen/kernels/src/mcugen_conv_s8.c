#include "mcugen_conv_s8.h"

#include "mcugen_fully_connected_s8.h"

void mcugen_conv_s8(const mcugen_conv_s8_params *params, const int8_t *input, int8_t *output,
                    void *scratch) {
  const mcugen_gather_params *const image = &params->image;
  const int32_t groups = params->groups;
  const int32_t channels = image->input_channels / groups;
  const int32_t filters = params->output_channels / groups;
  mcugen_fully_connected_s8_params product = {
      .depth = image->kernel_h * image->kernel_w * channels,
      .units = filters,
      .output_zero_point = params->output_zero_point,
      .activation_min = params->activation_min,
      .activation_max = params->activation_max,
      .weights = params->weights,
      .bias = params->bias,
      .multiplier = params->multiplier,
      .shift = params->shift,
  };
  mcugen_pixel pixel = {0, 0};
  for (int32_t left = image->output_h * image->output_w; left > 0; left -= product.rows) {
    mcugen_pixel next = pixel;
    product.rows = left < params->windows ? left : params->windows;
    for (int32_t first = 0; first < params->output_channels; first += filters) {
      const int8_t *const group = input + first / filters * channels;
      next = mcugen_gather(image, pixel, product.rows, group, channels, scratch);
      if (groups > 1) {
        product.weights = params->weights + first * product.depth;
        product.bias = params->bias + first;
        product.multiplier = params->multiplier + first;
        product.shift = params->shift + first;
      }
      mcugen_fully_connected_s8(&product, scratch, output);
      output += product.rows * filters;
    }
    pixel = next;
  }
}
