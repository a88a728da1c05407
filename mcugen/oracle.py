"""TensorFlow Lite Micro's own interpreter, the judge of every result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.tflite.reader import read_model

FIRST_ARENA_BYTES = 32 << 20
LAST_ARENA_BYTES = 2 << 30
"""Pages of an arena that TFLM does not touch cost nothing."""


class Oracle:
    """A model in TFLM on this computer. State lives from one run to the next.

    TFLM trusts its input and can crash the process, so the file is read first. Raises
    InputRejected if it is not acceptable, McugenError if tflite_micro is not installed or refuses the model.
    """

    def __init__(self, model_bytes: bytes) -> None:
        self._outputs = len(read_model(model_bytes, "model").graph.outputs)
        self._model = model_bytes
        self._interpreter = _start(model_bytes)

    def reset(self) -> None:
        """Back to the state before the first run."""
        # A new interpreter: TFLM's own reset does not run the initialisation subgraph again.
        self._interpreter = _start(self._model)

    def run(self, inputs: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Outputs of one inference; every input has its tensor's shape and numpy type."""
        try:
            for i, value in enumerate(inputs):
                self._interpreter.set_input(np.array(value, order="C"), i)
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise McugenError(f"TFLM failed to run the model: {error}") from None
        return [np.array(self._interpreter.get_output(i)) for i in range(self._outputs)]

    def intermediate(self, source_index: int) -> npt.NDArray[Any]:
        """The value after the last run of the tensor with this index in the file."""
        details = self._interpreter.GetTensor(source_index, 0)
        return np.array(details["tensor_data"])


def _start(model: bytes) -> Any:
    """An interpreter that keeps every tensor, so that all can be read after a run."""
    try:
        from tflite_micro.python.tflite_micro import runtime
    except ImportError as error:
        raise McugenError(
            f"TensorFlow Lite Micro, the reference, is not installed: {error}",
            "pip install 'mcugen[verify]'",
        ) from None
    arena_bytes = FIRST_ARENA_BYTES
    while True:
        try:
            return runtime.Interpreter.from_bytes(
                model,
                arena_size=arena_bytes,
                intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,
            )
        except (RuntimeError, ValueError) as error:
            if arena_bytes >= LAST_ARENA_BYTES:
                raise McugenError(f"TFLM refuses the model: {error}") from None
            arena_bytes *= 8
