"""Our platform on every board: built by `pio run`, run in QEMU, linked for real boards."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import time
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from mcugen.boards import Board, list_boards, load_board
from mcugen.toolchain.elf import read_sizes
from mcugen.toolchain.pio import copy_platform, run_pio

BOARDS = [board for board in list_boards() if board.has_own_port]
EMULATED = [board.id for board in BOARDS if board.is_emulated]
REAL = [board.id for board in BOARDS if board.kind == "board"]
LOOPS = (1_000, 101_000)
INSTRUCTIONS_PER_LOOP = 2
FAULT, EXIT = 0xFFFFFFFF, 0xFFFFFFFE

# Answers each request with: length, ticks of two loops, a variable from .data, one from .bss, one
# that a constructor set, and the request's bytes.
MAIN_C = """\
#include "mcugen_board.h"

static uint32_t initialised = 0x12345678U;
static uint32_t zeroed[4];
static uint32_t constructed;
static float factor = 2.5F;
static uint8_t arena[1024] __attribute__((section(ARENA), aligned(16)));

__attribute__((constructor)) static void construct(void) { constructed = 42; }

__attribute__((noinline)) static uint32_t loop(uint32_t count) {
  const uint32_t start = mcugen_board_ticks();
#ifdef __arm__
  __asm volatile(".syntax unified\\n1: subs %0, #1\\n\\tbne 1b\\n\\t" : "+l"(count) : : "cc");
#endif
  (void)count;
  return mcugen_board_ticks() - start;
}

int main(void) {
  uint32_t length;
  mcugen_board_init();
  while (mcugen_board_read(&length, sizeof length) == 0) {
    if (length == 0xFFFFFFFFU) {
      __builtin_trap();
    }
    if (length > sizeof arena || mcugen_board_read(arena, length) != 0) {
      mcugen_board_exit(7);
    }
    const uint32_t scaled = (uint32_t)((float)length * factor);
    const uint32_t reply[7] = {length,    loop(1000),  loop(101000), initialised,
                               zeroed[1], constructed, scaled};
    mcugen_board_write(reply, sizeof reply);
    mcugen_board_write(arena, length);
    mcugen_board_flush();
  }
  mcugen_board_exit(0);
}
"""
REPLY = struct.Struct("<7I")

needs_arm = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed"
)
needs_qemu = pytest.mark.skipif(
    shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed"
)
emulated = [pytest.mark.slow, pytest.mark.emulator, needs_arm, needs_qemu]


def _build(board: Board, folder: Path, main_c: str = MAIN_C) -> Path:
    copy_platform(board, folder / "platform")
    (folder / "src").mkdir()
    (folder / "src" / "main.c").write_text(main_c)
    (folder / "platformio.ini").write_text(
        f"[env:{board.id}]\nplatform = symlink://platform\nboard = {board.id}\n"
        "build_flags = -Wall -Wextra -Wconversion -Wshadow -Werror "
        "'-DARENA=\".mcugen_arena\"'\n"
    )
    result = run_pio(folder, board.id)
    assert result.returncode == 0, result.output
    return folder / ".pio" / "build" / board.id / "firmware.elf"


def _emulate(board: Board, elf: Path, request: bytes) -> tuple[int, str, bytes]:
    """Exit code, console text and response."""
    source, target = elf.parent / "request 1.bin", elf.parent / "response.bin"
    source.write_bytes(request)
    command = board.emulator_command(elf, (str(source), str(target)))
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
    )
    return done.returncode, done.stdout + done.stderr, target.read_bytes()


def _check_reply(response: bytes, text: bytes) -> tuple[int, int]:
    """The two tick counts, after checking everything else."""
    length, first, second, *memory = REPLY.unpack_from(response)
    assert length == len(text)
    assert memory == [0x12345678, 0, 42, int(len(text) * 2.5)]
    assert response[REPLY.size : REPLY.size + length] == text
    return first, second


def _frame(text: bytes) -> bytes:
    return struct.pack("<I", len(text)) + text


@pytest.mark.parametrize("board_id", [pytest.param(b, marks=emulated) for b in EMULATED])
def test_emulated_board(tmp_path: Path, board_id: str) -> None:
    board = load_board(board_id)
    elf = _build(board, tmp_path)
    request = _frame(b"hello") + _frame(bytes(range(256)) * 4)
    code, text, response = _emulate(board, elf, request)
    assert (code, text) == (0, "")
    first, second = _check_reply(response, b"hello")
    _check_reply(response[REPLY.size + 5 :], bytes(range(256)) * 4)

    assert board.ticks_per_instruction is not None
    expected = INSTRUCTIONS_PER_LOOP * LOOPS[0]
    assert abs(first / board.ticks_per_instruction - expected) < 40
    difference = INSTRUCTIONS_PER_LOOP * (LOOPS[1] - LOOPS[0])
    assert abs((second - first) / board.ticks_per_instruction - difference) <= 3
    assert _emulate(board, elf, request) == (code, text, response)

    assert _emulate(board, elf, struct.pack("<I", EXIT))[0] == 7
    code, text, _ = _emulate(board, elf, struct.pack("<I", FAULT))
    assert code == 131
    assert text.startswith("mcugen: fault, exception 3, pc 0x")

    uploaded = run_pio(tmp_path, board_id, "upload")
    assert uploaded.returncode == 0, uploaded.output
    assert "The firmware runs." in uploaded.output


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_host(tmp_path: Path) -> None:
    elf = _build(load_board("host"), tmp_path)
    done = subprocess.run([elf], input=_frame(b"hello"), capture_output=True, check=False)
    assert done.returncode == 0
    assert _check_reply(done.stdout, b"hello") == (0, 0)
    assert subprocess.run([elf], input=_frame(b"x" * 2000), check=False).returncode == 7


@pytest.mark.slow
@needs_arm
@pytest.mark.parametrize("board_id", REAL)
def test_real_board(tmp_path: Path, board_id: str) -> None:
    board = load_board(board_id)
    elf = _build(board, tmp_path)
    regions = {region.name: region for region in board.regions}
    places = board.manifest["mcugen"]["placement"]
    with elf.open("rb") as stream:
        image = ELFFile(stream)
        sections = {section.name: section for section in image.iter_sections()}
        symbols = {s.name: s["st_value"] for s in sections[".symtab"].iter_symbols()}
        vectors = struct.unpack_from("<18I", sections[".vectors"].data())
        for name, place in (("text", "text"), ("rodata", "rodata"), ("data", "data")):
            region = regions[places[place]]
            address = sections[f".{name}"]["sh_addr"]
            assert region.origin <= address < region.origin + region.length_bytes
        assert sections[".vectors"]["sh_addr"] == regions["FLASH"].origin
        assert sections[".mcugen_arena"]["sh_type"] == "SHT_NOBITS"
        assert sections[".mcugen_arena"]["sh_addr"] % 16 == 0
        assert sections[".stack"]["sh_size"] == board.stack_bytes
        # The lowest bytes of its region: what overflows leaves the RAM.
        assert sections[".stack"]["sh_addr"] == regions[places["stack"]].origin
    assert vectors[0] == symbols["__mcugen_stack_top"]
    assert vectors[1] == symbols["mcugen_reset"] and vectors[1] % 2 == 1
    assert vectors[3] == symbols["mcugen_fault_entry"]
    sizes = read_sizes(elf)
    assert sizes.flash_bytes < 8192
    assert sizes.ram_bytes < board.stack_bytes + 1024 + 4096
    _check_upload(tmp_path, board_id)


def _check_upload(folder: Path, board_id: str) -> None:
    """No probe is attached here: the flash tool fails, or there is none."""
    start = time.monotonic()
    result = run_pio(folder, board_id, "upload")
    assert result.returncode == 1
    assert time.monotonic() - start < 30
    if shutil.which("openocd"):
        assert "open failed" in result.output
    elif not any(map(shutil.which, ("st-flash", "pyocd"))):
        assert "apt install openocd" in result.output


@pytest.mark.slow
@pytest.mark.emulator
@needs_arm
@needs_qemu
def test_nucleo_image_on_an_emulated_stm32f4(tmp_path: Path) -> None:
    """The unchanged image: clocks that never get ready, USART2, the receive interrupt, faults."""
    elf = _build(load_board("nucleo_f446re"), tmp_path)
    command = ["qemu-system-arm", "-M", "netduinoplus2", "-display", "none", "-monitor", "none"]
    command += ["-serial", "null", "-serial", "stdio", "-kernel", str(elf)]
    text = bytes(range(256)) * 4
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as machine:
        assert machine.stdin is not None and machine.stdout is not None
        try:
            time.sleep(2)  # as after a reset, what arrives before the port is open is lost
            machine.stdin.write(_frame(text))
            machine.stdin.flush()
            _check_reply(machine.stdout.read(REPLY.size + len(text)), text)
            machine.stdin.write(struct.pack("<I", FAULT))
            machine.stdin.flush()
            assert machine.stdout.readline().startswith(b"mcugen: fault, exception 3, pc 0x080")
        finally:
            machine.kill()


@pytest.mark.slow
@needs_arm
@pytest.mark.parametrize("board_id", ["qemu_m55", "disco_f746ng"])
def test_image_is_the_same_in_another_folder(tmp_path: Path, board_id: str) -> None:
    digests = set()
    for name in ("one", "a longer name"):
        folder = tmp_path / name
        data = _build(load_board(board_id), folder).read_bytes()
        assert str(tmp_path).encode() not in data
        digests.add(hashlib.sha256(data).hexdigest())
    assert len(digests) == 1


@pytest.mark.slow
@pytest.mark.emulator
@needs_arm
@needs_qemu
def test_one_megabyte_of_constants_and_400_kilobytes_of_arena(tmp_path: Path) -> None:
    board = load_board("qemu_m55")
    big = MAIN_C.replace("arena[1024]", "arena[409600]").replace(
        "int main(void) {",
        "extern const uint8_t weights[1048576];\nint main(void) {\n  zeroed[1] = weights[1048575];",
    )
    weights = "#include <stdint.h>\nextern const uint8_t weights[1048576];\n"
    weights += "const uint8_t weights[1048576] = {[0] = 1, [1048575] = 0};\n"
    library = tmp_path / "lib" / "weights"
    library.mkdir(parents=True)
    (library / "weights.h").write_text("")
    (library / "weights.c").write_text(weights)
    elf = _build(board, tmp_path, '#include "weights.h"\n' + big)
    code, text, response = _emulate(board, elf, _frame(b"w" * 400_000))
    assert (code, text) == (0, "")
    assert response[REPLY.size :] == b"w" * 400_000


@pytest.mark.slow
@needs_arm
def test_overflow_names_the_region(tmp_path: Path) -> None:
    main_c = MAIN_C.replace("arena[1024]", "arena[200000]")
    with pytest.raises(AssertionError, match=r"region `RAM' overflowed by \d+ bytes"):
        _build(load_board("nucleo_f446re"), tmp_path, main_c)
