"""All kernels on every core: one image with every operator, byte for byte against TFLM."""

from __future__ import annotations

from pathlib import Path

import pytest

import mcugen
from mcugen.ir.ops.base import REGISTRY
from mcugen.tflite.writer import write_model
from tests.kernels.zoo import zoo_graph
from tests.paths import needs_emulator

# SHAPE is folded and never runs.
ELSEWHERE = {"SHAPE"}


def test_the_zoo_has_every_operator() -> None:
    assert {operator.name for operator in zoo_graph().operators} == set(REGISTRY) - ELSEWHERE


@pytest.mark.slow
@needs_emulator
@pytest.mark.parametrize(
    "board",
    ["host", "qemu_m0", "qemu_m3", "qemu_m4", "qemu_m7", "qemu_m33", "qemu_m55", "qemu_stm32f405"],
)
def test_every_kernel_is_exact(board: str, tmp_path: Path) -> None:
    model = tmp_path / "zoo.tflite"
    model.write_bytes(write_model(zoo_graph()))
    result = mcugen.verify(model, board, count=5, output=tmp_path / "project")
    assert result.divergence is None
    assert result.mismatches == 0
    assert result.output_bytes > 1000
