"""TensorFlow Lite Micro's own interpreter, the judge of every result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError

ARENA_LIMIT_BYTES = 1 << 30


class Oracle:
    """A model in TFLM on this computer. State lives from one run to the next.

    `model_bytes` must have passed the verifier: TFLM trusts its input and can crash the process.
    Raises McugenError if tflite_micro is not installed or refuses the model.
    """

    def __init__(self, model_bytes: bytes) -> None:
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
                self._interpreter.set_input(np.ascontiguousarray(value), i)
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise McugenError(f"TFLM failed to run the model: {error}") from None
        return [np.array(self._interpreter.get_output(i)) for i in range(self._outputs)]

    def intermediate(self, source_index: int) -> npt.NDArray[Any]:
        """The value after the last run of the tensor with this index in the file."""
        return np.array(self._interpreter.GetTensor(source_index, 0))
