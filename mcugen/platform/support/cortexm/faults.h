/** Where unexpected exceptions end. */
#ifndef MCUGEN_FAULTS_H
#define MCUGEN_FAULTS_H

#include "port.h"

/** Reports exception and program counter, then ends with exit code 128 + exception number. */
void mcugen_fault_entry(void);

/**
 * Every interrupt but the serial port's. Unexpected, unless an application defines this function
 * and asks IPSR which one it is.
 */
void mcugen_interrupt(void);

#endif
