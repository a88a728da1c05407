"""A board's core in the terms of packs, and how the sources are shared out."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from mcugen.boards import load_board
from mcugen.errors import InputRejected
from mcugen.runtimes.tflm.libraries import PARTS, context_of

TFLM = "tensorflow.tensorflow-lite-micro/tensorflow"


@pytest.mark.parametrize(
    ("board", "expected"),
    [
        ("qemu_m4", ("Cortex-M4", "SP_FPU", "DSP", "NO_MVE")),
        ("qemu_m7", ("Cortex-M7", "DP_FPU", "DSP", "NO_MVE")),
        ("disco_f746ng", ("Cortex-M7", "SP_FPU", "DSP", "NO_MVE")),
        ("qemu_m55", ("Cortex-M55", "DP_FPU", "DSP", "FP_MVE")),
        ("qemu_m0", ("Cortex-M0", "NO_FPU", "NO_DSP", "NO_MVE")),
        ("pico", ("Cortex-M0+", "NO_FPU", "NO_DSP", "NO_MVE")),
    ],
)
def test_context(board: str, expected: tuple[str, ...]) -> None:
    attributes = context_of(load_board(board)).attributes
    assert tuple(attributes[k] for k in ("Dcore", "Dfpu", "Ddsp", "Dmve")) == expected


@pytest.mark.parametrize("board", ["host", "esp32dev"])
def test_other_cores_are_refused(board: str) -> None:
    with pytest.raises(InputRejected, match="Cortex-M"):
        context_of(load_board(board))


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (f"{TFLM}/lite/micro/micro_interpreter.cpp", "tflm-core"),
        (f"{TFLM}/lite/micro/memory_planner/greedy_memory_planner.cpp", "tflm-core"),
        (f"{TFLM}/lite/kernels/kernel_util.cpp", "tflm-core"),
        (f"{TFLM}/lite/core/api/flatbuffer_conversions.cpp", "tflm-core"),
        (f"{TFLM}/compiler/mlir/lite/schema/schema_utils.cpp", "tflm-core"),
        ("tensorflow.kissfft/src/kiss_fft.c", "tflm-core"),
        (f"{TFLM}/lite/micro/kernels/pad.cpp", "tflm-kernels"),
        (f"{TFLM}/lite/micro/kernels/cmsis_nn/conv.cpp", "tflm-kernels"),
        ("ARM.CMSIS-NN/Source/ConvolutionFunctions/arm_convolve_s8.c", "cmsis-nn"),
    ],
)
def test_every_source_is_in_one_part(source: str, part: str) -> None:
    found = [p.name for p in PARTS if not any(fnmatchcase(source, e) for e in p.exclude)]
    assert found == [part]
