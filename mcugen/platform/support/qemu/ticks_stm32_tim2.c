/** TIM2 of STM32F4 (ST RM0090, chapter 18); QEMU lets it run at 1 GHz whatever the clock tree. */
#include "ticks.h"

#define RCC_APB1ENR (*(volatile uint32_t *)0x40023840U)
#define RCC_APB1ENR_TIM2EN 1U
#define TIM2(offset) (*(volatile uint32_t *)(0x40000000U + (offset)))
#define CR1 TIM2(0x00U)
#define CR1_CEN 1U
#define EGR TIM2(0x14U)
#define EGR_UG 1U
#define CNT TIM2(0x24U)
#define PSC TIM2(0x28U)
#define ARR TIM2(0x2CU)

void mcugen_ticks_start(void) {
  RCC_APB1ENR |= RCC_APB1ENR_TIM2EN;
  PSC = 0;
  ARR = 0xFFFFFFFFU;
  EGR = EGR_UG;
  CR1 = CR1_CEN;
}

uint32_t mcugen_ticks_read(void) { return CNT; }
