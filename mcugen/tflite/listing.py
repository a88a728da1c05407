"""Graphs of files with operators that mcugen itself does not compute: for runtimes that may."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph, Operands, Operator, Tensor
from mcugen.ir.ops.base import REGISTRY, Attributes
from mcugen.tflite.file_model import FileModel, FileOperator, FileTensor
from mcugen.tflite.reader import ReadResult, load, options_of, read_model
from mcugen.tflite.values import dtype_of, values_of
from mcugen.tflite.verifier import verify


def load_any(path: str | Path) -> ReadResult:
    """As `reader.load`, but operators need not be ones that mcugen computes.

    Raises InputRejected for what is no sound .tflite file.
    """
    try:
        return load(path)
    except InputRejected:
        path = Path(path)
        if not path.is_file():
            raise
        return read_any(path.read_bytes(), path.name)


def read_any(data: bytes, name: str) -> ReadResult:
    """As `reader.read_model`, for the same files and for those with other operators."""
    try:
        return read_model(data, name)
    except InputRejected as error:
        try:
            file = verify(data)
        except InputRejected:
            raise error from None
        return ReadResult(_listed(file, name), file.notes)


def _listed(file: FileModel, name: str) -> Graph:
    """Every operator of the main subgraph, those that handle state too, on the file's tensors."""
    main = file.subgraphs[0]
    tensors = tuple(_tensor(tensor, i) for i, tensor in enumerate(main.tensors))
    return Graph(
        name=name,
        tensors=tensors,
        operators=tuple(_operator(i, o, tensors) for i, o in enumerate(main.operators)),
        inputs=main.inputs,
        outputs=main.outputs,
        description=file.description,
    )


def _tensor(tensor: FileTensor, index: int) -> Tensor:
    dtype = dtype_of(tensor)
    data = values_of(tensor)
    if data is None and dtype is not DType.RESOURCE and math.prod(tensor.shape) == 0:
        data = np.zeros(tensor.shape, dtype.numpy)
    return Tensor(tensor.name, tensor.shape, dtype, tensor.quantization, data, index)


def _operator(index: int, operator: FileOperator, tensors: tuple[Tensor, ...]) -> Operator:
    """With the attributes of a known operator, which tell its multiply-accumulates; else a name."""
    inputs = tuple(tensors[t] if t >= 0 else None for t in operator.inputs)
    outputs = tuple(tensors[t] for t in operator.outputs)
    known = REGISTRY.get(operator.name)
    if known is not None:
        try:
            attributes = known.from_options(
                options_of(operator, known.options_table), inputs, outputs
            )
            found = Operator(attributes, operator.inputs, operator.outputs, index)
            attributes.macs(Operands(found, inputs, outputs))
            return found
        except (ValueError, IndexError, AssertionError, InputRejected):
            pass  # it is known in another form than this one
    foreign: type[Attributes] = type("Foreign", (Attributes,), {"op": operator.name})
    return Operator(foreign(), operator.inputs, operator.outputs, index)
