/**
 * What a firmware needs of its board: a byte stream to the host, a counter, and a way out.
 *
 * The stream is a pair of files in an emulator, standard input and output on the host, and a serial
 * port on a board.
 */
#ifndef MCUGEN_BOARD_H
#define MCUGEN_BOARD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Sets up clocks, opens the stream and starts the counter; main() calls it first. */
void mcugen_board_init(void);

/** Waits for `bytes` bytes; returns 0, or -1 if the stream ends before. */
int mcugen_board_read(void *data, uint32_t bytes);

/** Sends `bytes` bytes, perhaps after collecting more. */
void mcugen_board_write(const void *data, uint32_t bytes);

/** Sends what has been collected. */
void mcugen_board_flush(void);

/**
 * A counter that runs upwards and wraps at 32 bits: cycles on a board, the instruction timer in an
 * emulator (the board's manifest says how many ticks an instruction takes), 0 where there is none.
 */
uint32_t mcugen_board_ticks(void);

/** Shows a text to a person: on the emulator's console or the host's stderr; on a board, nowhere.
 */
void mcugen_board_print(const char *text);

/** Ends the program with this exit code; a board has nowhere to go and waits for ever. */
void mcugen_board_exit(int code) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif
