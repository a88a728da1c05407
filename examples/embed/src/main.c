/**
 * An application of its own that uses two models: it reads a handwritten digit, then the sine of
 * that digit. Nothing here was generated but the two libraries.
 *
 * The digits model runs in an arena that this application owns and lends; sine brings its own.
 */
#include "digits.h"
#include "mcugen_board.h"
#include "sine.h"

#include <stdint.h>

/* The application may use this memory for something else between inferences. */
static uint8_t shared_memory[DIGITS_ARENA_BYTES] __attribute__((aligned(DIGITS_ARENA_ALIGNMENT)));

/* A seven: a bar on top and a stroke down, 16 levels of gray as in the training data. */
static const uint8_t image[8][8] = {
    {0, 0, 8, 14, 16, 16, 8, 0}, {0, 0, 8, 10, 8, 15, 10, 0}, {0, 0, 0, 0, 3, 15, 4, 0},
    {0, 0, 2, 6, 12, 14, 4, 0},  {0, 0, 8, 16, 16, 15, 8, 0}, {0, 0, 1, 12, 11, 1, 0, 0},
    {0, 0, 4, 16, 4, 0, 0, 0},   {0, 0, 10, 11, 0, 0, 0, 0},
};

/** Prints `value` with three decimals. */
static void print_thousandths(float value) {
  char text[12];
  int32_t rest = (int32_t)(value * 1000.0f + (value < 0.0f ? -0.5f : 0.5f));
  int at = (int)sizeof text;
  const int negative = rest < 0;
  rest = negative ? -rest : rest;
  text[--at] = '\0';
  for (int digit = 0; digit < 4 || rest != 0; ++digit) {
    if (digit == 3) {
      text[--at] = '.';
    }
    text[--at] = (char)('0' + rest % 10);
    rest /= 10;
  }
  if (negative) {
    text[--at] = '-';
  }
  mcugen_board_print(text + at);
}

static int read_digit(digits_context *digits) {
  float pixels[DIGITS_INPUT_0_ELEMENTS];
  float scores[DIGITS_OUTPUT_0_ELEMENTS];
  int best = 0;
  for (int i = 0; i < DIGITS_INPUT_0_ELEMENTS; ++i) {
    pixels[i] = (float)image[i / 8][i % 8] / 16.0f;
  }
  digits_quantize_input(digits, 0, pixels);
  if (digits_invoke(digits) != DIGITS_OK) {
    return -1;
  }
  digits_dequantize_output(digits, 0, scores);
  for (int i = 1; i < DIGITS_OUTPUT_0_ELEMENTS; ++i) {
    best = scores[i] > scores[best] ? i : best;
  }
  return best;
}

static float sine_of(sine_context *sine, float angle) {
  float result = 0.0f;
  sine_quantize_input(sine, 0, &angle);
  if (sine_invoke(sine) == SINE_OK) {
    sine_dequantize_output(sine, 0, &result);
  }
  return result;
}

int main(void) {
  digits_context digits;
  sine_context sine;
  mcugen_board_init();
  if (digits_init(&digits, shared_memory, sizeof shared_memory) != DIGITS_OK ||
      sine_init_default(&sine) != SINE_OK) {
    mcugen_board_print("a model did not start\n");
    mcugen_board_exit(1);
  }
  const int digit = read_digit(&digits);
  const char name[2] = {(char)('0' + digit), '\0'};
  mcugen_board_print("digit ");
  mcugen_board_print(name);
  mcugen_board_print(", sine ");
  print_thousandths(sine_of(&sine, (float)digit * 6.2831853f / 10.0f));
  mcugen_board_print("\n");
  mcugen_board_exit(0);
  return 0;
}
