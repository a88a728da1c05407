/**
 * Calls to the debugger or emulator (Arm, "Semihosting for AArch32 and AArch64", ARM 2020-Q).
 */
#ifndef MCUGEN_SEMIHOSTING_H
#define MCUGEN_SEMIHOSTING_H

#include <stdint.h>

enum {
  SYS_OPEN = 0x01,
  SYS_WRITE = 0x05,
  SYS_READ = 0x06,
  SYS_GET_CMDLINE = 0x15,
  SYS_EXIT_EXTENDED = 0x20,
  ADP_STOPPED_APPLICATION_EXIT = 0x20026
};

/** Modes of SYS_OPEN, in the order of fopen()'s "r", "rb", "r+" ... */
enum { SEMIHOSTING_READ_BINARY = 1, SEMIHOSTING_WRITE = 4, SEMIHOSTING_WRITE_BINARY = 5 };

/** `arguments` is the operation's parameter block. */
static inline int32_t semihosting_call(uint32_t operation, const void *arguments) {
  register uint32_t r0 __asm("r0") = operation;
  register const void *r1 __asm("r1") = arguments;
  __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return (int32_t)r0;
}

#endif
