"""Models in TensorFlow Lite Micro, from packs to answers; needs MCUGEN_PACKS."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

import mcugen
from mcugen import api
from mcugen.boards import load_board
from mcugen.errors import InputRejected
from mcugen.toolchain.pio_core import ensure_core, offline_environment
from tests.paths import DIGITS, ROOT, SHARED_NAMES, SINE, needs_emulator, shared_model
from tests.unit.tflite.test_listing import unary

pytestmark = [
    pytest.mark.slow,
    needs_emulator,
    pytest.mark.skipif(
        not os.environ.get("MCUGEN_PACKS"), reason="MCUGEN_PACKS does not name a folder of packs"
    ),
]

THIRD = """\
#include "third.h"
static third_context third;
__attribute__((constructor)) static void start(void) {
  if (third_init_default(&third) != THIRD_OK || third_invoke(&third) != THIRD_OK) {
    __builtin_trap();
  }
}
"""

BOARDS = ("qemu_m4", "qemu_m7", "qemu_m55")


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", ["digits", "sine", *SHARED_NAMES])
def test_every_byte_and_the_least_arena(name: str, board: str, tmp_path: Path) -> None:
    own = {"digits": DIGITS, "sine": SINE}
    model = own.get(name) or shared_model(name)
    built = api.build(model, board, runtime="tflm", output=tmp_path / "p")
    assert built.arena_source == f"emulator ({board})"
    assert (built.arena_head_bytes or 0) + (built.arena_tail_bytes or 0) <= built.arena_bytes
    assert sum(part.size_bytes for part in built.flash_parts) == built.flash_bytes
    result = api.verify(model, board, runtime="tflm", output=tmp_path / "p", count=4)
    assert result.mismatches == 0 and result.output_bytes > 0


def test_nothing_that_needs_a_heap_is_linked(tmp_path: Path) -> None:
    built = api.build(SINE, "qemu_m4", runtime="tflm", output=tmp_path / "p")
    assert built.elf is not None
    with built.elf.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        names = {symbol.name for symbol in table.iter_symbols() if symbol["st_size"]}
    unwanted = re.compile(
        r"(_?malloc(_r)?|_?sbrk(_r)?|_?v?s?n?i?printf(_r)?|__cxa_(throw|guard_acquire|atexit)"
        r"|__gxx_personality_v0|_Unwind_\w+|_ZTI\w+|_Zn[wa]\w+)"
    )
    assert not [name for name in names if unwanted.fullmatch(name)]


def test_an_operator_that_only_tflm_has(tmp_path: Path) -> None:
    model = tmp_path / "floor.tflite"
    model.write_bytes(unary("FLOOR"))
    with pytest.raises(InputRejected, match="FLOOR"):
        api.build(model, "qemu_m4", output=tmp_path / "aot")
    api.build(model, "qemu_m4", runtime="tflm", output=tmp_path / "p")
    assert api.verify(model, "qemu_m4", runtime="tflm", output=tmp_path / "p").mismatches == 0
    profile = api.profile(model, "qemu_m4", runtime="tflm", output=tmp_path / "p")
    assert [layer.kernel for layer in profile.layers] == ["FLOOR"]


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("kernels", ["mcugen", "cmsis-nn"])
def test_weights_of_4_bits(kernels: str, board: str, tmp_path: Path) -> None:
    model = tmp_path / "digits4.tflite"
    api.quantize(DIGITS, model, layers="all")
    folder = tmp_path / "p"
    api.build(model, board, runtime="tflm", output=folder, int4_kernels=kernels)
    profile = api.profile(model, board, runtime="tflm", output=folder)
    assert any("w4a8" in layer.kernel for layer in profile.layers) == (kernels == "mcugen")
    assert api.verify(model, board, runtime="tflm", output=folder, count=4).mismatches == 0


def test_a_given_arena(tmp_path: Path) -> None:
    least = api.build(SINE, "qemu_m4", runtime="tflm", output=tmp_path / "p").arena_bytes
    with pytest.raises(InputRejected, match="short by 16 bytes"):
        api.build(SINE, "qemu_m4", runtime="tflm", output=tmp_path / "q", arena_bytes=least - 16)
    api.build(SINE, "qemu_m4", runtime="tflm", output=tmp_path / "q", arena_bytes=least)
    assert api.run(SINE, "qemu_m4", runtime="tflm", output=tmp_path / "q").outputs


@pytest.mark.parametrize("runtimes", [("tflm", "aot"), ("aot", "tflm", "tflm")])
def test_the_example_with_either_runtime(runtimes: tuple[str, ...], tmp_path: Path) -> None:
    """The application of examples/embed, unchanged; a third model is linked beside its two."""
    project = tmp_path / "embed"
    shutil.copytree(ROOT / "examples" / "embed", project, ignore=shutil.ignore_patterns(".pio"))
    ini = (project / "platformio.ini").read_text()
    ini = ini.replace("${PROJECT_DIR}/../..", str(ROOT)).replace("../..", str(ROOT))
    models = zip(("digits", "sine", "third"), (DIGITS, SINE, SINE), runtimes, strict=False)
    for name, model, runtime in models:
        folder = project / "generated" / name
        mcugen.build(model, "qemu_m4", output=folder, prefix=name, compile=False, runtime=runtime)
    if "third" in os.listdir(project / "generated"):
        ini += "  generated/third/lib\n"
        (project / "src" / "third.c").write_text(THIRD)
    (project / "platformio.ini").write_text(ini)
    done = subprocess.run(
        [sys.executable, "-m", "platformio", "run"],
        cwd=project,
        env=offline_environment(ensure_core()),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    elf = project / ".pio" / "build" / "qemu_m4" / "firmware.elf"
    command = load_board("qemu_m4").emulator_command(elf, ())
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "digit 7, sine -0.9" in done.stdout + done.stderr
    assert done.returncode == 0
