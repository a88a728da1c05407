"""PlatformIO's core folder and the driver, without building firmware."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcugen.boards import load_board
from mcugen.errors import McugenError
from mcugen.toolchain import pio, pio_core
from mcugen.toolchain.pio import copy_platform, ensure_core, run_pio

MAIN_C = '#include "mcugen_board.h"\nint main(void) { mcugen_board_exit(3); }\n'

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))


def _project(folder: Path, platform: str = "symlink://${PROJECT_DIR}/platform") -> Path:
    copy_platform(load_board("host"), folder / "platform")
    (folder / "src").mkdir()
    (folder / "src" / "main.c").write_text(MAIN_C)
    (folder / "platformio.ini").write_text(f"[env:host]\nplatform = {platform}\nboard = host\n")
    return folder


def test_core_is_written_once() -> None:
    core = ensure_core()
    files = {path: path.stat().st_mtime_ns for path in core.rglob("*") if path.is_file()}
    assert ensure_core() == core
    assert {path: path.stat().st_mtime_ns for path in files} == files
    package = json.loads((core / "packages" / "tool-scons" / ".piopm").read_text())
    assert package["spec"]["owner"] == "platformio"
    assert package["version"].startswith("4.4")


def test_core_satisfies_platformio() -> None:
    from platformio.dependencies import get_core_dependencies
    from platformio.package.manager.tool import ToolPackageManager
    from platformio.package.meta import PackageSpec

    wanted = get_core_dependencies()["tool-scons"]
    manager = ToolPackageManager(str(ensure_core() / "packages"))
    spec = PackageSpec(owner="platformio", name="tool-scons", requirements=wanted)
    assert manager.get_package(spec) is not None


@pytest.mark.parametrize("text", ["", "{", '{"last_version": "1.0.0"}', "[]"])
def test_stale_state_is_replaced(text: str) -> None:
    state = ensure_core() / "appstate.json"
    state.write_text(text)
    ensure_core()
    assert json.loads(state.read_text())["last_version"] == pio_core.platformio_version()


def test_state_of_this_version_is_kept() -> None:
    state = ensure_core() / "appstate.json"
    kept = {"last_version": pio_core.platformio_version(), "settings": {"x": 1}}
    state.write_text(json.dumps(kept))
    ensure_core()
    assert json.loads(state.read_text()) == kept


def test_core_in_several_processes_at_once(tmp_path: Path) -> None:
    script = "from mcugen.toolchain.pio import ensure_core as e\nfor _ in range(20): e()"
    command = [sys.executable, "-c", script]
    environment = os.environ | {"PYTHONPATH": str(Path(pio.__file__).parents[2])}
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert not list((tmp_path / "cache").rglob(".*.*.tmp*"))
    names = {path.name for path in (ensure_core() / "packages" / "tool-scons").iterdir()}
    assert names == {"scons.py", "package.json", ".piokeep", ".piopm"}


def test_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(McugenError) as caught:
        ensure_core()
    assert "MCUGEN_CACHE" in caught.value.hint


@pytest.mark.parametrize("package", ["platformio", "SCons"])
def test_missing_package_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == package:
            raise pio_core.metadata.PackageNotFoundError(name)
        return "4.11.1"

    monkeypatch.setattr(pio_core.metadata, "version", version)
    with pytest.raises(McugenError, match=f"{package} is not installed"):
        ensure_core()


def test_user_variables_do_not_reach_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORMIO_BUILD_FLAGS", "-DX")
    assert "PLATFORMIO_BUILD_FLAGS" not in pio_core.offline_environment(ensure_core())


def test_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = _project(tmp_path / "project")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(McugenError, match="gcc is not on PATH") as caught:
        run_pio(project, "host")
    assert "apt install" in caught.value.hint


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="holds no PlatformIO project"):
        run_pio(tmp_path, "host")


def test_unknown_environment(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="has no environment 'nosuch'") as caught:
        run_pio(_project(tmp_path / "project"), "nosuch")
    assert "host" in caught.value.hint


def test_platform_is_the_same_twice_and_has_one_board(tmp_path: Path) -> None:
    board = load_board("qemu_m4")
    trees = []
    for name in ("a", "b"):
        copy_platform(board, tmp_path / name)
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        trees.append({str(p.relative_to(tmp_path / name)): p.read_bytes() for p in files})
    assert trees[0] == trees[1]
    assert [path for path in trees[0] if path.startswith("boards/")] == ["boards/qemu_m4.json"]
    assert not [path for path in trees[0] if "stm32/" in path or "__pycache__" in path]


def test_platform_without_port(tmp_path: Path) -> None:
    with pytest.raises(McugenError, match="no port to pico") as caught:
        copy_platform(load_board("pico"), tmp_path / "platform")
    assert "arduino" in caught.value.hint


@needs_gcc
def test_build_streams_lines(tmp_path: Path) -> None:
    lines: list[str] = []
    project = _project(tmp_path / "project")
    result = run_pio(project, "host", on_line=lines.append)
    assert result.returncode == 0, result.output
    assert result.output.splitlines() == lines
    elf = project / ".pio" / "build" / "host" / "firmware.elf"
    assert subprocess.run([elf], check=False).returncode == 3


@needs_gcc
def test_build_in_a_folder_with_spaces(tmp_path: Path) -> None:
    result = run_pio(_project(tmp_path / "my project, copied"), "host")
    assert result.returncode == 0, result.output


@needs_gcc
def test_build_that_fails_is_a_result(tmp_path: Path) -> None:
    project = _project(tmp_path / "project")
    (project / "src" / "main.c").write_text("int main(void) { return x; }\n")
    result = run_pio(project, "host")
    assert result.returncode == 1
    assert "'x' undeclared" in result.output


@needs_gcc
def test_missing_package_fails_at_once(tmp_path: Path) -> None:
    project = _project(tmp_path / "project")
    with (project / "platformio.ini").open("a") as ini:
        ini.write("lib_deps = nobody/NoSuchLibrary\n")
    start = time.monotonic()
    result = run_pio(project, "host")
    assert result.returncode == 1
    assert time.monotonic() - start < 20


@needs_gcc
def test_time_limit_ends_everything(tmp_path: Path) -> None:
    project = _project(tmp_path / "project")
    (project / "src" / "main.c").write_text("int main(void) { for (;;) { } }\n")
    start = time.monotonic()
    with pytest.raises(McugenError, match="did not end within 3 s"):
        run_pio(project, "host", "upload", timeout_s=3)
    assert time.monotonic() - start < 20


@needs_gcc
@pytest.mark.parametrize("platform", ["symlink://platform", "symlink://${PROJECT_DIR}/platform"])
def test_projects_do_not_share_platforms(tmp_path: Path, platform: str) -> None:
    for name in ("a", "b"):
        project = _project(tmp_path / name, platform)
        manifest = project / "platform" / "boards" / "host.json"
        manifest.write_text(manifest.read_text().replace("This computer", f"Computer {name}"))
        assert f"> Computer {name}" in run_pio(project, "host").output
