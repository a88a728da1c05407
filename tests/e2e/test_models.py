"""Real models, from the file to proven firmware."""

from __future__ import annotations

from pathlib import Path

import pytest

import mcugen
from mcugen.oracle import Oracle
from mcugen.samples import from_files
from tests.paths import DIGITS, SAMPLES, SHARED_NAMES, SINE, needs_emulator, shared_model

pytestmark = [pytest.mark.slow, needs_emulator]

CODE_LIMIT_BYTES = 16 * 1024
BOARDS = ("qemu_m0", "qemu_m3", "qemu_m4", "qemu_m7", "qemu_m33", "qemu_m55", "qemu_stm32f405")


@pytest.mark.parametrize("board", [*BOARDS, "host"])
def test_digits_are_exact_on_every_board(board: str, tmp_path: Path) -> None:
    result = mcugen.verify(DIGITS, board, count=3, output=tmp_path / "project")
    assert result.mismatches == 0
    assert result.output_bytes == 30


@pytest.mark.parametrize("name", SHARED_NAMES)
def test_shared_models_fit_and_are_exact(name: str, tmp_path: Path) -> None:
    model, folder = shared_model(name), tmp_path / "project"
    built = mcugen.build(model, "qemu_m4", output=folder)
    assert built.fits
    assert built.flash_bytes is not None
    assert built.flash_bytes - built.constants_bytes <= CODE_LIMIT_BYTES
    assert built.arena_bytes <= 1.02 * built.arena_lower_bound_bytes
    assert built.stack_bytes is not None
    result = mcugen.verify(model, "qemu_m4", count=3, output=folder)
    assert result.mismatches == 0


@pytest.mark.parametrize("board", ["qemu_m7", "qemu_m55"])
@pytest.mark.parametrize("name", ["vww2_50_50_INT8", "v2_vad", "ad01_int8"])
def test_other_cores_are_exact(name: str, board: str, tmp_path: Path) -> None:
    result = mcugen.verify(shared_model(name), board, count=2, output=tmp_path / "project")
    assert result.mismatches == 0


def test_run_gives_the_reference_model_s_answers(tmp_path: Path) -> None:
    graph = mcugen.load(DIGITS).graph
    samples = from_files(graph, [SAMPLES])
    result = mcugen.run(DIGITS, "qemu_m4", inputs=[SAMPLES], output=tmp_path / "project")
    oracle = Oracle(DIGITS.read_bytes())
    expected = [oracle.run(sample)[0].reshape(-1).tolist() for sample in samples]
    assert [outputs[0].codes for outputs in result.outputs] == expected
    assert result.tick_unit == "instructions"
    assert all(ticks and ticks > 1000 for ticks in result.ticks)


def test_profile_counts_every_layer_and_repeats(tmp_path: Path) -> None:
    first = mcugen.profile(DIGITS, "qemu_m4", output=tmp_path / "project")
    second = mcugen.profile(DIGITS, "qemu_m4", output=tmp_path / "project")
    assert first == second
    assert sum(layer.macs for layer in first.layers) == first.macs
    assert sum(layer.instructions or 0 for layer in first.layers) == first.instructions


def test_inspect_shows_the_last_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    counted = mcugen.profile(DIGITS, "qemu_m4")
    shown = mcugen.inspect(DIGITS, ["qemu_m4"])
    assert [o.instructions for o in shown.operators] == [x.instructions for x in counted.layers]
    assert mcugen.inspect(DIGITS, ["qemu_m7"]).operators[0].instructions is None


@pytest.mark.parametrize("level", ["O3", "Os"])
@pytest.mark.parametrize("board", ["qemu_m0", "qemu_m4", "qemu_m55"])
def test_other_optimization_levels_are_exact(board: str, level: str, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    mcugen.build(DIGITS, board, output=folder, optimize=level, compile=False)
    assert mcugen.verify(DIGITS, board, count=2, output=folder).mismatches == 0
    assert f" -{level}\n" in (folder / "platformio.ini").read_text()


def test_divergence_names_the_layer(tmp_path: Path) -> None:
    """A weight changed in the written project must be found, and blamed on its layer."""
    folder = tmp_path / "project"
    mcugen.build(SINE, "host", output=folder, compile=False)
    source = folder / "lib" / "sine" / "src" / "sine_constants.c"
    text = source.read_text()
    start = text.index("{", text.index("layer1_weights"))
    end = text.index("}", start)
    zeroed = "{" + "0, " * text[start:end].count(",") + "}"
    source.write_text(text[:start] + zeroed + text[end + 1 :])
    from mcugen import execution, verification
    from mcugen.building import make_target
    from mcugen.samples import seeded

    target = make_target(mcugen.load(SINE), "host", folder)
    samples = seeded(target.model.graph, 5, 0)
    session = execution.open_written(target)
    result = verification.verify(
        session, samples, 0, lambda: execution.open_written(target, trace=True)
    )
    assert result.mismatches > 0
    assert result.divergence is not None
    assert result.divergence.layer == 1
    assert result.divergence.op == "FULLY_CONNECTED"
