"""Files of one operator, for tests of what TFLM makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcugen.tflite.builder import build
from mcugen.tflite.file_model import FileModel
from mcugen.tflite.schema import schema
from mcugen.tflite.tensors import ELEMENT_BITS
from mcugen.tflite.verifier import verify


@dataclass(frozen=True)
class Tensor:
    """A tensor to write; a constant's bytes are zeros. `scales` is how many it has."""

    shape: tuple[int, ...]
    kind: str = "INT8"
    constant: bool = False
    scales: int = 1


def one_operator(
    name: str,
    inputs: Sequence[Tensor | None],
    outputs: Sequence[Tensor],
    options: tuple[str, Mapping[str, Any]] | None = None,
    version: int = 1,
    custom_code: str = "",
    times: int = 1,
) -> FileModel:
    """A verified file of one operator, `times` over on the same inputs."""
    buffers: list[dict[str, Any]] = [{}]
    tensors: list[dict[str, Any]] = []

    def add(tensor: Tensor) -> int:
        record: dict[str, Any] = {
            "name": f"t{len(tensors)}",
            "shape": list(tensor.shape),
            "type": tensor.kind,
        }
        if tensor.kind in ("INT4", "INT8", "INT16"):
            record["quantization"] = {
                "scale": [0.5] * tensor.scales,
                "zero_point": [0] * tensor.scales,
            }
        if tensor.constant:
            bits = int(np.prod(tensor.shape, dtype=int)) * ELEMENT_BITS[tensor.kind]
            record["buffer"] = len(buffers)
            buffers.append({"data": np.zeros((bits + 7) // 8, np.uint8)})
        tensors.append(record)
        return len(tensors) - 1

    read = [-1 if tensor is None else add(tensor) for tensor in inputs]
    given = [i for i, t in zip(read, inputs, strict=True) if t is not None and not t.constant]
    operators = [
        {"opcode_index": 0, "inputs": read, "outputs": [add(t) for t in outputs]}
        | ({"builtin_options": options} if options else {})
        for _ in range(times)
    ]
    code = schema().enums["BuiltinOperator"][name]
    return verify(
        build(
            {
                "version": 3,
                "operator_codes": [
                    {
                        "builtin_code": code,
                        "deprecated_builtin_code": min(code, 127),
                        "version": version,
                        "custom_code": custom_code or None,
                    }
                ],
                "buffers": buffers,
                "subgraphs": [
                    {
                        "tensors": tensors,
                        "inputs": given,
                        "outputs": [o for each in operators for o in each["outputs"]] or given,
                        "operators": operators,
                    }
                ],
            }
        )
    )


def conv(weights: str = "INT8", kind: str = "INT8", version: int = 3, **options: int) -> FileModel:
    """A 3x3 convolution of 8x8 pixels, 4 to 6 channels."""
    window = {"padding": "SAME", "stride_w": 1, "stride_h": 1} | options
    return one_operator(
        "CONV_2D",
        [
            Tensor((1, 8, 8, 4), kind),
            Tensor((6, 3, 3, 4), weights, constant=True, scales=6),
            Tensor((6,), "INT32", constant=True),
        ],
        [Tensor((1, 8, 8, 6), kind)],
        ("Conv2DOptions", window),
        version,
    )


def dense(
    weights: str = "INT8", scales: int = 1, rank: int = 2, depth: int = 8, times: int = 1
) -> FileModel:
    """A fully connected layer of 10 outputs."""
    lead = (1,) * (rank - 1)
    return one_operator(
        "FULLY_CONNECTED",
        [
            Tensor((*lead, depth)),
            Tensor((10, depth), weights, constant=True, scales=scales),
            None,
        ],
        [Tensor((*lead, 10))],
        ("FullyConnectedOptions", {}),
        version=6,
        times=times,
    )
