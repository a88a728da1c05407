/** An emulated machine's counter: under QEMU's -icount it counts instructions. */
#ifndef MCUGEN_TICKS_H
#define MCUGEN_TICKS_H

#include <stdint.h>

void mcugen_ticks_start(void);
uint32_t mcugen_ticks_read(void);

#endif
