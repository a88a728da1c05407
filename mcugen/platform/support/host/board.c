/** The computer that builds the firmware: standard input and output are the stream. */
#include <stdio.h>
#include <stdlib.h>

#include "mcugen_board.h"

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

void mcugen_board_init(void) {
#ifdef _WIN32
  (void)_setmode(_fileno(stdin), _O_BINARY);
  (void)_setmode(_fileno(stdout), _O_BINARY);
#endif
}

int mcugen_board_read(void *data, uint32_t bytes) {
  return bytes == 0U || fread(data, bytes, 1, stdin) == 1 ? 0 : -1;
}

void mcugen_board_write(const void *data, uint32_t bytes) {
  if (bytes != 0U && fwrite(data, bytes, 1, stdout) != 1) {
    mcugen_board_print("mcugen: cannot write to standard output\n");
    exit(2);
  }
}

void mcugen_board_flush(void) { (void)fflush(stdout); }

/* Nothing counts instructions here, and a clock would make every run differ. */
uint32_t mcugen_board_ticks(void) { return 0; }

void mcugen_board_print(const char *text) { (void)fputs(text, stderr); }

void mcugen_board_exit(int code) { exit(code); }
