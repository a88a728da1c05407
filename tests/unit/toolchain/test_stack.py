"""Stack bounds: against painted stacks in an emulator, and what makes a bound impossible."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mcugen.errors import McugenError
from mcugen.toolchain.stack import StackBound, stack_bound
from tests.unit.toolchain.firmware import CPU_FLAGS, QEMU, build, needs_gcc, needs_qemu

CHAIN = """
#include <string.h>
volatile int sink;
__attribute__((noinline)) static int leaf(int n) {
  volatile unsigned char room[100];
  memset((void *)room, n, sizeof room);
  return room[n & 63];
}
__attribute__((noinline)) static int large(int n) {
  volatile unsigned char room[3000];
  for (int i = 0; i < 3000; i++) room[i] = (unsigned char)i;
  return leaf(n) + room[n & 1023];
}
__attribute__((noinline)) static int small(int n) { volatile int x = n; return leaf(x) + x; }
int work(int n) { return large(n) / (small(n) + 1); }
int main(void) { sink = work(3); return 0; }
"""


def bound_of(elf: Path, root: str = "main") -> StackBound:
    return stack_bound(elf, elf.parent, root)


@needs_gcc
@pytest.mark.parametrize("cpu", CPU_FLAGS)
def test_deepest_chain_is_found_on_every_core(tmp_path: Path, cpu: str) -> None:
    bound = bound_of(build(tmp_path, cpu, {"chain.c": CHAIN}, "-fno-ipa-cp"))
    assert bound.unresolved == ()
    assert bound.bytes == sum(frame for _, frame in bound.path)
    assert 3100 <= bound.bytes <= 3250
    names = [name for name, _ in bound.path]
    assert names[0] == "main"
    assert names[-3:-1] == ["large", "leaf"] or names[-2:] == ["large", "leaf"]


@needs_gcc
@pytest.mark.parametrize(("cpu", "frame"), [("cortex-m4-soft", 32), ("cortex-m55", 104)])
def test_exception_frame_depends_on_the_fpu(tmp_path: Path, cpu: str, frame: int) -> None:
    source = "float x; int main(void) { x = x * 2.5f; return 0; }"
    bound = bound_of(build(tmp_path, cpu, {"main.c": source}))
    assert bound.exception_frame_bytes == frame
    assert bound.bytes is not None
    assert bound.bytes_with_exception == -(-bound.bytes // 8) * 8 + frame


@needs_gcc
def test_recursion_is_named(tmp_path: Path) -> None:
    source = """
    int odd(int n);
    __attribute__((noinline)) int even(int n) { return n ? odd(n - 1) * 2 + 1 : 1; }
    __attribute__((noinline)) int odd(int n) { return n ? even(n - 1) * 3 + 2 : 0; }
    int main(void) { return even(*(volatile int *)0x20000000); }
    """
    bound = bound_of(build(tmp_path, "cortex-m4", {"main.c": source}, optimize="-O1"))
    assert bound.bytes is None
    assert bound.bytes_with_exception is None
    assert len(bound.unresolved) == 1
    assert bound.unresolved[0] in (
        "recursion: even -> odd -> even",
        "recursion: odd -> even -> odd",
    )


@needs_gcc
def test_direct_recursion_is_named(tmp_path: Path) -> None:
    source = """
    __attribute__((noinline)) int tree(int n) { return n < 2 ? 1 : tree(n - 1) + tree(n - 2); }
    int main(void) { return tree(*(volatile int *)0x20000000); }
    """
    bound = bound_of(build(tmp_path, "cortex-m0", {"main.c": source}, optimize="-O1"))
    assert bound.unresolved == ("recursion: tree -> tree",)


@needs_gcc
@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m4"])
@pytest.mark.parametrize("tail", ["", " + 1"])
def test_call_through_a_pointer_is_named(tmp_path: Path, cpu: str, tail: str) -> None:
    source = f"""
    int (*volatile hook)(int);
    __attribute__((noinline)) int dispatch(int n) {{ return hook(n){tail}; }}
    int main(void) {{ return dispatch(3) + 2; }}
    """
    bound = bound_of(build(tmp_path, cpu, {"main.c": source}))
    assert bound.bytes is None
    assert len(bound.unresolved) == 1
    assert bound.unresolved[0].startswith("dispatch: call through a register: b")


@needs_gcc
def test_pointers_that_the_root_does_not_reach_do_no_harm(tmp_path: Path) -> None:
    source = """
    int (*volatile hook)(int);
    __attribute__((noinline)) int plain(int n) { volatile int x = n; return x; }
    int main(void) { return hook(3) + plain(2); }
    """
    elf = build(tmp_path, "cortex-m4", {"main.c": source})
    assert bound_of(elf, "plain") == StackBound(8, (("plain", 8),), (), 32)


@needs_gcc
@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m4"])
def test_variable_frame_is_named(tmp_path: Path, cpu: str) -> None:
    source = """
    void fill(char *room, int n) { for (int i = 0; i < n; i++) room[i] = 1; }
    __attribute__((noinline)) int vla(int n) { char room[n]; fill(room, n); return room[0]; }
    int main(void) { return vla(*(volatile int *)0x20000000); }
    """
    elf = build(tmp_path, cpu, {"main.c": source}, "-fno-inline")
    assert bound_of(elf).unresolved == ("vla: frame of variable size",)
    for usage in tmp_path.glob("*.su"):
        usage.unlink()
    assert [text.partition(":")[0] for text in bound_of(elf).unresolved] == ["vla"]


@needs_gcc
@pytest.mark.parametrize("cpu", CPU_FLAGS)
def test_disassembly_alone_gives_the_compilers_frames(tmp_path: Path, cpu: str) -> None:
    elf = build(tmp_path, cpu, {"chain.c": CHAIN}, "-fno-ipa-cp")
    with_usage = bound_of(elf)
    for usage in tmp_path.glob("*.su"):
        usage.unlink()
    assert bound_of(elf) == with_usage


@needs_gcc
@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m4"])
def test_saved_arguments_of_a_variadic_function_count(tmp_path: Path, cpu: str) -> None:
    """The .su file gives the frame without them; Thumb-1 returns with bx r3 here."""
    source = """
    #include <stdarg.h>
    __attribute__((noinline)) int total(int n, ...) {
      va_list rest;
      va_start(rest, n);
      int sum = 0;
      while (n--) sum += va_arg(rest, int);
      va_end(rest);
      return sum;
    }
    int main(void) { return total(2, 3, 4) + 1; }
    """
    elf = build(tmp_path, cpu, {"main.c": source}, "-fno-inline")
    written = next(p for p in tmp_path.glob("*.su") if "total" in p.read_text()).read_text()
    frame = next(int(line.split("\t")[1]) for line in written.splitlines() if "total" in line)
    bound = bound_of(elf, "total")
    assert bound.unresolved == ()
    assert bound.bytes == frame + 16


@needs_gcc
def test_static_functions_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    template = """
    __attribute__((noinline)) static int helper(int n) {{
      volatile char room[{size}];
      room[n] = 1;
      return room[n & 3];
    }}
    int {name}(int n) {{ return helper(n) + 1; }}
    """
    sources = {
        "one.c": template.format(size=400, name="one"),
        "two.c": template.format(size=40, name="two"),
        "main.c": "int one(int); int two(int); int main(void) { return one(1) + two(2); }",
    }
    elf = build(tmp_path, "cortex-m4", sources)
    assert dict(bound_of(elf, "one").path)["helper"] == 400
    assert dict(bound_of(elf, "two").path)["helper"] == 40
    with pytest.raises(McugenError, match="2 functions named helper"):
        bound_of(elf, "helper")


@needs_gcc
def test_tail_call_is_followed(tmp_path: Path) -> None:
    source = """
    __attribute__((noinline)) int deep(int n) {
      volatile char room[200];
      room[n] = 1;
      return room[3];
    }
    __attribute__((noinline)) int middle(int n) { return deep(n + 1); }
    int main(void) { return middle(3) + 1; }
    """
    bound = bound_of(build(tmp_path, "cortex-m4", {"main.c": source}))
    assert [name for name, _ in bound.path] == ["main", "middle", "deep"]


@needs_gcc
@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m4"])
def test_switch_is_no_call_through_a_pointer(tmp_path: Path, cpu: str) -> None:
    cases = "".join(f"case {i}: return f({i * i}) + {i % 7};" for i in range(40))
    source = f"""
    __attribute__((noinline)) int f(int n) {{ volatile int x = n; return x; }}
    int pick(int n) {{ switch (n) {{ {cases} }} return 9; }}
    int main(void) {{ return pick(*(volatile int *)0x20000000); }}
    """
    for optimize in ("-Os", "-O2"):
        elf = build(tmp_path, cpu, {"main.c": source}, "-fno-ipa-cp", optimize=optimize)
        assert bound_of(elf).unresolved == ()


@needs_gcc
@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m4"])
def test_long_jump_of_the_linker_is_followed(tmp_path: Path, cpu: str) -> None:
    source = """
    __attribute__((section(".ramfunc"), noinline)) int fast(int n) {
      volatile char room[64];
      room[n] = 1;
      return room[3];
    }
    int main(void) { return fast(3) + 1; }
    """
    bound = bound_of(build(tmp_path, cpu, {"main.c": source}))
    assert bound.unresolved == ()
    assert [name for name, _ in bound.path] == ["main", "__fast_veneer", "fast"]


@needs_gcc
def test_assembly_without_frames_written_is_read(tmp_path: Path) -> None:
    source = """
      .syntax unified
      .thumb
      .text
      .global routine
      .thumb_func
    routine:
      push {r4-r7, lr}
      vpush {d8-d9}
      strd r0, r1, [sp, #-8]!
      sub sp, #24
    again:
      subs r0, #1
      bne again
      add sp, #32
      vpop {d8-d9}
      pop {r4-r7, pc}
      .global entry
      .thumb_func
    entry:
      push {r4, lr}
      nop
      @ runs on into the routine below
      .global below
      .thumb_func
    below:
      str lr, [sp, #-4]!
      ldr pc, [sp], #4
    """
    main = "void routine(void); void entry(void); int main(void) { routine(); entry(); return 1; }"
    elf = build(tmp_path, "cortex-m4", {"routine.S": source, "main.c": main})
    assert bound_of(elf, "routine").bytes == 20 + 16 + 8 + 24
    assert bound_of(elf, "entry").path == (("entry", 8), ("below", 4))


@needs_gcc
@pytest.mark.parametrize(
    ("last", "unresolved"),
    [("bx lr", ()), ("bl local", ("recursion: routine -> routine",))],
)
def test_local_subroutine_of_assembly_is_no_recursion_unless_it_calls_itself(
    tmp_path: Path, last: str, unresolved: tuple[str, ...]
) -> None:
    source = f"""
      .syntax unified
      .thumb
      .text
      .global routine
      .type routine, %function
      .thumb_func
    routine:
      push {{r4, lr}}
      bl local
      pop {{r4, pc}}
    local:
      push {{r5, lr}}
      cbz r0, done
      subs r0, #1
    done:
      pop {{r5, lr}}
      {last}
      bx lr
      .size routine, . - routine
    """
    main = "void routine(void); int main(void) { routine(); return 1; }"
    elf = build(tmp_path, "cortex-m4", {"routine.S": source, "main.c": main})
    bound = bound_of(elf, "routine")
    assert bound.unresolved == unresolved
    assert bound.path == (("routine", 16),)


@needs_gcc
def test_root_must_exist_and_so_must_its_directory(tmp_path: Path) -> None:
    elf = build(tmp_path, "cortex-m4", {"main.c": "int main(void) { return 0; }"})
    with pytest.raises(McugenError, match="no function named invoke"):
        bound_of(elf, "invoke")
    with pytest.raises(McugenError, match="not a directory"):
        stack_bound(elf, tmp_path / "missing")
    with pytest.raises(McugenError, match="was not found"):
        stack_bound(elf, tmp_path, objdump="no-such-objdump")


def test_host_program_has_no_bound(tmp_path: Path) -> None:
    header = bytearray(64)
    header[:7] = b"\x7fELF\x02\x01\x01"
    header[16:20] = (2).to_bytes(2, "little") + (62).to_bytes(2, "little")
    (tmp_path / "program").write_bytes(header)
    bound = stack_bound(tmp_path / "program", tmp_path)
    assert bound.bytes is None
    assert bound.unresolved == ("stack bounds are for Arm programs, not EM_X86_64",)


PAINTED = """
#include <stdint.h>
int work(int n);
extern char stack_top[];
static void semihost(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}
static char text[] = "00000000\\n";
int main(void) {
  volatile uint32_t *low = (volatile uint32_t *)(stack_top - 0x3800), *sp;
  __asm__ volatile("mov %0, sp" : "=r"(sp));
  for (volatile uint32_t *at = low; at < sp; at++) *at = 0xC0FFEE11u;
  work(3);
  volatile uint32_t *at = low;
  while (*at == 0xC0FFEE11u) at++;
  uint32_t used = (uint32_t)((uintptr_t)sp - (uintptr_t)at);
  for (int i = 7; i >= 0; i--, used >>= 4) text[i] = "0123456789abcdef"[used & 15];
  semihost(4, text);
  semihost(0x18, (const void *)0x20026);
  for (;;) {}
}
"""

FLOATS = """
#include <stdint.h>
#include <string.h>
#include <math.h>
volatile float in = 1.5f; volatile double wide = 3.25; volatile int64_t big = 123456789012345;
__attribute__((noinline)) static float mix(float a, float b, float c, float d, int n) {
  float room[32];
  for (int i = 0; i < 32; i++) room[i] = a * b + c * (float)i - d * (float)n;
  float moved[32];
  memcpy(moved, room, sizeof room);
  return expf(moved[n & 31] * 0.01f) + sqrtf(moved[3]) + tanhf(in);
}
__attribute__((noinline)) static double doubles(double x, int n) {
  return x / wide + (double)(big / (n + 1)) + log(x);
}
int work(int n) { return (int)mix(in, in, in, in, n) + (int)doubles(wide, n); }
"""


@pytest.mark.slow
@pytest.mark.emulator
@needs_gcc
@needs_qemu
@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m4", "cortex-m4-soft"])
@pytest.mark.parametrize("program", ["chain", "floats"])
def test_painted_stack_stays_within_the_bound(tmp_path: Path, cpu: str, program: str) -> None:
    work = CHAIN[: CHAIN.index("int main")] if program == "chain" else FLOATS
    sources = {"main.c": PAINTED, "work.c": work, "start.c": FPU_START}
    elf = build(tmp_path, cpu, sources)
    command = [QEMU, "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"]
    command += ["-semihosting-config", "enable=on,target=native", "-kernel", str(elf)]
    run = subprocess.run(command, capture_output=True, timeout=30, check=False)
    measured = int((run.stdout + run.stderr).decode().strip(), 16)
    bound = bound_of(elf, "work")
    assert bound.unresolved == ()
    assert bound.bytes is not None
    assert measured <= bound.bytes
    # Calls that the run did not take and tail calls leave some room, not much.
    assert bound.bytes <= measured + 300


FPU_START = """
extern char stack_top[];
int main(void);
__attribute__((used)) void reset(void) {
#ifdef __ARM_FP
  *(volatile unsigned *)0xE000ED88 |= 0xF << 20;
  __asm__ volatile("dsb\\nisb");
#endif
  main();
}
__attribute__((section(".vectors"), used)) void *const vectors[] = {stack_top, reset};
"""
