"""TensorFlow Lite Micro's own interpreter, the judge of every result."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.ir.graph import Graph
from mcugen.tflite.listing import read_any
from mcugen.tflite.verifier import verify
from mcugen.tflite.writer import write_model

ARENA_BASE_BYTES = 32 << 20
ARENA_LIMIT_BYTES = 2 << 30
"""Pages of an arena that TFLM does not touch cost nothing; one that is too small can crash it."""


class Oracle:
    """A model in TFLM on this computer. State lives from one run to the next.

    TFLM trusts its input and can crash the process, so the file is read first. Raises InputRejected
    if it is not acceptable, McugenError if tflite_micro is not installed or refuses the model.
    """

    def __init__(self, model_bytes: bytes) -> None:
        graph = read_any(model_bytes, "model").graph
        self._outputs = len(graph.outputs)
        self._model = model_bytes
        self._indices: dict[int, int] = {}
        if _has_absent_bias(model_bytes):
            self._model = write_model(graph)
            self._indices = {t.source_index: i for i, t in enumerate(graph.tensors)}
        self._arena_bytes = _arena_bytes(graph)
        self._interpreter = _start(self._model, self._arena_bytes)

    def reset(self) -> None:
        """Back to the state before the first run."""
        # A new interpreter: TFLM's own reset does not run the initialisation subgraph again.
        self._interpreter = _start(self._model, self._arena_bytes)

    def run(self, inputs: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Outputs of one inference; every input has its tensor's shape and numpy type."""
        try:
            for i, value in enumerate(inputs):
                self._interpreter.set_input(np.asarray(value, order="C"), i)
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise McugenError(f"TFLM failed to run the model: {error}") from None
        return [np.array(self._interpreter.get_output(i)) for i in range(self._outputs)]

    def intermediate(self, source_index: int) -> npt.NDArray[Any]:
        """The value after the last run of the tensor with this index in the file."""
        index = self._indices.get(source_index, source_index)
        return np.array(self._interpreter.GetTensor(index, 0)["tensor_data"])


def require_tflm() -> None:
    """Raises McugenError if tflite_micro is not installed, without importing it."""
    if importlib.util.find_spec("tflite_micro") is None:
        raise _not_installed("No module named 'tflite_micro'")


def _not_installed(reason: object) -> McugenError:
    return McugenError(
        f"TensorFlow Lite Micro, the reference, is not installed: {reason}",
        "pip install 'mcugen[verify]'",
    )


def _has_absent_bias(model: bytes) -> bool:
    """Whether a depthwise convolution lists its bias as absent, which crashes TFLM.

    It takes the same model without that entry, as the writer gives it.
    """
    return any(
        operator.name == "DEPTHWISE_CONV_2D" and operator.inputs[-1:] == (-1,)
        for operator in verify(model).subgraphs[0].operators
    )


def _arena_bytes(graph: Graph) -> int:
    """Room for every tensor at once, and generously for scratch and TFLM's own records."""
    tensors = sum(t.size_bytes for t in graph.tensors)
    return min(ARENA_BASE_BYTES + 8 * tensors, ARENA_LIMIT_BYTES)


def _start(model: bytes, arena_bytes: int) -> Any:
    """An interpreter that keeps every tensor, so that all can be read after a run."""
    try:
        from tflite_micro.python.tflite_micro import runtime
    except ImportError as error:
        raise _not_installed(error) from None
    try:
        return runtime.Interpreter.from_bytes(
            model,
            arena_size=arena_bytes,
            intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,
        )
    except (RuntimeError, ValueError, MemoryError) as error:
        raise McugenError(f"TFLM refuses the model: {error}") from None
