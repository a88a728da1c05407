/** USART of STM32F4 (ST RM0090 chapter 30, RM0390 chapter 25): one status and one data register. */
#include "chip.h"

#define SR (MCUGEN_USART_BASE + 0x00U)
#define DR (MCUGEN_USART_BASE + 0x04U)
#define BRR (MCUGEN_USART_BASE + 0x08U)
#define CR1 (MCUGEN_USART_BASE + 0x0CU)
#define SR_ORE (1U << 3)
#define SR_RXNE (1U << 5)
#define SR_TC (1U << 6)
#define SR_TXE (1U << 7)
#define CR1_RE (1U << 2)
#define CR1_TE (1U << 3)
#define CR1_RXNEIE (1U << 5)
#define CR1_UE (1U << 13)

void mcugen_usart_start(uint32_t clock_hz) {
  MCUGEN_REGISTER(CR1) = 0;
  MCUGEN_REGISTER(BRR) = (clock_hz + MCUGEN_BAUD / 2U) / MCUGEN_BAUD;
  MCUGEN_REGISTER(CR1) = CR1_UE | CR1_TE | CR1_RE | CR1_RXNEIE;
}

int mcugen_usart_get(uint8_t *byte) {
  /* Reading the status, then the data, clears an overrun too. */
  const uint32_t status = MCUGEN_REGISTER(SR);
  if ((status & (SR_RXNE | SR_ORE)) == 0U) {
    return -1;
  }
  const uint32_t data = MCUGEN_REGISTER(DR);
  if ((status & SR_RXNE) == 0U) {
    return -1;
  }
  *byte = (uint8_t)data;
  return 0;
}

void mcugen_usart_put(uint8_t byte) {
  (void)mcugen_wait(SR, SR_TXE, SR_TXE);
  MCUGEN_REGISTER(DR) = byte;
}

void mcugen_usart_drain(void) { (void)mcugen_wait(SR, SR_TC, SR_TC); }
