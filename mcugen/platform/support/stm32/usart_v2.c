/**
 * USART of STM32F7 (ST RM0385 chapter 31, RM0410 chapter 34): separate registers for receiving,
 * sending and clearing flags.
 */
#include "chip.h"

#define CR1 (MCUGEN_USART_BASE + 0x00U)
#define BRR (MCUGEN_USART_BASE + 0x0CU)
#define ISR (MCUGEN_USART_BASE + 0x1CU)
#define ICR (MCUGEN_USART_BASE + 0x20U)
#define RDR (MCUGEN_USART_BASE + 0x24U)
#define TDR (MCUGEN_USART_BASE + 0x28U)
#define CR1_UE (1U << 0)
#define CR1_RE (1U << 2)
#define CR1_TE (1U << 3)
#define CR1_RXNEIE (1U << 5)
#define ISR_ERRORS 0xFU /* parity, framing, noise, overrun; the same bits clear them in ICR */
#define ISR_RXNE (1U << 5)
#define ISR_TC (1U << 6)
#define ISR_TXE (1U << 7)

void mcugen_usart_start(uint32_t clock_hz) {
  MCUGEN_REGISTER(CR1) = 0;
  MCUGEN_REGISTER(BRR) = (clock_hz + MCUGEN_BAUD / 2U) / MCUGEN_BAUD;
  MCUGEN_REGISTER(CR1) = CR1_UE | CR1_TE | CR1_RE | CR1_RXNEIE;
}

int mcugen_usart_get(uint8_t *byte) {
  const uint32_t status = MCUGEN_REGISTER(ISR);
  if ((status & ISR_ERRORS) != 0U) {
    MCUGEN_REGISTER(ICR) = status & ISR_ERRORS;
  }
  if ((status & ISR_RXNE) == 0U) {
    return -1;
  }
  *byte = (uint8_t)MCUGEN_REGISTER(RDR);
  return 0;
}

void mcugen_usart_put(uint8_t byte) {
  (void)mcugen_wait(ISR, ISR_TXE, ISR_TXE);
  MCUGEN_REGISTER(TDR) = byte;
}

void mcugen_usart_drain(void) { (void)mcugen_wait(ISR, ISR_TC, ISR_TC); }
