/** TIMER0 of nRF51 (nRF51 Series Reference Manual 3.0, chapter 18), the only one of 32 bits. */
#include "ticks.h"

#define TIMER0(offset) (*(volatile uint32_t *)(0x40008000U + (offset)))
#define TASKS_START TIMER0(0x000U)
#define TASKS_CAPTURE0 TIMER0(0x040U)
#define BITMODE TIMER0(0x508U)
#define BITMODE_32 3U
#define PRESCALER TIMER0(0x510U)
#define CC0 TIMER0(0x540U)

void mcugen_ticks_start(void) {
  BITMODE = BITMODE_32;
  PRESCALER = 0;
  TASKS_START = 1U;
}

uint32_t mcugen_ticks_read(void) {
  TASKS_CAPTURE0 = 1U;
  return CC0;
}
