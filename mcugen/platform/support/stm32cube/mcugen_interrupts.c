/** Ties our STM32 port into the vector table and fault handlers of ST's start-up code. */
#include "port.h"

void USART1_IRQHandler(void);
void USART2_IRQHandler(void);
void USART3_IRQHandler(void);

#if MCUGEN_USART == 1
void USART1_IRQHandler(void) { mcugen_port_interrupt(); }
#elif MCUGEN_USART == 2
void USART2_IRQHandler(void) { mcugen_port_interrupt(); }
#else
void USART3_IRQHandler(void) { mcugen_port_interrupt(); }
#endif
