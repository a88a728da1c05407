"""Outputs of `run` as a NumPy archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcugen.ir.graph import DType
from mcugen.results import RunResult


def write_outputs(result: RunResult, path: Path) -> None:
    """Writes `output_0`, `output_1` ...: codes, one inference along the first axis.

    The keys are numbered because model names can be anything. Raises OSError.
    """
    columns = zip(*result.outputs, strict=True)
    arrays = {
        f"output_{i}": np.array(
            [np.asarray(value.codes, DType(value.dtype).numpy).reshape(value.shape) for value in c]
        )
        for i, c in enumerate(columns)
    }
    with path.open("wb") as file:  # a path would get ".npz" added behind the user's back
        np.savez(file, allow_pickle=False, **arrays)
