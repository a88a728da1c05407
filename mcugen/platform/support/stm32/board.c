/**
 * An STM32 board: the stream is the USART behind the debug probe's serial port, the counter is the
 * core's cycle counter (Armv7-M Architecture Reference Manual, ARM DDI 0403, "The DWT").
 *
 * Bytes arrive whatever the firmware is doing, so an interrupt puts them into a ring; sending
 * waits.
 */
#include <stdint.h>

#include "chip.h"
#include "mcugen_board.h"
#include "port.h"

#define DEMCR 0xE000EDFCU
#define DEMCR_TRCENA (1U << 24)
#define DWT_CTRL 0xE0001000U
#define DWT_CTRL_CYCCNTENA 1U
#define DWT_CYCCNT 0xE0001004U
#define DWT_LAR 0xE0001FB0U
#define LAR_KEY 0xC5ACCE55U
#define NVIC_ISER 0xE000E100U

/* Registers of a GPIO port ("General-purpose I/Os", alike in all STM32 since STM32F2). */
#define GPIO_MODER 0x00U
#define GPIO_OSPEEDR 0x08U
#define GPIO_PUPDR 0x0CU
#define GPIO_AFR 0x20U

enum { RING_BYTES = 2048, MODE_ALTERNATE = 2, SPEED_HIGH = 2, PULL_UP = 1 };

static volatile uint8_t ring[RING_BYTES];
static volatile uint32_t received; /* how many bytes ever came, written by the interrupt only */
static volatile uint32_t taken;    /* how many were read, written by mcugen_board_read() only */

void mcugen_port_interrupt(void) {
  uint8_t byte;
  while (mcugen_usart_get(&byte) == 0) {
    const uint32_t count = received;
    /* A full ring drops bytes; the frame's checksum tells. */
    if (count - taken < RING_BYTES) {
      ring[count % RING_BYTES] = byte;
      received = count + 1U;
    }
  }
}

static void start_pin(uint32_t port, uint32_t pin) {
  const uint32_t gpio = mcugen_chip_gpio(port);
  const uint32_t afr = gpio + GPIO_AFR + 4U * (pin / 8U);
  mcugen_modify(afr, 0xFU << (4U * (pin % 8U)), (uint32_t)MCUGEN_PIN_FUNCTION << (4U * (pin % 8U)));
  mcugen_modify(gpio + GPIO_OSPEEDR, 3U << (2U * pin), (uint32_t)SPEED_HIGH << (2U * pin));
  mcugen_modify(gpio + GPIO_PUPDR, 3U << (2U * pin), (uint32_t)PULL_UP << (2U * pin));
  mcugen_modify(gpio + GPIO_MODER, 3U << (2U * pin), (uint32_t)MODE_ALTERNATE << (2U * pin));
}

static void start_counter(void) {
  MCUGEN_REGISTER(DEMCR) |= DEMCR_TRCENA;
  MCUGEN_REGISTER(DWT_LAR) = LAR_KEY; /* Cortex-M7 only; others ignore it */
  MCUGEN_REGISTER(DWT_CYCCNT) = 0;
  MCUGEN_REGISTER(DWT_CTRL) |= DWT_CTRL_CYCCNTENA;
}

void mcugen_board_init(void) {
  mcugen_chip_start();
  const uint32_t clock_hz = mcugen_chip_enable_serial();
  start_pin(MCUGEN_TX_PORT, MCUGEN_TX_PIN);
  start_pin(MCUGEN_RX_PORT, MCUGEN_RX_PIN);
  mcugen_usart_start(clock_hz);
  MCUGEN_REGISTER(NVIC_ISER + 4U * (MCUGEN_SERIAL_IRQ / 32U)) = 1U << (MCUGEN_SERIAL_IRQ % 32U);
  start_counter();
}

int mcugen_board_read(void *data, uint32_t bytes) {
  uint8_t *target = (uint8_t *)data;
  for (uint32_t i = 0; i < bytes; ++i) {
    const uint32_t count = taken;
    while (received == count) {
    }
    target[i] = ring[count % RING_BYTES];
    taken = count + 1U;
  }
  return 0;
}

void mcugen_board_write(const void *data, uint32_t bytes) {
  const uint8_t *source = (const uint8_t *)data;
  for (uint32_t i = 0; i < bytes; ++i) {
    mcugen_usart_put(source[i]);
  }
}

void mcugen_board_flush(void) { mcugen_usart_drain(); }

uint32_t mcugen_board_ticks(void) { return MCUGEN_REGISTER(DWT_CYCCNT); }

/* The stream carries frames; a person cannot read it. */
void mcugen_board_print(const char *text) { (void)text; }

void mcugen_port_report(const char *text) {
  while (*text != '\0') {
    mcugen_usart_put((uint8_t)*text++);
  }
  mcugen_usart_drain();
}

void mcugen_board_exit(int code) {
  (void)code;
  mcugen_usart_drain();
  for (;;) {
    __asm volatile("wfi");
  }
}
