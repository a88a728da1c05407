/**
 * The board as ESP-IDF knows it: the stream is UART0. main() of the firmware is compiled as
 * mcugen_main(). Set the log and console output to "none" in sdkconfig: they share the port.
 */
#include "mcugen_board.h"

#include <driver/uart.h>
#include <esp_cpu.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

enum { BUFFER_BYTES = 4096 };

int mcugen_main(void);
void app_main(void);

void mcugen_board_init(void) {
  const uart_config_t config = {
      .baud_rate = MCUGEN_BAUD,
      .data_bits = UART_DATA_8_BITS,
      .parity = UART_PARITY_DISABLE,
      .stop_bits = UART_STOP_BITS_1,
      .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
  };
  ESP_ERROR_CHECK(uart_driver_install(UART_NUM_0, BUFFER_BYTES, 0, 0, NULL, 0));
  ESP_ERROR_CHECK(uart_param_config(UART_NUM_0, &config));
}

int mcugen_board_read(void *data, uint32_t bytes) {
  uint8_t *target = (uint8_t *)data;
  while (bytes != 0U) {
    const int count = uart_read_bytes(UART_NUM_0, target, bytes, portMAX_DELAY);
    if (count < 0) {
      return -1;
    }
    target += count;
    bytes -= (uint32_t)count;
  }
  return 0;
}

void mcugen_board_write(const void *data, uint32_t bytes) {
  (void)uart_write_bytes(UART_NUM_0, data, bytes);
}

void mcugen_board_flush(void) { (void)uart_wait_tx_done(UART_NUM_0, portMAX_DELAY); }

uint32_t mcugen_board_ticks(void) { return esp_cpu_get_cycle_count(); }

void mcugen_board_print(const char *text) { (void)text; }

void mcugen_board_exit(int code) {
  (void)code;
  mcugen_board_flush();
  for (;;) {
    vTaskDelay(portMAX_DELAY);
  }
}

void app_main(void) { (void)mcugen_main(); }
