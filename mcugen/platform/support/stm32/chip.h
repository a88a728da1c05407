/** What the STM32 port needs of a chip family and of a USART version. */
#ifndef MCUGEN_CHIP_H
#define MCUGEN_CHIP_H

#include <stdint.h>

#define MCUGEN_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/** Full speed; where the PLL does not start (an emulator), the chip stays on its own oscillator. */
void mcugen_chip_start(void);

/** Clocks for the serial port and its pins; returns the clock of the port in Hz. */
uint32_t mcugen_chip_enable_serial(void);

/** The registers of GPIO port 0 = A, 1 = B, ... */
uint32_t mcugen_chip_gpio(uint32_t port);

/** 8 data bits, no parity, one stop bit at MCUGEN_BAUD, receiving with interrupts. */
void mcugen_usart_start(uint32_t clock_hz);

/** Takes a received byte; returns 0, or -1 if there is none. Clears receive errors. */
int mcugen_usart_get(uint8_t *byte);

/** Sends a byte once there is room for it. */
void mcugen_usart_put(uint8_t byte);

/** Waits until the last byte has left. */
void mcugen_usart_drain(void);

/** Returns 0 once the bits in `mask` equal `value`, or -1 after so long that they never will. */
static inline int mcugen_wait(uint32_t address, uint32_t mask, uint32_t value) {
  for (uint32_t i = 0; i < 200000U; ++i) {
    if ((MCUGEN_REGISTER(address) & mask) == value) {
      return 0;
    }
  }
  return -1;
}

/** Writes `value` to the bits in `mask` and keeps the others. */
static inline void mcugen_modify(uint32_t address, uint32_t mask, uint32_t value) {
  MCUGEN_REGISTER(address) = (MCUGEN_REGISTER(address) & ~mask) | value;
}

#endif
