"""Verifies a whole file: first the flatbuffer, then what the model in it claims.

What could do harm is refused with the tensor or operator at fault; harmless oddities of real
converters become notes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.tflite.file_model import FileModel, FileSubgraph, Notes
from mcugen.tflite.flatbuffer import Record, damaged, decode
from mcugen.tflite.subgraphs import SubgraphVerifier, operator_code
from mcugen.tflite.tensors import TensorVerifier

SCHEMA_VERSION = 3


def verify(data: bytes) -> FileModel:
    """The model in a file's bytes; raises InputRejected naming the place at fault."""
    model = decode(data)
    if model["version"] != SCHEMA_VERSION:
        raise InputRejected(
            f"model: schema version {model['version']}, only {SCHEMA_VERSION} is supported",
            "convert the model again with a current converter",
        )
    notes = Notes()
    buffers = _buffers(model, data, notes)
    codes = [
        operator_code(record, f"operator code {i}")
        for i, record in enumerate(model.items("operator_codes"))
    ]
    verifier = SubgraphVerifier(codes, TensorVerifier(buffers, notes), notes)
    subgraphs = tuple(
        verifier.subgraph(record, f"subgraph {i}, " if i else "")
        for i, record in enumerate(model.items("subgraphs"))
    )
    if not subgraphs:
        raise damaged("model", "has no subgraphs")
    _check_main(subgraphs[0])
    _check_signatures(model, subgraphs)
    metadata = _metadata(model, buffers)
    return FileModel(subgraphs, model["description"] or "", metadata, notes.lines())


def _check_main(main: FileSubgraph) -> None:
    for what, found in (
        ("inputs", main.inputs),
        ("outputs", main.outputs),
        ("operators", main.operators),
    ):
        if not found:
            raise InputRejected(
                f"model: has no {what}", "there is nothing to run: check the export"
            )


def _buffers(model: Record, data: bytes, notes: Notes) -> list[npt.NDArray[np.uint8]]:
    """The bytes of every buffer, empty for those without."""
    result = [
        _buffer(record, f"buffer {i}", data, notes)
        for i, record in enumerate(model.items("buffers"))
    ]
    if not result:
        raise damaged("model", "has no buffers")
    if result[0].size:
        raise damaged("buffer 0", f"holds {result[0].size} bytes, but stands for no data")
    return result


def _buffer(record: Record, where: str, data: bytes, notes: Notes) -> npt.NDArray[Any]:
    """Bytes in the flatbuffer, or, in large files, at `offset` of the file. Offset 1 is unset."""
    inside, offset, size = record.array("data"), record["offset"], record["size"]
    if offset <= 1:
        return inside.view(np.uint8) if inside.size else np.zeros(0, np.uint8)
    if inside.size:
        raise damaged(where, "has its bytes both inside and outside the flatbuffer")
    if offset + size > len(data):
        raise damaged(where, f"its {size} bytes at {offset} end outside the file")
    notes.add("lies outside the flatbuffer", where)
    return np.frombuffer(data, np.uint8, size, offset)


def _metadata(
    model: Record, buffers: list[npt.NDArray[np.uint8]]
) -> dict[str, npt.NDArray[np.uint8]]:
    """Entries by name; of several with one name the last."""
    entries = {}
    for i, record in enumerate(model.items("metadata")):
        if record["buffer"] >= len(buffers):
            raise damaged(f"metadata {i}", f"buffer {record['buffer']} of {len(buffers)}")
        entries[record["name"] or ""] = buffers[record["buffer"]]
    return entries


def _check_signatures(model: Record, subgraphs: tuple[FileSubgraph, ...]) -> None:
    for i, signature in enumerate(model.items("signature_defs")):
        index = signature["subgraph_index"]
        if index >= len(subgraphs):
            raise damaged(f"signature {i}", f"subgraph {index} of {len(subgraphs)}")
        tensors = len(subgraphs[index].tensors)
        for entry in (*signature.items("inputs"), *signature.items("outputs")):
            if entry["tensor_index"] >= tensors:
                raise damaged(f"signature {i}", f"tensor {entry['tensor_index']} of {tensors}")
