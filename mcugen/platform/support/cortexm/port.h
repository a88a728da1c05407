/** Between the code that all Cortex-M boards share and the port of one. */
#ifndef MCUGEN_PORT_H
#define MCUGEN_PORT_H

#include "mcugen_board.h"

/** Sends a text over whatever still works after a fault; may be called before anything is set up.
 */
void mcugen_port_report(const char *text);

/** The serial port's interrupt, on boards that receive with one. */
void mcugen_port_interrupt(void);

#endif
