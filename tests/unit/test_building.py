"""From a model to a project, an image and the account of what it takes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen import building
from mcugen.boards.load import BOARDS_DIR
from mcugen.building import (
    BuildDoesNotFit,
    as_built,
    build,
    compile_image,
    generate,
    make_target,
)
from mcugen.errors import InputRejected, McugenError
from mcugen.execution import open_session, open_written, profile, run, run_samples
from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor, Variable
from mcugen.ir.ops.activations import Relu
from mcugen.ir.ops.fully_connected import FullyConnected
from mcugen.ir.ops.state import AssignVariable
from mcugen.model import Model
from mcugen.toolchain.pio import PioResult
from tests.paths import needs_emulator
from tests.unit.runtimes.aot.graphs import HOSTILE, Q, relu_graph, renamed

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@pytest.fixture(autouse=True)
def own_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is registered in the home of whoever runs the tests."""
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "core"))


def model(graph: Graph, name: str = "/models/relu.tflite") -> Model:
    return Model(Path(name), graph.name.encode(), graph, ("a note",))


def board(folder: Path, **changes: Any) -> Path:
    """A small Cortex-M4: qemu_m4's manifest with other sizes."""
    manifest = json.loads((BOARDS_DIR / "qemu_m4.json").read_text())
    section = manifest["mcugen"]
    for region in section["regions"]:
        region["length_bytes"] = changes.get(region["name"], region["length_bytes"])
    section["stack_bytes"] = changes.get("stack", 2048)
    totals = {
        kind: sum(r["length_bytes"] for r in section["regions"] if r["kind"] == kind)
        for kind in ("flash", "ram")
    }
    manifest["upload"]["maximum_size"] = totals["flash"]
    manifest["upload"]["maximum_ram_size"] = totals["ram"]
    path = folder / "tiny.json"
    path.write_text(json.dumps(manifest))
    return path


def dense_graph(rows: int, columns: int) -> Graph:
    """A FULLY_CONNECTED layer with `rows` outputs."""
    weights = np.random.default_rng(0).integers(-127, 128, (rows, columns)).astype(np.int8)
    tensors = (
        Tensor("in", (1, columns), DType.INT8, Q),
        Tensor("weights", (rows, columns), DType.INT8, Quantization((0.01,), (0,)), weights),
        Tensor("out", (1, rows), DType.INT8, Q),
    )
    operators = (Operator(FullyConnected("NONE"), (0, 1), (2,)),)
    return Graph("dense", tensors, operators, (0,), (2,))


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every generated file below `folder`."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and ".pio" not in p.parts
    }


def test_target(tmp_path: Path) -> None:
    target = make_target(model(relu_graph(), "/models/My Model.tflite"), "qemu_m4")
    assert (target.prefix, target.framework) == ("my_model", None)
    assert target.folder == Path("build") / "my_model-qemu_m4"
    assert make_target(model(relu_graph()), "qemu_m4", tmp_path, prefix="x").folder == tmp_path
    assert target.optimize == "O2"
    assert make_target(model(relu_graph()), "nano33ble").optimize is None
    for options in (
        {"runtime": "tvm"},
        {"arena_bytes": 64},
        {"prefix": "stdio"},
        {"optimize": "O9"},
    ):
        with pytest.raises(InputRejected):
            make_target(model(relu_graph()), "qemu_m4", tmp_path, **options)
    with pytest.raises(InputRejected, match="no board"):
        make_target(model(relu_graph()), "qemu_m5", tmp_path)


def test_a_project_keeps_its_optimization_level(tmp_path: Path) -> None:
    small = make_target(model(relu_graph()), "qemu_m4", tmp_path / "p", optimize="Os")
    usual = make_target(model(relu_graph()), "qemu_m4", tmp_path / "p")
    assert as_built(usual) == usual
    build(small, compile=False)
    assert as_built(usual).optimize == "Os"
    build(usual, compile=False)
    assert as_built(small).optimize == "O2"


@needs_emulator
def test_the_optimization_level_reaches_the_compiler(tmp_path: Path) -> None:
    sizes = {}
    for level in ("O3", "Os"):
        folder = tmp_path / level
        result = build(make_target(model(dense_graph(8, 16)), "qemu_m4", folder, optimize=level))
        sizes[level] = result.flash_bytes or 0
    assert 0 < sizes["Os"] < sizes["O3"]


@pytest.mark.parametrize("chosen", ["host", "qemu_m0", "disco_f746ng"])
def test_project_is_reproducible_and_names_no_machine(chosen: str, tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "deep" / "b"]
    for folder in folders:
        result = build(make_target(model(relu_graph()), chosen, folder), compile=False)
        assert result.fits is None and result.elf is None and result.project_dir == folder
    first, second = map(snapshot, folders)
    assert first == second
    places = [str(tmp_path), str(Path.home()) + "/", str(BOARDS_DIR.parents[1]), "/models"]
    for path, content in first.items():
        for place in places:
            assert place.encode() not in content, (path, place)
    before = [(p, p.stat().st_mtime_ns) for p in sorted(folders[0].rglob("*"))]
    build(make_target(model(relu_graph()), chosen, folders[0]), compile=False)
    assert before == [(p, p.stat().st_mtime_ns) for p in sorted(folders[0].rglob("*"))]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_reach_only_comments(hostile: str, tmp_path: Path) -> None:
    """Everything but the library's C files is the same whatever the model's names are."""
    folders = tmp_path / "hostile", tmp_path / "plain"
    for folder, graph in zip(folders, (renamed(relu_graph(), hostile), relu_graph()), strict=True):
        build(make_target(replace(model(relu_graph()), graph=graph), "host", folder), compile=False)
    first, second = map(snapshot, folders)
    assert first.keys() == second.keys()
    different = {path for path in first if first[path] != second[path]}
    assert different <= {"lib/relu/include/relu.h", "lib/relu/src/relu.c", "mcugen.json"}


def test_too_big_by_itself_writes_nothing(tmp_path: Path) -> None:
    """8 KiB of RAM, of which 2 KiB are stack, and an arena of 10,000 bytes."""
    graph = relu_graph(size=10_000)  # in place
    target = make_target(model(graph), board(tmp_path, RAM=8192), tmp_path / "p")
    with pytest.raises(BuildDoesNotFit) as error:
        build(target)
    result = error.value.result
    assert error.value.exit_code == 3 and result.fits is False
    assert (result.arena_bytes, result.ram_limit_bytes) == (10_000, 8192)
    assert result.verdict == (
        "does not fit tiny: exceeds RAM (8,192 bytes) by at least 3,856 bytes"
    )
    assert [(t.name, t.size_bytes) for t in result.peak] == [("in", 10_000)]
    assert result.peak_operator == "graph inputs"
    assert "'in' (10,000 bytes)" in result.suggestions[0]
    assert "mcugen inspect /models/relu.tflite" in error.value.hint
    assert not (tmp_path / "p").exists()


def test_long_names_are_cut_in_suggestions(tmp_path: Path) -> None:
    graph = relu_graph(size=10_000)
    tensors = tuple(replace(t, name=t.name + "/x" * 200) for t in graph.tensors)
    target = make_target(
        model(replace(graph, tensors=tensors)), board(tmp_path, RAM=8192), str(tmp_path / "p")
    )
    with pytest.raises(BuildDoesNotFit) as error:
        build(target)
    assert len(error.value.result.suggestions[0]) < 200


def test_both_memories_too_small(tmp_path: Path) -> None:
    target = make_target(
        model(dense_graph(4000, 40)), board(tmp_path, RAM=4096, FLASH=65536), tmp_path / "p"
    )
    with pytest.raises(BuildDoesNotFit, match=r"flash \(65,536 bytes\).* and RAM") as error:
        build(target, compile=False)
    weights, peak = error.value.result.suggestions[:2]
    assert "weights" in weights
    assert "'out' (4,000 bytes), 'scratch of layer 0' (80 bytes), 'in' (40 bytes)" in peak
    assert error.value.result.peak_operator == "FULLY_CONNECTED (layer 0)"


def test_state_counts_in_the_peak(tmp_path: Path) -> None:
    tensors = (Tensor("in", (1, 6000), DType.INT8, Q), Tensor("out", (1, 6000), DType.INT8, Q))
    operators = (Operator(Relu(), (0,), (1,)), Operator(AssignVariable(0), (1,), ()))
    state = Variable("history", (1, 6000), DType.INT8, Q, None)
    graph = Graph("stateful", tensors, operators, (0,), (1,), (state,))
    with pytest.raises(BuildDoesNotFit) as error:
        build(make_target(model(graph), board(tmp_path, RAM=8192), tmp_path / "p"))
    assert {t.name for t in error.value.result.peak} == {"in", "history"}
    assert sum(t.size_bytes for t in error.value.result.peak) == 12_000


@needs_emulator
def test_build_run_and_profile(tmp_path: Path) -> None:
    """A whole small build, on the emulator."""
    steps: list[str] = []
    path = board(tmp_path, RAM=16384, FLASH=65536)
    target = make_target(model(dense_graph(8, 16)), path, tmp_path / "a b")
    result = build(target, progress=lambda text, *_: steps.append(text))
    assert result.fits is True and result.verdict == "fits tiny" and result.elf is not None
    assert result.elf.is_file() and steps[-1] == "compiling"
    assert result.flash_bytes is not None and 1000 < result.flash_bytes < 20_000
    assert result.ram_bytes is not None and result.ram_bytes >= 2048 + result.arena_bytes
    assert result.stack_bytes is not None and 0 < result.stack_bytes < 2048
    assert result.stack_path[0].startswith("main (")
    assert [r.name for r in result.regions] == ["FLASH", "RAM"]
    assert all(0 < r.used_bytes <= r.length_bytes for r in result.regions)
    sample = [np.arange(16, dtype=np.int8).reshape(1, 16)]
    outcome = run(open_session(target), [sample, sample])
    assert outcome.outputs[0] == outcome.outputs[1] and outcome.ticks[0] == outcome.ticks[1]
    costs = profile(open_session(target, trace=True), sample)
    assert costs.macs == 128 and costs.instructions and costs.instructions > 128
    assert [(x.op, x.macs) for x in costs.layers] == [("FULLY_CONNECTED", 128)]


@needs_emulator
def test_overflow_that_only_the_linker_finds(tmp_path: Path) -> None:
    """Arena and stack fit, the firmware's own variables do not."""
    path = board(tmp_path, RAM=8192)
    arena = 8192 - 2048 - 16
    target = make_target(model(relu_graph(size=arena)), path, tmp_path / "p")
    with pytest.raises(BuildDoesNotFit, match=r"region RAM \(8,192 bytes\) by at least") as error:
        build(target)
    result = error.value.result
    assert result.arena_bytes == arena and result.flash_bytes is None
    assert result.peak and "memory peaks at" in result.suggestions[0]


@needs_emulator
def test_stack_that_is_too_small(tmp_path: Path) -> None:
    target = make_target(model(relu_graph()), board(tmp_path, stack=64), tmp_path / "p")
    with pytest.raises(BuildDoesNotFit, match=r"reserved stack \(64 bytes\)") as error:
        build(target)
    result = error.value.result
    assert result.stack_bytes is not None and result.stack_bytes > 64
    assert f"reserve {result.stack_bytes:,} bytes or more" in result.suggestions[0]


@needs_gcc
def test_host_and_errors_of_the_compiler(tmp_path: Path) -> None:
    target = make_target(model(relu_graph()), "host", tmp_path / "p")
    session = open_session(target)
    ((_, (output,)),) = run_samples(session, [[np.array([[1, -128, 5, -3]], np.int8)]])
    assert output.tolist() == [[1, -3, 5, -3]]
    with pytest.raises(InputRejected, match="on the host"):
        profile(session, [])
    (tmp_path / "p" / "src" / "main.c").write_text("#error no such luck\n")
    with pytest.raises(InputRejected, match="was changed"):
        generate(target)
    with pytest.raises(McugenError, match="`pio run -e host` failed") as error:
        open_written(target)
    assert "no such luck" in error.value.hint


@pytest.mark.parametrize(
    ("words", "name", "kind"),
    [
        ("region `RAM' overflowed by 12 bytes", r"region RAM \(4,194,304 bytes\)", "peaks at"),
        ("region `FLASH' overflowed by 1 byte", r"region FLASH \(", "the weights"),
        ("region `dram0_0_seg' overflowed by 12 bytes", r"region dram0_0_seg \(", "peaks at"),
        ("region `irom_seg' overflowed by 12 bytes", r"region irom_seg \(", "the weights"),
    ],
)
def test_words_of_the_linker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: str, name: str, kind: str
) -> None:
    output = f"ld: firmware.elf section `.bss' will not fit\nld: {words}\n"
    monkeypatch.setattr(building, "run_pio", lambda *_: PioResult(1, output))
    with pytest.raises(BuildDoesNotFit, match=name) as error:
        compile_image(make_target(model(relu_graph()), "qemu_m4", tmp_path), "qemu_m4")
    assert kind in error.value.result.suggestions[0]
