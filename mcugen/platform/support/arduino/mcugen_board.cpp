/**
 * The board as the Arduino core knows it: the stream is Serial. main() of the firmware is compiled
 * as mcugen_main(), since the core has its own.
 */
#include "mcugen_board.h"

#include <Arduino.h>

extern "C" int mcugen_main(void);

#if defined(__ARM_ARCH_7M__) || defined(__ARM_ARCH_7EM__) || defined(__ARM_ARCH_8M_MAIN__)
#define HAS_CYCLE_COUNTER
static volatile uint32_t &demcr = *reinterpret_cast<volatile uint32_t *>(0xE000EDFC);
static volatile uint32_t &dwt_ctrl = *reinterpret_cast<volatile uint32_t *>(0xE0001000);
static volatile uint32_t &dwt_cyccnt = *reinterpret_cast<volatile uint32_t *>(0xE0001004);
static volatile uint32_t &dwt_lar = *reinterpret_cast<volatile uint32_t *>(0xE0001FB0);
#endif

void mcugen_board_init(void) {
  Serial.begin(MCUGEN_BAUD);
  while (!Serial) {
    yield();
  }
#ifdef HAS_CYCLE_COUNTER
  demcr = demcr | (1UL << 24);
  dwt_lar = 0xC5ACCE55; /* Cortex-M7 only; others ignore it */
  dwt_ctrl = dwt_ctrl | 1UL;
#endif
}

int mcugen_board_read(void *data, uint32_t bytes) {
  uint8_t *target = static_cast<uint8_t *>(data);
  for (uint32_t i = 0; i < bytes; ++i) {
    while (Serial.available() <= 0) {
      yield();
    }
    target[i] = static_cast<uint8_t>(Serial.read());
  }
  return 0;
}

void mcugen_board_write(const void *data, uint32_t bytes) {
  const uint8_t *source = static_cast<const uint8_t *>(data);
  while (bytes != 0) {
    const uint32_t sent = static_cast<uint32_t>(Serial.write(source, bytes));
    source += sent;
    bytes -= sent;
  }
}

void mcugen_board_flush(void) { Serial.flush(); }

uint32_t mcugen_board_ticks(void) {
#if defined(HAS_CYCLE_COUNTER)
  return dwt_cyccnt;
#elif defined(ESP32)
  return ESP.getCycleCount();
#else
  /* Microseconds in units of cycles; the factor keeps differences right across a wrap. */
  return static_cast<uint32_t>(micros()) * static_cast<uint32_t>(F_CPU / 1000000);
#endif
}

void mcugen_board_print(const char *text) { (void)text; }

void mcugen_board_exit(int code) {
  (void)code;
  Serial.flush();
  for (;;) {
    yield();
  }
}

void setup() { (void)mcugen_main(); }

void loop() {}
