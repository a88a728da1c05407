/**
 * What newlib asks of a system, for firmware that uses malloc() or printf(); mcugen's own code does
 * not, and then none of it is linked.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "mcugen_board.h"

extern char __mcugen_heap_start[];
extern char __mcugen_heap_end[];

void *_sbrk(ptrdiff_t bytes);
int _write(int file, const char *data, int bytes);
int _read(int file, char *data, int bytes);
int _close(int file);
int _fstat(int file, struct stat *status);
int _isatty(int file);
int _lseek(int file, int offset, int whence);
int _getpid(void);
int _kill(int process, int signal);
void _exit(int code) __attribute__((noreturn));

/** The heap is what .data, .bss and the arena leave of their region. */
__attribute__((weak)) void *_sbrk(ptrdiff_t bytes) {
  static char *top = __mcugen_heap_start;
  char *old = top;
  if (bytes > __mcugen_heap_end - top || bytes < __mcugen_heap_start - top) {
    errno = ENOMEM;
    return (void *)-1; /* newlib's convention */
  }
  top += bytes;
  return old;
}

__attribute__((weak)) int _write(int file, const char *data, int bytes) {
  (void)file;
  for (int i = 0; i < bytes; ++i) {
    const char text[2] = {data[i], '\0'};
    mcugen_board_print(text);
  }
  return bytes;
}

__attribute__((weak)) int _read(int file, char *data, int bytes) {
  (void)file;
  (void)data;
  (void)bytes;
  return 0;
}

__attribute__((weak)) int _close(int file) {
  (void)file;
  return -1;
}

__attribute__((weak)) int _fstat(int file, struct stat *status) {
  (void)file;
  status->st_mode = S_IFCHR;
  return 0;
}

__attribute__((weak)) int _isatty(int file) {
  (void)file;
  return 1;
}

__attribute__((weak)) int _lseek(int file, int offset, int whence) {
  (void)file;
  (void)offset;
  (void)whence;
  return 0;
}

__attribute__((weak)) int _getpid(void) { return 1; }

__attribute__((weak)) int _kill(int process, int signal) {
  (void)process;
  (void)signal;
  errno = EINVAL;
  return -1;
}

__attribute__((weak)) void _exit(int code) { mcugen_board_exit(code); }
