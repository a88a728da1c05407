/**
 * From reset to main(): coprocessors, memory, caches, constructors.
 *
 * Registers are those of the Armv6-M, Armv7-M and Armv8-M Architecture Reference Manuals (ARM DDI
 * 0419, DDI 0403, DDI 0553), chapter "System Control Space".
 */
#include <stdint.h>

#include "faults.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define VTOR REGISTER(0xE000ED08U)
#define CCR REGISTER(0xE000ED14U)
#define CCR_DC (1U << 16)
#define CCR_IC (1U << 17)
#define CCR_LOB (1U << 19)
#define CPACR REGISTER(0xE000ED88U)
#define CPACR_CP10_CP11_FULL (0xFU << 20)
#define CCSIDR REGISTER(0xE000ED80U)
#define CSSELR REGISTER(0xE000ED84U)
#define ICIALLU REGISTER(0xE000EF50U)
#define DCISW REGISTER(0xE000EF60U)

typedef struct {
  const uint32_t *source;
  uint32_t *target;
  uint32_t bytes;
} copy_entry;

typedef struct {
  uint32_t *target;
  uint32_t bytes;
} zero_entry;

/* From the linker script. */
extern const copy_entry __mcugen_copy_start[], __mcugen_copy_end[];
extern const zero_entry __mcugen_zero_start[], __mcugen_zero_end[];
extern void (*const __mcugen_init_start[])(void);
extern void (*const __mcugen_init_end[])(void);
extern uint32_t __mcugen_stack_top[];

int main(void);
void mcugen_reset(void) __attribute__((noreturn));
/** A port may set up external memory here, before .data is copied; no variables exist yet. */
void mcugen_port_early(void);

__attribute__((weak)) void mcugen_port_early(void) {}

#ifdef MCUGEN_SERIAL_IRQ
enum { SERIAL = 16 + MCUGEN_SERIAL_IRQ, VECTORS = 16 + MCUGEN_INTERRUPTS };
#else
enum { VECTORS = 16 };
#endif

/** Stack pointer, reset, the system exceptions 2 to 15, and a board's interrupts. */
__attribute__((section(".vectors"), used)) static const uintptr_t vectors[VECTORS] = {
    (uintptr_t)__mcugen_stack_top,
    (uintptr_t)mcugen_reset,
    [2 ... 6] = (uintptr_t)mcugen_fault_entry,
    [11 ... 12] = (uintptr_t)mcugen_fault_entry,
    [14 ... 15] = (uintptr_t)mcugen_fault_entry,
#ifdef MCUGEN_SERIAL_IRQ
    [16 ... SERIAL - 1] = (uintptr_t)mcugen_interrupt,
    [SERIAL] = (uintptr_t)mcugen_port_interrupt,
    [SERIAL + 1 ... VECTORS - 1] = (uintptr_t)mcugen_interrupt,
#endif
};

static void barrier(void) { __asm volatile("dsb\n\tisb" ::: "memory"); }

static void fill_memory(void) {
  for (const copy_entry *entry = __mcugen_copy_start; entry < __mcugen_copy_end; ++entry) {
    for (uint32_t i = 0; i < entry->bytes / 4U; ++i) {
      entry->target[i] = entry->source[i];
    }
  }
  for (const zero_entry *entry = __mcugen_zero_start; entry < __mcugen_zero_end; ++entry) {
    for (uint32_t i = 0; i < entry->bytes / 4U; ++i) {
      entry->target[i] = 0;
    }
  }
}

#ifdef MCUGEN_CACHES
/** Data cache by set and way (its contents are unknown after reset), then both on. */
static void enable_caches(void) {
  ICIALLU = 0;
  barrier();
  CSSELR = 0; /* level 1, data */
  barrier();
  const uint32_t geometry = CCSIDR;
  const uint32_t sets = (geometry >> 13) & 0x7FFFU;
  const uint32_t ways = (geometry >> 3) & 0x3FFU;
  const uint32_t set_shift = (geometry & 7U) + 4U;
  const uint32_t way_shift = ways == 0U ? 0U : (uint32_t)__builtin_clz(ways);
  for (uint32_t set = 0; set <= sets; ++set) {
    for (uint32_t way = 0; way <= ways; ++way) {
      DCISW = (way << way_shift) | (set << set_shift);
    }
  }
  barrier();
  CCR |= CCR_IC | CCR_DC;
  barrier();
}
#endif

/** Apart from mcugen_reset(), whose own code must not use the FPU before it is on. */
__attribute__((noinline, noreturn)) static void start(void) {
  mcugen_port_early();
#ifdef MCUGEN_CACHES
  enable_caches();
#endif
  fill_memory();
  for (void (*const *entry)(void) = __mcugen_init_start; entry < __mcugen_init_end; ++entry) {
    (*entry)();
  }
  mcugen_board_exit(main());
}

void mcugen_reset(void) {
#if __ARM_ARCH >= 7
  VTOR = (uint32_t)(uintptr_t)vectors;
#endif
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  CPACR |= CPACR_CP10_CP11_FULL;
#endif
#ifdef __ARM_FEATURE_MVE
  CCR |= CCR_LOB; /* low-overhead loops, Armv8.1-M */
#endif
  barrier();
  start();
}
