"""Board manifests: those that come with mcugen, and what is said of a wrong one."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mcugen.boards import Board, list_boards, load_board
from mcugen.boards.load import BOARDS_DIR
from mcugen.errors import InputRejected
from mcugen.platform.builder.linker_script import linker_script

OWN_PORT = ("disco_f746ng", "nucleo_f446re", "nucleo_f746zg", "nucleo_f767zi", "disco_f407vg")
IDS = sorted(path.stem for path in BOARDS_DIR.glob("*.json"))


def _manifest(board_id: str = "qemu_m4") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((BOARDS_DIR / f"{board_id}.json").read_text())
    return loaded


def _save(tmp_path: Path, manifest: object, name: str = "mine.json") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(manifest))
    return path


def test_list_has_every_file_once() -> None:
    boards = list_boards()
    assert sorted(board.id for board in boards) == IDS
    assert boards[0].id == "host"


@pytest.mark.parametrize("board_id", IDS)
def test_totals_agree_with_platformio_figures(board_id: str) -> None:
    board = load_board(board_id)
    upload = board.manifest["upload"]
    assert board.flash_bytes == upload["maximum_size"]
    assert board.ram_bytes == upload["maximum_ram_size"]
    assert board.manifest["mcugen"]["sources"]
    assert board.has_own_port == (board.default_framework is None)


@pytest.mark.parametrize("board_id", OWN_PORT)
def test_real_board_with_own_port(board_id: str) -> None:
    board = load_board(board_id)
    assert board.kind == "board"
    assert board.default_framework is None
    assert board.ticks_per_instruction is None
    assert board.serial_baud == 921600


def test_disco_f746ng() -> None:
    board = load_board("disco_f746ng")
    assert board.cpu_flags == (
        "-mcpu=cortex-m7",
        "-mthumb",
        "-mfloat-abi=hard",
        "-mfpu=fpv5-sp-d16",
    )
    assert (board.flash_bytes, board.ram_bytes) == (1 << 20, 320 << 10)
    assert board.f_cpu_hz == 216_000_000
    assert "stm32cube" in board.frameworks


def test_emulator_command_quotes_spaces_and_commas() -> None:
    board = load_board("qemu_m4")
    command = board.emulator_command(Path("a.elf"), ("/tmp/re quest,1", "/tmp/out"))
    assert 'enable=on,target=native,arg=mcugen,arg="/tmp/re quest,,1",arg=/tmp/out' in command
    assert command[-2:] == ["-kernel", "a.elf"]
    assert board.ticks_per_instruction == Fraction(8, 5)


def test_emulator_command_of_a_real_board() -> None:
    with pytest.raises(ValueError, match="not emulated"):
        load_board("disco_f746ng").emulator_command(Path("a.elf"))


@pytest.mark.parametrize("name", ["disco_f764ng", "DISCO-F746NG", "qemu-m4x"])
def test_unknown_id_names_the_nearest(name: str) -> None:
    with pytest.raises(InputRejected) as caught:
        load_board(name)
    assert "did you mean" in caught.value.hint


@pytest.mark.parametrize("name", ["../boards/host", "..", "", "host\n", "qemu_m4.json"])
def test_id_that_is_no_id(name: str) -> None:
    with pytest.raises(InputRejected):
        load_board(name)


def test_own_file(tmp_path: Path) -> None:
    board = load_board(_save(tmp_path, _manifest()))
    assert board.id == "mine"
    assert board.manifest == _manifest()


def _without(key: str) -> dict[str, Any]:
    manifest = _manifest()
    del manifest["mcugen"][key]
    return manifest


def _with(path: str, value: object, board_id: str = "qemu_m4") -> dict[str, Any]:
    manifest: Any = _manifest(board_id)
    *parents, last = path.split("/")
    inner = manifest
    for key in parents:
        inner = inner[int(key) if key.isdigit() else key]
    inner[last] = value
    return dict(manifest)


INVALID: dict[str, tuple[object, str]] = {
    "no_object": ([], "the file must be an object"),
    "no_section": ({"name": "x"}, "mcugen is missing"),
    "no_core": (_without("core"), "mcugen.core is missing"),
    "unknown_core": (_with("mcugen/core", "cortex-m4 -O0"), "mcugen.core is not acceptable"),
    "unknown_fpu": (_with("mcugen/fpu", "vfp"), "mcugen.fpu must be one of"),
    "number_as_text": (_with("mcugen/stack_bytes", "2048"), "mcugen.stack_bytes must be int"),
    "true_as_number": (_with("mcugen/stack_bytes", True), "mcugen.stack_bytes must be int"),
    "no_stack": (_with("mcugen/stack_bytes", 0), "mcugen.stack_bytes must be between"),
    "decimal_origin": (_with("mcugen/regions/0/origin", "0"), "regions[0].origin must be"),
    "region_name": (_with("mcugen/regions/0/name", "FLASH } x"), "regions[0].name is not"),
    "overlap": (_with("mcugen/regions/1/origin", "0x00001000"), "regions overlap: FLASH and RAM"),
    "unknown_place": (_with("mcugen/placement/arena", "TCM"), "placement.arena names a region"),
    "arena_in_flash": (_with("mcugen/placement/arena", "FLASH"), "arena must be a RAM region"),
    "no_such_source": (_with("mcugen/port/sources", ["qemu/none.c"]), "port.sources names a file"),
    "source_outside": (_with("mcugen/port/sources", ["../x/y.c"]), "port.sources names a file"),
    "define": (_with("mcugen/port/defines", {"X": "1"}), "port.defines.X must be named MCUGEN_"),
    "define_value": (
        _with("mcugen/port/defines", {"MCUGEN_X": "1 -DY"}),
        "port.defines.MCUGEN_X is not acceptable",
    ),
    "machine": (_with("mcugen/emulator/machine", "x,y"), "emulator.machine is not acceptable"),
    "ticks": (_with("mcugen/ticks_per_instruction", [1, 0]), "ticks_per_instruction must be"),
    "speed": (_with("build/f_cpu", "fast"), "build.f_cpu must be a frequency"),
    "no_port": (_with("mcugen/port", None), "mcugen.port is null"),
    "tool": (
        _with("mcugen/upload", {"rm": "-rf"}, "disco_f746ng"),
        "mcugen.upload must name one or more of openocd",
    ),
}


@pytest.mark.parametrize("defect", INVALID)
def test_invalid_file_names_file_and_key(tmp_path: Path, defect: str) -> None:
    manifest, message = INVALID[defect]
    with pytest.raises(InputRejected) as caught:
        load_board(_save(tmp_path, manifest))
    assert "mine.json" in caught.value.message
    assert message in caught.value.message


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"name": NaN'])
def test_invalid_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(InputRejected, match=r"mine\.json"):
        load_board(path)


def test_file_name_must_be_an_id(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="named after its id"):
        load_board(_save(tmp_path, _manifest(), "My Board.json"))


LINKED = [board for board in list_boards() if board.has_own_port and board.kind != "host"]


@pytest.mark.parametrize("board", LINKED, ids=lambda board: board.id)
def test_linker_script_has_every_region(board: Board) -> None:
    text = linker_script(board.manifest["mcugen"], board.stack_bytes)
    for region in board.regions:
        assert f"  {region.name} (" in text
    assert f". += {board.stack_bytes};" in text
    assert text == linker_script(board.manifest["mcugen"], board.stack_bytes)
