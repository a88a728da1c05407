/**
 * The system counter of SSE-300 (ARM 101773, "System counter"), on the MPS3 AN547 image: 64 bits,
 * of which the low half is enough.
 */
#include "ticks.h"

#define COUNTER_CONTROL (*(volatile uint32_t *)0x58100000U)
#define COUNTER_ENABLE 1U
#define COUNTER_LOW (*(volatile uint32_t *)0x48101000U)

void mcugen_ticks_start(void) { COUNTER_CONTROL |= COUNTER_ENABLE; }

uint32_t mcugen_ticks_read(void) { return COUNTER_LOW; }
