"""`characterize`: resuming, failures, reports, mistakes; and once the street itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mcugen import characterizing
from mcugen.boards import load_board
from mcugen.errors import InputRejected, McugenError
from mcugen.search import proxy
from mcugen.search.characterization import CharacterizeResult
from mcugen.search.latency import read_latency
from mcugen.search.street import Street
from tests.paths import needs_emulator
from tests.unit.cli.test_cli import only_object, run, stub
from tests.unit.search.measuring import Stub


@pytest.fixture
def street(monkeypatch: pytest.MonkeyPatch) -> Stub:
    """Nothing is exported, built or run."""
    stub = Stub()
    monkeypatch.setattr(Street, "measure", lambda _, *arguments: stub.measure(*arguments))
    monkeypatch.setattr(Street, "check", lambda _: None)
    monkeypatch.setattr(characterizing, "check_tensorflow", lambda: None)
    return stub


def characterized(folder: Path, **options: Any) -> CharacterizeResult:
    arguments: dict[str, Any] = {"samples": 12, "seed": 1} | options
    return characterizing.characterize("kws", "qemu_m4", output=folder, **arguments)


def test_a_folder_of_results(tmp_path: Path, street: Stub) -> None:
    result = characterized(tmp_path / "a")
    assert result.samples == 12 and result.failed == () == result.notes
    assert (result.unit, result.label, result.runtime) == ("instructions", "emulator", "aot")
    assert result.ops_most > 10 * result.ops_least and result.left_out_share == 0
    assert 0.9 < result.line.r2 < (result.model_r2 or 0) and (result.model_error or 1) < 0.01
    assert result.latency_model and read_latency(result.latency_model).r2 == result.model_r2
    svg = result.plot.read_text()
    assert svg.count('class="point"') == 12 and "emulator: qemu_m4" in svg
    page = (tmp_path / "a" / "report.html").read_text()
    assert "They are no time" in page and "<svg" in page and "pointwise" in page
    assert "millisecond" not in page
    report = json.loads((tmp_path / "a" / "report.json").read_text())
    assert len(report["networks"]) == 12 and report["options"]["seed"] == 1
    assert "r² 0.9" in (tmp_path / "a" / "report.txt").read_text()


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path, street: Stub) -> None:
    def interrupt(stage: str, done: int, total: int, figures: str = "") -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        characterized(tmp_path / "a", progress=interrupt)
    with pytest.raises(InputRejected, match="holds a run already"):
        characterized(tmp_path / "a")
    with pytest.raises(InputRejected, match="seed"):
        characterized(tmp_path / "a", resume=True, seed=2)
    characterized(tmp_path / "a", resume=True)
    assert street.numbers == list(range(12))
    characterized(tmp_path / "b")
    files = [(tmp_path / name / "samples.csv").read_bytes() for name in "ab"]
    assert files[0] == files[1]
    assert characterized(tmp_path / "a", resume=True, samples=14).samples == 14
    assert characterized(tmp_path / "a", force=True, samples=3).samples == 3


def test_one_networks_failure_is_named(tmp_path: Path, street: Stub) -> None:
    street.broken = (2, 5)
    result = characterized(tmp_path / "a")
    assert result.samples == 10
    assert [text.split(":")[0] for text in result.failed] == ["network 2", "network 5"]
    assert "network 5 broke" in result.failed[1] and "\x1b" not in "".join(result.failed)
    street.broken = ()
    result = characterized(tmp_path / "a", resume=True)
    assert result.samples == 12 and result.failed == ()
    assert street.numbers[-2:] == [2, 5]


def test_failures_of_all_end_it(tmp_path: Path, street: Stub) -> None:
    street.broken = tuple(range(12))
    with pytest.raises(McugenError, match=r"none of the first 3 .*network 2 broke"):
        characterized(tmp_path / "a")
    assert len(street.numbers) == 3


def test_few_networks_give_a_line_but_no_model(
    tmp_path: Path, street: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise InputRejected("too few", "measure more")

    monkeypatch.setattr(proxy, "fit", refuse)
    result = characterized(tmp_path / "a", samples=2)
    assert result.samples == 2 and result.line.r2 == pytest.approx(1)
    assert result.latency_model is result.model_r2 is result.model_error is None
    assert "too few" in result.notes[0] and not (tmp_path / "a" / "latency.json").exists()


def test_a_full_disk_is_no_networks_failure(tmp_path: Path, street: Stub) -> None:
    def broken(*_: Any) -> None:
        raise McugenError("cannot write samples.csv: No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(characterizing, "write_measured", broken)
        with pytest.raises(McugenError, match="No space left"):
            characterized(tmp_path / "a")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--board", "qemu_m4", "--space", "kwz"), "no search space 'kwz'"),
        (("--board", "qemu", "--space", "kws"), "qemu"),
        (("--board", "host", "--space", "kws"), "nothing counts instructions"),
        (("--board", "nucleo_f446re", "--space", "kws"), "name its serial port"),
        (("--board", "qemu_m4", "--space", "kws", "--port", "x"), "has no serial port"),
        (("--board", "qemu_m4", "--space", "kws", "--samples", "1"), "--samples"),
        (("--board", "qemu_m4", "--space", "kws", "--bits", "2"), "--bits"),
        (("--board", "qemu_m4", "--space", "kws", "--runtime", "x"), "--runtime"),
        (("--board", "qemu_m4", "--space", "kws", "--resume", "--force"), "either"),
    ],
)
def test_mistakes_are_found_at_once(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    result = run("characterize", *words, "-o", str(tmp_path / "x"), "--json")
    assert result.exit_code == 2
    assert message in only_object(result)["error"]["message"]
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("tool", ["arm-none-eabi-gcc", "qemu-system-arm"])
def test_missing_tools_are_told_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    monkeypatch.setattr(
        shutil, "which", lambda name, *_, **__: None if name == tool else f"/usr/bin/{name}"
    )
    with pytest.raises(McugenError, match=f"{tool} is not on PATH"):
        characterized(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_time_is_for_boards() -> None:
    board = load_board("nucleo_f446re")
    street = Street(board, "aot", Path("x"), 0, "/dev/ttyACM0")
    assert (street.unit, street.label) == ("microseconds", "board")
    assert street._taken(None, board.f_cpu_hz // 1000) == pytest.approx(1000)


def test_options_reach_the_verb(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, street: Stub
) -> None:
    calls = stub(monkeypatch, "characterize", characterized(tmp_path / "a", samples=3))
    words = ("--space", "kws", "--board", "qemu_m4", "-o", "runs/x")
    shown = run("characterize", *words, "--samples", "7", "--bits", "mixed", "--resume")
    assert shown.exit_code == 0 and "3 networks of kws were measured on qemu_m4" in shown.stdout
    assert "line's residual" in shown.stdout
    (call,) = calls
    assert (call["samples"], call["bits"], call["runtime"]) == (7, "mixed", "aot")
    assert (call["output"], call["resume"], call["port"]) == (Path("runs/x"), True, None)
    document = only_object(run("characterize", *words, "--json"))
    assert document["samples"] == 3 and document["line"]["r2"] <= 1


@pytest.mark.slow
@pytest.mark.train
@pytest.mark.emulator
@needs_emulator
def test_the_street_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "core"))
    result = characterizing.characterize("digits", "qemu_m4", output=tmp_path / "a", samples=2)
    assert result.samples == 2 and result.failed == ()
    assert {"convolution", "depthwise", "pointwise"} <= {g.group for g in result.groups}
    assert all(network.taken > network.ops / 4 for network in result.networks)
