/** Reports an unexpected exception in one line and gives up. */
#include "faults.h"

#include <stdint.h>

#define CFSR (*(volatile uint32_t *)0xE000ED28U)

/* Words of the frame that the processor stacks on an exception. */
enum { FRAME_LR = 5, FRAME_PC = 6, FRAME_WORDS = 8 };

extern uint32_t __mcugen_stack_bottom[];
extern uint32_t __mcugen_stack_top[];

void mcugen_fault(const uint32_t *frame, uint32_t exception);

static char *put_text(char *at, const char *text) {
  while (*text != '\0') {
    *at++ = *text++;
  }
  return at;
}

static char *put_hex(char *at, uint32_t value) {
  at = put_text(at, "0x");
  for (int shift = 28; shift >= 0; shift -= 4) {
    *at++ = "0123456789abcdef"[(value >> shift) & 15U];
  }
  return at;
}

static char *put_decimal(char *at, uint32_t value) {
  if (value >= 10U) {
    *at++ = (char)('0' + value / 10U % 10U);
  }
  *at++ = (char)('0' + value % 10U);
  return at;
}

__attribute__((used)) void mcugen_fault(const uint32_t *frame, uint32_t exception) {
  char line[96];
  char *at = put_text(line, "mcugen: fault, exception ");
  at = put_decimal(at, exception);
  /* The frame may be what is broken: an overflowing stack leaves the RAM. */
  if (frame >= __mcugen_stack_bottom && frame + FRAME_WORDS <= __mcugen_stack_top) {
    at = put_hex(put_text(at, ", pc "), frame[FRAME_PC]);
    at = put_hex(put_text(at, ", lr "), frame[FRAME_LR]);
  } else {
    at = put_text(at, ", stack overflow");
  }
#if __ARM_ARCH >= 7
  at = put_hex(put_text(at, ", cfsr "), CFSR);
#endif
  *put_text(at, "\n") = '\0';
  mcugen_port_report(line);
  mcugen_board_exit((int)(128U + exception));
}

/* Takes the frame's address, then starts over with a whole stack. */
__attribute__((naked)) void mcugen_fault_entry(void) {
  __asm volatile(
      "mov r0, sp\n\t"
      "mrs r1, ipsr\n\t"
      "ldr r2, =__mcugen_stack_top\n\t"
      "mov sp, r2\n\t"
      "ldr r3, =mcugen_fault\n\t"
      "bx r3\n\t"
      ".ltorg");
}

void mcugen_interrupt(void) __attribute__((weak, alias("mcugen_fault_entry")));
