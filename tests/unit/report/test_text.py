"""What the terminal shows of each result."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console as RichConsole

from mcugen.report.arrays import write_outputs
from mcugen.report.comparison import compare_view, is_good
from mcugen.report.text import build_view, profile_view, run_view, verify_view
from mcugen.report.text_inspect import inspect_view
from mcugen.report.text_kernels import kernels_view
from mcugen.report.text_quantize import quantize_view
from mcugen.report.text_setup import doctor_view, flash_view
from mcugen.report.timeline import timeline_chart
from mcugen.report.view import View
from mcugen.results import Check, DoctorResult, FlashResult
from tests.unit.report import results


def text_of(view: View, columns: int = 120) -> str:
    stream = io.StringIO()
    console = RichConsole(file=stream, width=columns, markup=False, highlight=False)
    console.print(view.verdict, *view.body, sep="\n")
    return stream.getvalue()


def all_views(name: str, columns: int) -> list[View]:
    return [
        build_view(results.build_result(True, name)),
        build_view(results.build_result(False, name)),
        build_view(results.build_result(None, name)),
        run_view(results.run_result(name)),
        verify_view(results.verify_result(0, name)),
        verify_view(results.verify_result(17, name)),
        profile_view(results.profile_result(name), columns),
        inspect_view(results.inspect_result(name), columns),
        kernels_view(results.inspect_result(name)),
        quantize_view(results.quantize_result(name), columns),
        compare_view(results.compare_result(name)),
        compare_view(results.compare_result(name, mismatches=3)),
        compare_view(results.compare_result(name, fits=False)),
    ]


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_no_name_acts_on_the_terminal(columns: int) -> None:
    for view in all_views(results.HOSTILE, columns):
        shown = text_of(view, columns)
        assert "\x1b" not in shown and "\u202e" not in shown
        assert all(len(line) <= columns for line in shown.splitlines())


def test_a_build_that_fits() -> None:
    shown = text_of(build_view(results.build_result(True)))
    assert shown.startswith("✓ fits qemu_m4")
    for figure in ("41,208 B", "20,480 B", "16,000 B", "512 B", "2,656,768", "25,376 B"):
        assert figure in shown
    assert "static (ELF segments)" in shown
    assert "pio run -t upload" in shown


def test_a_build_that_does_not_fit() -> None:
    shown = text_of(build_view(results.build_result(False)))
    assert shown.startswith("✗ does not fit qemu_m4: exceeds RAM by at least 3,024 bytes")
    assert "125 %" in shown
    assert "Memory peaks at CONV_2D (layer 3)" in shown and "kws/conv" in shown
    assert "Things to try:\n  - use a smaller input" in shown


def test_a_build_without_compilation() -> None:
    shown = text_of(build_view(results.build_result(None)))
    assert shown.startswith("• generated, not compiled")
    assert "Image" not in shown


def test_verify_says_what_was_compared() -> None:
    assert "byte-exact: 0 differences in 20 inputs, 240 output bytes" in text_of(
        verify_view(results.verify_result())
    )
    shown = text_of(verify_view(results.verify_result(17)))
    assert shown.startswith("✗ 17 bytes of output differ")
    assert "3: CONV_2D 'kws/conv'" in shown and "byte 5: expected 12, found 13" in shown


def test_profile_shares() -> None:
    shown = text_of(profile_view(results.profile_result(), 120))
    assert "1,113,944 instructions an inference (emulator)" in shown
    assert "3.47" in shown and "100 %" in shown and "0.2 %" in shown


def test_run_shows_outputs_and_their_largest() -> None:
    shown = text_of(run_view(results.run_result()))
    assert "instructions (emulator)" in shown
    assert "0.1 0.2 0.7" in shown


def test_outputs_as_an_archive(tmp_path: Path) -> None:
    write_outputs(results.run_result(), tmp_path / "out")
    with np.load(tmp_path / "out") as archive:
        assert list(archive) == ["output_0"]
        assert archive["output_0"].dtype == np.int8
        assert archive["output_0"].tolist() == [[[-100, -77, 51]], [[51, -77, -100]]]


def test_inspect_shows_plan_and_boards() -> None:
    shown = text_of(inspect_view(results.inspect_result(), 120))
    assert shown.startswith("• kws: 13 operators")
    assert "fits 1 of 3 boards (estimate)" in shown
    assert "▲ peak at layer 1" in shown
    assert "Boards: estimate" in shown and "too big: RAM by 3,024 B" in shown


def test_kernels_with_reasons_and_costs() -> None:
    shown = text_of(kernels_view(results.inspect_result()))
    assert shown.startswith("• kws: kernels for the DSP extension")
    first = next(line for line in shown.splitlines() if line.startswith(" 0"))
    words = ["CONV_2D", "49×10×1", "→", "25×5×64,", "10×4", "conv_2d"]
    assert first.split() == ["0", *words, "320,000", "1,111,384", "3.47", "a"]
    assert "conv_2d: a depth that is a multiple of four" in shown
    assert "not conv_best: the filter of kws is 3×3" in shown
    assert "instructions: emulator (profile of qemu_m4, -O2)" in shown


def test_kernels_without_a_profile_say_how_to_get_one() -> None:
    result = replace(results.inspect_result(), sources={"boards": "estimate"})
    shown = text_of(kernels_view(result))
    assert "per MAC" not in shown and "mcugen profile models/kws.tflite --board ID" in shown


@pytest.mark.parametrize("blocks", [1, 4, 60, 400])
@pytest.mark.parametrize("columns", [20, 79, 200])
def test_the_chart_keeps_its_width_and_marks_the_peak(blocks: int, columns: int) -> None:
    timeline = results.inspect_result(blocks=blocks).timeline
    lines = timeline_chart(timeline, columns, rows=6).plain.splitlines()
    assert max(map(len, lines)) <= columns
    assert f"{timeline.peak_bytes:,} B" in lines[0] and "█" in lines[0]
    assert "peak at layer 1" in lines[-1]
    marker = next(line for line in lines if "▲" in line)
    assert lines[0][marker.index("▲")] == "█"


def test_doctor_says_how_to_get_what_is_missing() -> None:
    here = Check("Python", "everything", True, True, "3.12")
    gone = Check("qemu-system-arm", "run", True, False, "", "apt-get install qemu-system-arm")
    spare = Check("TFLM", "verify", False, False, "", "pip install tflite-micro")
    assert text_of(doctor_view(DoctorResult(True, (here,)))).startswith("✓ everything is here")
    assert "some optional things are not" in text_of(doctor_view(DoctorResult(True, (here, spare))))
    shown = text_of(doctor_view(DoctorResult(False, (here, gone, spare))))
    assert shown.startswith("✗ missing: qemu-system-arm\n")
    assert "missing: apt-get install qemu-system-arm" in shown


def test_flash_shows_the_uploaders_words_harmless() -> None:
    shown = text_of(flash_view(FlashResult(Path("dir"), "env", "board", None, "done\n\x1b[2J")))
    assert shown == "✓ uploaded dir to board\ndone\n\\x1b[2J\n"


def test_quantize() -> None:
    shown = text_of(quantize_view(results.quantize_result(), 120))
    assert shown.startswith("✓ wrote small.tflite: 1 of 2 layers in 4 bits")
    for figure in ("8 → 4", "0.95", "20.5", "21.2", "98.50 %", "98.00 %", "99.00 %", "2×3×3×1"):
        assert figure in shown
    assert "reference (numpy), 100 inputs" in shown and "exact" not in shown


def test_a_comparison() -> None:
    result = results.compare_result()
    shown = text_of(compare_view(result))
    assert shown.startswith("✓ aot against tflm on qemu_m4: 0.39 of its flash, 0.70 of its arena, ")
    assert "0.46 of its instructions; both byte-exact" in shown
    for figure in ("106,744", "41,208", "2.59", "53,936", "6,824", "7,696,756", "2.18"):
        assert figure in shown
    assert "static (memory plan); emulator (qemu_m4)" in shown
    assert is_good(result)


def test_a_comparison_in_which_bytes_differ() -> None:
    shown = text_of(compare_view(results.compare_result(mismatches=3)))
    assert shown.startswith("✗ tflm: output bytes differ from the reference on qemu_m4")


def test_a_comparison_with_a_runtime_that_does_not_fit() -> None:
    result = results.compare_result(fits=False)
    shown = text_of(compare_view(result))
    assert shown.startswith("• tflm: does not fit qemu_m4")
    assert "use a smaller input" in shown and is_good(result) is None


def test_a_comparison_without_a_run() -> None:
    shown = text_of(compare_view(results.compare_result(ran=False)))
    assert "; not run" in shown.splitlines()[0] and "output bytes that differ" not in shown
