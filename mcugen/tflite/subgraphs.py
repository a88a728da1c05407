"""Verifies the operators of a subgraph: indices, producers and order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mcugen.errors import InputRejected
from mcugen.text import printable
from mcugen.tflite.file_model import FileOperator, FileSubgraph, FileTensor, Notes
from mcugen.tflite.flatbuffer import TOO_LARGE_HINT, Record, damaged
from mcugen.tflite.schema import schema
from mcugen.tflite.tensors import DYNAMIC_HINT, TensorVerifier

MAX_OPERANDS = 1 << 18
"""Inputs and outputs of all operators together."""


@dataclass(frozen=True)
class OperatorCode:
    """What an operator code stands for; a builtin that the schema lacks is called by its number."""

    name: str
    version: int
    custom_code: str


def operator_code(record: Record, where: str) -> OperatorCode:
    # Old files have only the narrow field, new ones both, and 127 there where it does not suffice.
    code = max(record["deprecated_builtin_code"], record["builtin_code"])
    if code < 0 or record["version"] < 1:
        raise damaged(where, f"code {code}, version {record['version']}")
    name = schema().names["BuiltinOperator"].get(code, f"BUILTIN_{code}")
    return OperatorCode(name, record["version"], record["custom_code"] or "")


@dataclass
class SubgraphVerifier:
    """Verifies one subgraph after another."""

    codes: Sequence[OperatorCode]
    tensors: TensorVerifier
    notes: Notes
    operands: int = 0

    def subgraph(self, record: Record, place: str) -> FileSubgraph:
        """`place` starts every message: empty for the main subgraph."""
        tensors = tuple(
            self.tensors.tensor(tensor, f"{place}tensor {i}")
            for i, tensor in enumerate(record.items("tensors"))
        )
        inputs = self.indices(record, "inputs", len(tensors), f"{place or 'graph '}inputs")
        outputs = self.indices(record, "outputs", len(tensors), f"{place or 'graph '}outputs")
        operators = tuple(
            self.operator(operator, len(tensors), f"{place}operator {i}")
            for i, operator in enumerate(record.items("operators"))
        )
        subgraph = FileSubgraph(tensors, operators, inputs, outputs)
        _check_order(subgraph, place)
        for index in inputs:
            self.check_signature(record.items("tensors")[index], tensors[index])
        return subgraph

    def indices(
        self, record: Record, name: str, tensors: int, where: str, lowest: int = 0
    ) -> tuple[int, ...]:
        """A vector of tensor indices, each at least `lowest`."""
        values = record.array(name)
        self.operands += values.size
        if self.operands > MAX_OPERANDS:
            raise InputRejected(f"{where}: too many {name}, {values.size}", TOO_LARGE_HINT)
        found = tuple(values.tolist())
        for index in found:
            if not lowest <= index < tensors:
                raise damaged(where, f"{name} name tensor {index} of {tensors}")
        return found

    def operator(self, record: Record, tensors: int, where: str) -> FileOperator:
        index = record["opcode_index"]
        if index >= len(self.codes):
            raise damaged(where, f"operator code {index} of {len(self.codes)}")
        code = self.codes[index]
        where = f"{where} ({printable(code.custom_code) or code.name})"
        self.indices(record, "intermediates", tensors, where, lowest=-1)
        return FileOperator(
            name=code.name,
            version=code.version,
            custom_code=code.custom_code,
            inputs=self.indices(record, "inputs", tensors, where, lowest=-1),
            outputs=self.indices(record, "outputs", tensors, where),
            options=record["builtin_options"],
            where=where,
        )

    def check_signature(self, record: Record, tensor: FileTensor) -> None:
        """Of a graph input only the batch may be dynamic; `shape` then says 1."""
        signature = record.array("shape_signature")
        if signature.size > len(tensor.shape) or (signature[1:] == -1).any():
            found = signature[:16].tolist()
            raise InputRejected(f"{tensor.where}: has the dynamic shape {found}", DYNAMIC_HINT)
        if signature.size and signature[0] == -1:
            self.notes.add(f"has a dynamic batch, taken as {tensor.shape[0]}", tensor.where)


def _check_order(subgraph: FileSubgraph, place: str) -> None:
    """Every tensor has one producer, and it comes before the tensor's readers."""
    tensors = subgraph.tensors
    written = [False] * len(tensors)
    for index in subgraph.inputs:
        if tensors[index].data is not None or tensors[index].is_variable or written[index]:
            raise damaged(
                tensors[index].where, "is a graph input, and a constant or state or twice"
            )
        written[index] = True
    for operator in subgraph.operators:
        for index in operator.inputs:
            if index >= 0 and not (written[index] or _has_value(tensors[index])):
                raise damaged(operator.where, f"reads {tensors[index].where} before it is written")
        for index in operator.outputs:
            if tensors[index].data is not None or tensors[index].is_variable:
                raise damaged(operator.where, f"writes {tensors[index].where}, a constant or state")
            if written[index]:
                raise damaged(operator.where, f"writes {tensors[index].where} a second time")
            written[index] = True
    for index in subgraph.outputs:
        if not (written[index] or _has_value(tensors[index])):
            raise damaged(f"{place or 'graph '}outputs", f"{tensors[index].where} is never written")


def _has_value(tensor: FileTensor) -> bool:
    """Whether a tensor needs no producer. One without elements is a constant without bytes."""
    return tensor.data is not None or tensor.is_variable or math.prod(tensor.shape) == 0
