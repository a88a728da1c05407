/**
 * A QEMU plugin that counts how often each block of instructions is executed between two markers.
 *
 *   -plugin count_blocks.so,begin=ADDRESS,end=ADDRESS[,end=ADDRESS...],out=FILE
 *
 * Counting starts where execution reaches `begin` and stops at any `end`; both must be reached by a
 * jump, a call or a return, which is where QEMU starts a block. At each stop FILE is written anew:
 * a line for each block that was executed, with its address, number of instructions, executions,
 * and how often another address than the one that follows was executed next (the taken branches).
 *
 * A block that was translated several times has several lines.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What QEMU's plugin interface, version 1, offers: as far as it is used here. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS = 0 };
typedef void (*translated_function)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*executed_function)(unsigned int vcpu, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated_function function);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, executed_function function,
                                          int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

enum { MOST_ENDS = 16 };

typedef struct Block {
  struct Block *next;
  uint64_t address;
  uint64_t end; /* the address that follows */
  uint64_t instructions;
  uint64_t executions;
  uint64_t taken;
} Block;

static Block *blocks;
static Block *last; /* the block executed before, while counting */
static int counting;
static uint64_t begin;
static uint64_t ends[MOST_ENDS];
static int end_count;
static const char *out;

static void write_counts(void) {
  FILE *file = fopen(out, "w");
  if (file == NULL) {
    perror(out);
    return;
  }
  for (const Block *block = blocks; block != NULL; block = block->next) {
    if (block->executions != 0) {
      fprintf(file, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", block->address,
              block->instructions, block->executions, block->taken);
    }
  }
  fclose(file);
}

static void on_executed(unsigned int vcpu, void *data) {
  Block *block = data;
  (void)vcpu;
  if (last != NULL && block->address != last->end) {
    last->taken++;
  }
  for (int i = 0; counting && i < end_count; ++i) {
    if (block->address == ends[i]) {
      counting = 0;
      last = NULL;
      write_counts();
    }
  }
  if (block->address == begin) {
    counting = 1;
  }
  if (counting) {
    block->executions++;
    last = block;
  }
}

static void on_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  const size_t count = qemu_plugin_tb_n_insns(tb);
  const struct qemu_plugin_insn *final = qemu_plugin_tb_get_insn(tb, count - 1);
  Block *block = calloc(1, sizeof *block);
  (void)id;
  if (block == NULL) {
    abort();
  }
  block->address = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
  block->end = qemu_plugin_insn_vaddr(final) + qemu_plugin_insn_size(final);
  block->instructions = count;
  block->next = blocks;
  blocks = block;
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    const char *value = strchr(argv[i], '=');
    if (value == NULL) {
      return -1;
    }
    value++;
    if (strncmp(argv[i], "begin=", 6) == 0) {
      begin = strtoull(value, NULL, 0);
    } else if (strncmp(argv[i], "end=", 4) == 0 && end_count < MOST_ENDS) {
      ends[end_count++] = strtoull(value, NULL, 0);
    } else if (strncmp(argv[i], "out=", 4) == 0) {
      out = strdup(value);
    } else {
      fprintf(stderr, "count_blocks: unknown argument %s\n", argv[i]);
      return -1;
    }
  }
  if (out == NULL || end_count == 0) {
    return -1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
  return 0;
}
