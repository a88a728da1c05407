"""The project around the library."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mcugen.boards import list_boards, load_board
from mcugen.errors import McugenError
from mcugen.project.writer import OPTIMIZE, project_files
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.runtimes.aot.runtime import AotProgram
from tests.unit.runtimes.aot.graphs import SHA, ports_graph, relu_graph

ROOT = Path(__file__).resolve().parents[3]


def written(board: str, framework: str | None = None) -> dict[str, str]:
    """The project's files as text."""
    project = project_files(
        AotProgram(lower_graph(relu_graph())), load_board(board), "kws", SHA, framework
    )
    return {p: t if isinstance(t, str) else t.decode() for p, t in project.files.items()}


@pytest.mark.parametrize("board", [b.id for b in list_boards()])
def test_every_board(board: str) -> None:
    """Paths lie in the project and in the folders that the README names; the ini file is sound."""
    found = load_board(board)
    files = written(board, found.default_framework)
    assert {"platformio.ini", "src/main.c", "README.md", ".gitignore"} <= files.keys()
    for path, text in files.items():
        assert re.fullmatch(r"[A-Za-z0-9_./-]+", path)
        assert not path.startswith("/") and ".." not in path.split("/")
        assert str(ROOT) not in text, path
        assert path.startswith("platform/") or "{{" not in text, path
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(files["platformio.ini"])
    assert ini["platformio"]["default_envs"] == board
    assert {f"env:{board}", "env:trace"} <= set(ini.sections())
    assert "MCUGEN_LAYER_HOOKS" in ini["env:trace"]["build_flags"]
    assert ini["env"]["build_flags"]
    own = found.default_framework is None
    assert (
        any(p.startswith("platform/") for p in files) == own == ("platform`" in files["README.md"])
    )


@pytest.mark.parametrize(("board", "framework"), [("qemu_m4", None), ("nano33ble", "arduino")])
@pytest.mark.parametrize("level", OPTIMIZE)
def test_the_optimization_level_is_the_last_flag(
    board: str, framework: str | None, level: str
) -> None:
    program = AotProgram(lower_graph(relu_graph()))
    arguments = (program, load_board(board), "kws", SHA, framework)
    project = project_files(*arguments, level)
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(str(project.files["platformio.ini"]))
    assert ini["env"]["build_flags"].split()[-1] == f"-{level}"
    assert project.facts["optimize"] == level


def test_same_bytes_twice() -> None:
    assert written("qemu_m4") == written("qemu_m4")


def test_facts() -> None:
    board = load_board("qemu_m4")
    facts = project_files(AotProgram(lower_graph(relu_graph())), board, "kws", SHA, None).facts
    assert facts["model_sha256"] == SHA and facts["board"] == "qemu_m4" and facts["macs"] == 0


def test_board_without_own_port() -> None:
    with pytest.raises(McugenError, match="no port"):
        written("pico")


@pytest.mark.skipif(shutil.which("clang-format") is None, reason="clang-format is not installed")
@pytest.mark.parametrize("prefix", ["kws", "visual_wake_words"])
def test_main_is_formatted_as_clang_format_would(prefix: str) -> None:
    project = project_files(
        AotProgram(lower_graph(ports_graph())), load_board("host"), prefix, SHA, None
    )
    done = subprocess.run(
        ["clang-format", f"-style=file:{ROOT / '.clang-format'}", "-assume-filename=main.c"],
        input=str(project.files["src/main.c"]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == project.files["src/main.c"]
