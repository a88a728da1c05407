/**
 * Clock tree of STM32F405/407 (ST RM0090), STM32F446 (RM0390), STM32F74x (RM0385) and STM32F76x
 * (RM0410), whose reset, power and flash controllers agree in all that is used here: chapters
 * "Reset and clock control", "Power controller" and "Embedded flash memory interface".
 *
 * The board says: MCUGEN_SYSTEM_MHZ, MCUGEN_HSE_MHZ and whether the HSE is an external clock
 * (MCUGEN_HSE_BYPASS), MCUGEN_FLASH_WAIT_STATES for 2.7 to 3.6 V, MCUGEN_VOS for voltage scale 1,
 * and MCUGEN_OVERDRIVE if the speed needs it.
 */
#include "chip.h"

#define RCC 0x40023800U
#define RCC_CR (RCC + 0x00U)
#define RCC_PLLCFGR (RCC + 0x04U)
#define RCC_CFGR (RCC + 0x08U)
#define RCC_AHB1ENR (RCC + 0x30U)
#define RCC_APB1ENR (RCC + 0x40U)
#define RCC_APB2ENR (RCC + 0x44U)
#define CR_HSEON (1U << 16)
#define CR_HSERDY (1U << 17)
#define CR_HSEBYP (1U << 18)
#define CR_PLLON (1U << 24)
#define CR_PLLRDY (1U << 25)
#define PLLCFGR_M_N_P_SRC ((0x3FU << 0) | (0x1FFU << 6) | (3U << 16) | (1U << 22))
#define PLLCFGR_SRC_HSE (1U << 22)
#define CFGR_SW (3U << 0)
#define CFGR_SW_PLL (2U << 0)
#define CFGR_SWS (3U << 2)
#define CFGR_SWS_PLL (2U << 2)
#define CFGR_PRESCALERS ((0xFU << 4) | (7U << 10) | (7U << 13))
#define CFGR_APB1_DIV4 (5U << 10)
#define CFGR_APB2_DIV2 (4U << 13)
#define APB1ENR_PWREN (1U << 28)

#define PWR_CR 0x40007000U
#define PWR_CSR 0x40007004U
#define CR_VOS_SHIFT 14
#define CR_ODEN (1U << 16)
#define CR_ODSWEN (1U << 17)
#define CSR_ODRDY (1U << 16)
#define CSR_ODSWRDY (1U << 17)

#define FLASH_ACR 0x40023C00U
#define ACR_LATENCY 0xFU
#define ACR_PRFTEN (1U << 8)
#define ACR_BIT9 (1U << 9)   /* F4: ICEN, instruction cache; F7: ARTEN, the accelerator */
#define ACR_BIT10 (1U << 10) /* F4: DCEN, data cache; F7: reserved */

#define GPIOA 0x40020000U
#define GPIO_STEP 0x400U
#define HSI_MHZ 16U

static uint32_t system_hz = HSI_MHZ * 1000000U;
static uint32_t apb1_divider = 1U;
static uint32_t apb2_divider = 1U;

/** The oscillator of the board if it runs, else the chip's own. */
static uint32_t start_source(void) {
#ifdef MCUGEN_HSE_BYPASS
  MCUGEN_REGISTER(RCC_CR) |= CR_HSEBYP;
#endif
  MCUGEN_REGISTER(RCC_CR) |= CR_HSEON;
  if (mcugen_wait(RCC_CR, CR_HSERDY, CR_HSERDY) == 0) {
    return PLLCFGR_SRC_HSE | MCUGEN_HSE_MHZ;
  }
  return HSI_MHZ;
}

/** The voltage that full speed needs; must be set before the PLL is on. */
static void start_power(void) {
  MCUGEN_REGISTER(RCC_APB1ENR) |= APB1ENR_PWREN;
  (void)MCUGEN_REGISTER(RCC_APB1ENR); /* the clock takes effect after two cycles */
  mcugen_modify(PWR_CR, (uint32_t)MCUGEN_VOS << CR_VOS_SHIFT, (uint32_t)MCUGEN_VOS << CR_VOS_SHIFT);
}

static void start_overdrive(void) {
#ifdef MCUGEN_OVERDRIVE
  MCUGEN_REGISTER(PWR_CR) |= CR_ODEN;
  (void)mcugen_wait(PWR_CSR, CSR_ODRDY, CSR_ODRDY);
  MCUGEN_REGISTER(PWR_CR) |= CR_ODSWEN;
  (void)mcugen_wait(PWR_CSR, CSR_ODSWRDY, CSR_ODSWRDY);
#endif
}

static void start_flash(void) {
#ifdef MCUGEN_FLASH_ACCELERATOR
  const uint32_t bits = ACR_PRFTEN | ACR_BIT9;
#else
  const uint32_t bits = ACR_PRFTEN | ACR_BIT9 | ACR_BIT10;
#endif
  mcugen_modify(FLASH_ACR, ACR_LATENCY, MCUGEN_FLASH_WAIT_STATES | bits);
  (void)mcugen_wait(FLASH_ACR, ACR_LATENCY, MCUGEN_FLASH_WAIT_STATES);
}

void mcugen_chip_start(void) {
  start_power();
  /* 1 MHz into the PLL, twice the system clock out of its oscillator, P = 2. */
  const uint32_t source_and_m = start_source();
  mcugen_modify(RCC_PLLCFGR, PLLCFGR_M_N_P_SRC, source_and_m | (2U * MCUGEN_SYSTEM_MHZ) << 6);
  MCUGEN_REGISTER(RCC_CR) |= CR_PLLON;
  start_overdrive();
  if (mcugen_wait(RCC_CR, CR_PLLRDY, CR_PLLRDY) != 0) {
    return;
  }
  start_flash();
  mcugen_modify(RCC_CFGR, CFGR_PRESCALERS, CFGR_APB1_DIV4 | CFGR_APB2_DIV2);
  mcugen_modify(RCC_CFGR, CFGR_SW, CFGR_SW_PLL);
  if (mcugen_wait(RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL) == 0) {
    system_hz = MCUGEN_SYSTEM_MHZ * 1000000U;
    apb1_divider = 4U;
    apb2_divider = 2U;
  }
}

uint32_t mcugen_chip_enable_serial(void) {
  MCUGEN_REGISTER(RCC_AHB1ENR) |= (1U << MCUGEN_TX_PORT) | (1U << MCUGEN_RX_PORT);
#if MCUGEN_USART == 1
  MCUGEN_REGISTER(RCC_APB2ENR) |= 1U << 4;
  (void)MCUGEN_REGISTER(RCC_APB2ENR);
  return system_hz / apb2_divider;
#else
  MCUGEN_REGISTER(RCC_APB1ENR) |= 1U << (15 + MCUGEN_USART); /* USART2: 17, USART3: 18 */
  (void)MCUGEN_REGISTER(RCC_APB1ENR);
  return system_hz / apb1_divider;
#endif
}

uint32_t mcugen_chip_gpio(uint32_t port) { return GPIOA + GPIO_STEP * port; }
