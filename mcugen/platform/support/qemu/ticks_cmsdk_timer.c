/**
 * The CMSDK APB timer 0 of Arm's MPS2 images (ARM DDI 0479, "APB timer"): 32 bits, downwards.
 */
#include "ticks.h"

#define TIMER(offset) (*(volatile uint32_t *)(MCUGEN_TIMER_BASE + (offset)))
#define CTRL TIMER(0x0U)
#define VALUE TIMER(0x4U)
#define RELOAD TIMER(0x8U)

void mcugen_ticks_start(void) {
  RELOAD = 0xFFFFFFFFU;
  VALUE = 0xFFFFFFFFU;
  CTRL = 1U;
}

uint32_t mcugen_ticks_read(void) { return 0xFFFFFFFFU - VALUE; }
