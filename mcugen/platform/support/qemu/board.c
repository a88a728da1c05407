/**
 * A board in QEMU. Requests and responses are two files of the host, named by the second and third
 * word of the semihosting command line; a word with spaces stands in double quotes. Without them
 * there is nothing to read, and the firmware ends at once.
 */
#include <stddef.h>
#include <stdint.h>

#include "mcugen_board.h"
#include "port.h"
#include "semihosting.h"
#include "ticks.h"

#ifdef MCUGEN_CLOCK
#include "chip.h"
#endif

enum { COMMAND_LINE_BYTES = 1024, CLOSED = -1 };

static int32_t request = CLOSED;
static int32_t response = CLOSED;

static uint32_t length(const char *text) {
  uint32_t count = 0;
  while (text[count] != '\0') {
    ++count;
  }
  return count;
}

static int32_t open_file(const char *name, uint32_t mode) {
  const uintptr_t arguments[3] = {(uintptr_t)name, mode, length(name)};
  return semihosting_call(SYS_OPEN, arguments);
}

/** Returns how many bytes the host did not take. */
static int32_t write_file(int32_t file, const void *data, uint32_t bytes) {
  const uintptr_t arguments[3] = {(uintptr_t)file, (uintptr_t)data, bytes};
  return semihosting_call(SYS_WRITE, arguments);
}

/** Cuts the first word off `*rest`, or returns NULL. */
static char *next_word(char **rest) {
  char *at = *rest;
  while (*at == ' ') {
    ++at;
  }
  if (*at == '\0') {
    return NULL;
  }
  const char end = *at == '"' ? '"' : ' ';
  char *word = end == '"' ? ++at : at;
  while (*at != '\0' && *at != end) {
    ++at;
  }
  if (*at != '\0') {
    *at++ = '\0';
  }
  *rest = at;
  return word;
}

static void fail(const char *text) {
  mcugen_port_report(text);
  mcugen_board_exit(2);
}

static void open_stream(void) {
  char line[COMMAND_LINE_BYTES];
  const uintptr_t arguments[2] = {(uintptr_t)line, sizeof line};
  line[0] = '\0';
  if (semihosting_call(SYS_GET_CMDLINE, arguments) != 0) {
    fail("mcugen: the emulator's command line is too long\n");
  }
  char *rest = line;
  (void)next_word(&rest); /* the program */
  const char *request_name = next_word(&rest);
  const char *response_name = request_name == NULL ? NULL : next_word(&rest);
  if (response_name == NULL) {
    mcugen_board_print("The firmware runs. It got no requests: `mcugen run` sends them.\n");
    return;
  }
  request = open_file(request_name, SEMIHOSTING_READ_BINARY);
  response = open_file(response_name, SEMIHOSTING_WRITE_BINARY);
  if (request < 0 || response < 0) {
    fail("mcugen: cannot open the request or response file\n");
  }
}

void mcugen_board_init(void) {
#ifdef MCUGEN_CLOCK
  mcugen_chip_start(); /* as on the real chip, as far as the machine has its registers */
#endif
  open_stream();
  mcugen_ticks_start();
}

int mcugen_board_read(void *data, uint32_t bytes) {
  const uintptr_t arguments[3] = {(uintptr_t)request, (uintptr_t)data, bytes};
  if (request < 0) {
    return -1;
  }
  /* The result is the number of bytes that were not read. */
  return semihosting_call(SYS_READ, arguments) == 0 ? 0 : -1;
}

void mcugen_board_write(const void *data, uint32_t bytes) {
  if (response >= 0 && bytes != 0U && write_file(response, data, bytes) != 0) {
    fail("mcugen: cannot write the response file\n");
  }
}

void mcugen_board_flush(void) {}

uint32_t mcugen_board_ticks(void) { return mcugen_ticks_read(); }

void mcugen_board_print(const char *text) {
  const int32_t console = open_file(":tt", SEMIHOSTING_WRITE);
  if (console >= 0) {
    (void)write_file(console, text, length(text));
  }
}

void mcugen_port_report(const char *text) { mcugen_board_print(text); }

void mcugen_board_exit(int code) {
  const uint32_t arguments[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)code};
  (void)semihosting_call(SYS_EXIT_EXTENDED, arguments);
  for (;;) {
  }
}
