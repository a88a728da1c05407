"""Runs an exported file in TFLM over whole data sets, in several processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.oracle_process import IsolatedOracle
from mcugen.progress import Progress, silent
from mcugen.samples import quantized
from mcugen.tflite.reader import read_model

S = TypeVar("S")
T = TypeVar("T")
Codes = npt.NDArray[np.int8]


def execute(
    model_bytes: bytes,
    features: npt.NDArray[np.float32],
    *,
    processes: int | None = None,
    progress: Progress = silent,
) -> npt.NDArray[np.float32]:
    """Real outputs [n, classes] for real inputs [n, *input shape], as TFLM computes them.

    Inputs are quantized as QUANTIZE does it; a file has one input and one output. `processes` is
    the number of CPUs unless given. Raises InputRejected for inputs that do not fit the file,
    McugenError if TFLM refuses it or stops.
    """
    graph = read_model(model_bytes, "model").graph
    source, target = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    if features.shape[1:] != source.shape[1:]:
        raise InputRejected(
            f"the features have shape {list(features.shape)}; the model takes {list(source.shape)}",
            "give examples along the first axis",
        )

    def output(oracle: IsolatedOracle, example: int) -> Codes:
        # One at a time: a whole test set in double precision may not fit in memory.
        codes = quantized(features[example : example + 1], source, f"the features of {example}")
        return oracle.run([codes.reshape(source.shape)])[0].reshape(-1)

    examples = range(len(features))
    rows = list(each_in_tflm(model_bytes, examples, output, processes=processes, progress=progress))
    outputs = np.array(rows, np.float32).reshape(len(features), target.elements)
    return (outputs - np.float32(target.q.zero_point)) * np.float32(target.q.scale)


def each_in_tflm(
    model_bytes: bytes,
    items: Sequence[S],
    function: Callable[[IsolatedOracle, S], T],
    *,
    processes: int | None = None,
    progress: Progress = silent,
) -> Iterator[T]:
    """`function(oracle, item)` for each item, in their order.

    Every oracle is a process of its own, to which a thread here speaks.
    """
    oracles = _Oracles(model_bytes)
    workers = ThreadPoolExecutor(processes or os.cpu_count())

    def work(item: S) -> T:
        return function(oracles.mine(), item)

    try:
        for done, result in enumerate(workers.map(work, items), start=1):
            progress("executing in TFLM", done, len(items))
            yield result
    finally:
        workers.shutdown(cancel_futures=True)
        oracles.close()


class _Oracles:
    """One oracle for each thread that asks."""

    def __init__(self, model_bytes: bytes) -> None:
        self._model_bytes = model_bytes
        self._local = threading.local()
        self._opened: list[IsolatedOracle] = []

    def mine(self) -> IsolatedOracle:
        oracle: Any = getattr(self._local, "oracle", None)
        if oracle is None:
            oracle = self._local.oracle = IsolatedOracle(self._model_bytes)
            self._opened.append(oracle)
        return oracle  # type: ignore[no-any-return]

    def close(self) -> None:
        for oracle in self._opened:
            oracle.close()
