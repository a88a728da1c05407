"""Models with int4 weights: exact everywhere, from the file to the firmware."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mcugen
from mcugen.oracle_process import IsolatedOracle
from mcugen.reference import evaluate
from mcugen.reference.registry import initial_state
from mcugen.samples import seeded
from tests.paths import DIGITS, SAMPLES, SHARED_NAMES, needs_emulator, shared_model

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", SHARED_NAMES)
def test_shared_models_run_in_tflm(name: str, tmp_path: Path) -> None:
    out = tmp_path / "four.tflite"
    result = mcugen.quantize(shared_model(name), out, layers="all", count=2)
    assert result.weights_bytes_after <= (result.weights_bytes_before + len(result.layers)) // 2
    graph = mcugen.load(out).graph
    state = initial_state(graph)
    with IsolatedOracle(out.read_bytes()) as oracle:
        for sample in seeded(graph, 3, seed=1):
            values = evaluate(graph, sample, state)
            for t, expected in zip(graph.outputs, oracle.run(sample), strict=True):
                np.testing.assert_array_equal(values[t], expected)


@needs_emulator
@pytest.mark.parametrize("layers", [(), ("all",)])
def test_digits_are_exact_on_a_board(layers: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "four.tflite"
    mcugen.quantize(DIGITS, out, layers=layers, calibration=[SAMPLES])
    result = mcugen.verify(out, "qemu_m4", inputs=[SAMPLES], output=tmp_path / "project")
    assert result.mismatches == 0 and result.inputs == 100


@pytest.mark.parametrize("resolver", ["BUILTIN_REF", "AUTO"])
def test_litert_takes_the_file(resolver: str, tmp_path: Path) -> None:
    """Its FULLY_CONNECTED rounds once, so the classes are compared and not the bytes."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    out = tmp_path / "four.tflite"
    mcugen.quantize(DIGITS, out, layers="all", calibration=[SAMPLES])
    kind = litert.OpResolverType[resolver]
    interpreter = litert.Interpreter(str(out), experimental_op_resolver_type=kind)
    interpreter.allocate_tensors()
    images, labels = (np.load(SAMPLES)[name] for name in ("inputs", "labels"))
    right = 0
    for image, label in zip(images, labels, strict=True):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[np.newaxis])
        interpreter.invoke()
        output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        right += int(output.argmax() == label)
    assert right >= 98
