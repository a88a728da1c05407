"""Writes a graph as a .tflite file: the reader's inverse, deterministic to the byte."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import McugenError
from mcugen.ir.graph import DType, Graph, Operands, Quantization, Tensor, Variable
from mcugen.text import printable
from mcugen.tflite.builder import build
from mcugen.tflite.int4 import pack_int4
from mcugen.tflite.schema import schema
from mcugen.tflite.state import STATE_INPUTS, state_fill
from mcugen.tflite.versions import operator_version

Record = dict[str, Any]
"""A table for `build`: field names and values."""

SCHEMA_VERSION = 3
INIT_SUBGRAPH = 1


def write_model(
    graph: Graph, description: str = "", metadata: Mapping[str, bytes] | None = None
) -> bytes:
    """The graph as a .tflite file, with `metadata` entries by name.

    Tensors keep their indices; those that state needs come after them. Raises McugenError if the
    state of an SVDF starts with anything but its zero point, which no file can say.
    """
    file = _File()
    main = _Subgraph(file, [file.tensor(t) for t in graph.tensors])
    resources = _resources(graph)
    handles = main.handles(resources)
    if resources:
        main.operators.append(file.operator("CALL_ONCE", init_subgraph_index=INIT_SUBGRAPH))
    main.open_handles(handles)
    for x in graph:
        main.operators.append(_operator(file, main, graph, x, handles))
    subgraphs = [main.record("main", graph.inputs, graph.outputs)]
    if resources:
        subgraphs.append(_initialisation(file, resources))
    entries = [
        {"name": name, "buffer": file.buffer(np.frombuffer(value, np.uint8))}
        for name, value in (metadata or {}).items()
    ]
    return build(
        {
            "version": SCHEMA_VERSION,
            "operator_codes": file.codes,
            "subgraphs": subgraphs,
            "description": description or graph.description or None,
            "buffers": file.buffers,
            "metadata": entries or None,
        }
    )


@dataclass
class _File:
    """What subgraphs share; buffer 0 is empty, the one that tensors without data name."""

    buffers: list[Record] = field(default_factory=lambda: [{}])
    codes: list[Record] = field(default_factory=list)
    indices: dict[tuple[str, int], int] = field(default_factory=dict)

    def tensor(self, tensor: Tensor) -> Record:
        buffer = 0
        if tensor.data is not None:
            buffer = self.buffer(_stored(tensor.data, tensor.dtype))
        return _tensor_record(
            tensor.name, tensor.shape, tensor.dtype, tensor.quantization, buffer=buffer
        )

    def buffer(self, data: npt.NDArray[np.uint8]) -> int:
        """The index of a new buffer that holds `data`."""
        self.buffers.append({"data": data})
        return len(self.buffers) - 1

    def opcode(self, name: str, version: int) -> int:
        """The index of an operator code, made when it is first needed."""
        if (name, version) not in self.indices:
            self.indices[name, version] = len(self.codes)
            code = schema().enums["BuiltinOperator"][name]
            # Readers older than the wide field look at the narrow one, 127 sending them on.
            record = {"builtin_code": code, "deprecated_builtin_code": min(code, 127)}
            self.codes.append({**record, "version": version})
        return self.indices[name, version]

    def operator(
        self, name: str, inputs: Sequence[int] = (), outputs: Sequence[int] = (), **options: Any
    ) -> Record:
        """A record of one of the operators that serve the state."""
        table = "".join(word.capitalize() for word in name.split("_")) + "Options"
        return {
            "opcode_index": self.opcode(name, 1),
            "inputs": inputs,
            "outputs": outputs,
            "builtin_options": (table, options),
        }


@dataclass
class _Subgraph:
    file: _File
    tensors: list[Record]
    operators: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> int:
        self.tensors.append(record)
        return len(self.tensors) - 1

    def handles(self, variables: dict[int, Variable]) -> dict[int, tuple[int, str]]:
        """A resource tensor for each variable: variable index → tensor index and shared name."""
        # The index keeps equal names apart.
        names = {v: f"{variable.name}" for v, variable in variables.items()}
        if len(set(names.values())) != len(names):
            names = {v: f"{name}_{v}" for v, name in names.items()}
        return {
            v: (self.add(_tensor_record(f"{name}/handle", (), DType.RESOURCE, None)), name)
            for v, name in names.items()
        }

    def open_handles(self, handles: dict[int, tuple[int, str]]) -> None:
        for tensor, name in handles.values():
            self.operators.append(
                self.file.operator("VAR_HANDLE", (), (tensor,), container="", shared_name=name)
            )

    def record(self, name: str, inputs: Iterable[int], outputs: Iterable[int]) -> Record:
        return {
            "tensors": self.tensors,
            "inputs": list(inputs),
            "outputs": list(outputs),
            "operators": self.operators,
            "name": name,
        }


def _operator(
    file: _File, main: _Subgraph, graph: Graph, x: Operands, handles: dict[int, tuple[int, str]]
) -> Record:
    operator = x.operator
    inputs = list(operator.inputs)
    if operator.name in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
        # A handle that the graph still lists is not the one written here.
        values = inputs[-1:] if operator.name == "ASSIGN_VARIABLE" else []
        inputs = [handles[x.attributes.variable][0], *values]
    elif operator.name in STATE_INPUTS:
        variable = graph.variables[x.attributes.variable]
        inputs.insert(STATE_INPUTS[operator.name], main.add(_state_tensor(variable)))
    table = x.attributes.options_table
    return {
        "opcode_index": file.opcode(operator.name, operator_version(x)),
        "inputs": inputs,
        "outputs": operator.outputs,
        "builtin_options": (table, x.attributes.to_options()) if table else None,
    }


def _state_tensor(variable: Variable) -> Record:
    expected = state_fill(variable.shape, variable.dtype, variable.quantization)
    found = variable.initial
    if found is None:
        found = np.zeros(variable.shape, variable.dtype.numpy)
    if not np.array_equal(expected, found):
        raise McugenError(
            f"the state '{printable(variable.name)}' of an SVDF can only start at its zero point"
        )
    return _tensor_record(
        variable.name, variable.shape, variable.dtype, variable.quantization, is_variable=True
    )


def _resources(graph: Graph) -> dict[int, Variable]:
    """The variables that READ_VARIABLE and ASSIGN_VARIABLE use, by index."""
    names = ("READ_VARIABLE", "ASSIGN_VARIABLE")
    used = {x.attributes.variable for x in graph if x.operator.name in names}
    return {v: graph.variables[v] for v in sorted(used)}


def _initialisation(file: _File, variables: dict[int, Variable]) -> Record:
    """The subgraph that CALL_ONCE runs: it assigns every variable its initial value.

    Zeros are assigned too: left alone, TFLM would start from the zero point.
    """
    init = _Subgraph(file, [])
    handles = init.handles(variables)
    init.open_handles(handles)
    for v, (handle, _) in handles.items():
        variable = variables[v]
        data = variable.initial
        if data is None:
            data = np.zeros(variable.shape, variable.dtype.numpy)
        name, kind = f"{variable.name}/initial", variable.dtype
        tensor = Tensor(name, variable.shape, kind, variable.quantization, data)
        value = init.add(file.tensor(tensor))
        init.operators.append(file.operator("ASSIGN_VARIABLE", (handle, value)))
    return init.record("initialisation", (), ())


def _tensor_record(
    name: str,
    shape: tuple[int, ...],
    dtype: DType,
    quantization: Quantization | None,
    **fields: Any,
) -> Record:
    record: Record = {"name": name, "shape": shape, "type": dtype.value.upper(), **fields}
    if quantization is not None:
        record["quantization"] = {
            "scale": quantization.scales,
            "zero_point": quantization.zero_points,
            "quantized_dimension": quantization.axis,
        }
    return record


def _stored(data: npt.NDArray[Any], dtype: DType) -> npt.NDArray[np.uint8]:
    """A constant's bytes in the file: little endian, int4 packed."""
    if dtype is DType.INT4:
        return pack_int4(data)
    little = np.ascontiguousarray(data, dtype.numpy.newbyteorder("<"))
    return np.frombuffer(little.tobytes(), np.uint8)
