"""State in TFLite files: resource variables and variable tensors become `Graph.variables`.

A resource variable is a name. VAR_HANDLE gives the handle of a name, READ_VARIABLE and
ASSIGN_VARIABLE use a handle, and CALL_ONCE runs, before the first inference, a subgraph that
assigns initial values. A variable tensor belongs to the one operator that keeps its state there.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Quantization, Variable
from mcugen.text import printable
from mcugen.tflite.file_model import FileModel, FileOperator, FileSubgraph, FileTensor
from mcugen.tflite.flatbuffer import TOO_LARGE_HINT, damaged
from mcugen.tflite.values import dtype_of, values_of

STATE_INPUTS = {"SVDF": 4}
"""Operators that keep state in a variable tensor among their inputs, and its position."""

RESOURCE_OPERATORS = frozenset({"VAR_HANDLE", "CALL_ONCE"})
"""Operators that are resolved here and do not come to the graph."""

MAX_STATE_BYTES = 1 << 24

STATE_HINT = "export the model again, with every state initialised and assigned"


@dataclass
class State:
    """`used` tells which variable an operator of the main subgraph uses, by operator index."""

    variables: tuple[Variable, ...] = ()
    used: dict[int, int] = field(default_factory=dict)


def state_fill(
    shape: tuple[int, ...], dtype: DType, quantization: Quantization | None
) -> npt.NDArray[Any]:
    """How a variable tensor starts: at its zero point if it is int8, else at 0."""
    zero_point = quantization.zero_point if quantization and dtype is DType.INT8 else 0
    return np.full(shape, zero_point, dtype.numpy)


def resolve_state(model: FileModel) -> State:
    """The variables of the main subgraph, in the order in which it first names them."""
    return _Resolver(model).resolve()


@dataclass(eq=False)
class _Resource:
    """One resource variable: its name, and what is known of its values so far."""

    name: str
    value: FileTensor | None = None
    assigned: FileTensor | None = None
    initial: npt.NDArray[Any] | None = None

    def agree(self, value: FileTensor, where: str) -> None:
        """Everything read from or assigned to a variable has one shape and type."""
        known = self.value or value
        if (value.shape, value.kind) != (known.shape, known.kind):
            raise InputRejected(
                f"{where}: variable '{printable(self.name)}' is {known.kind} {list(known.shape)}, "
                f"here {value.kind} {list(value.shape)}",
                STATE_HINT,
            )
        self.value = known


class _Resolver:
    def __init__(self, model: FileModel) -> None:
        self.model = model
        self.resources: dict[str, _Resource] = {}
        self.owners: dict[int, str] = {}
        self.subgraphs = {0}
        self.state_bytes = 0
        self.started = False

    def resolve(self) -> State:
        main = self.model.subgraphs[0]
        finish: list[Callable[[], Variable]] = []
        places: dict[str, int] = {}
        state = State()
        handles: dict[int, _Resource] = {}
        for i, operator in enumerate(main.operators):
            if operator.name in STATE_INPUTS:
                state.used[i] = len(finish)
                tensor = self.variable_tensor(main, operator)
                finish.append(functools.partial(self.tensor_variable, tensor))
                continue
            resource = self.step(main, operator, handles)
            if resource is not None:
                if resource.name not in places:
                    places[resource.name] = len(finish)
                    finish.append(functools.partial(self.resource_variable, resource))
                if operator.name not in RESOURCE_OPERATORS:
                    state.used[i] = places[resource.name]
        unused = set(range(len(self.model.subgraphs))) - self.subgraphs
        if unused:
            raise InputRejected(
                f"subgraph {min(unused)} is not used by the main one",
                "export the model with one signature",
            )
        # Only now is every assignment known.
        state.variables = tuple(make() for make in finish)
        return state

    def step(
        self, main: FileSubgraph, operator: FileOperator, handles: dict[int, _Resource]
    ) -> _Resource | None:
        """Follows one operator of the main subgraph; the resource that it names, if any."""
        if operator.name == "CALL_ONCE":
            if self.started:
                raise damaged(operator.where, "comes after the first use of a variable")
            self.initialise(operator)
        elif operator.name == "VAR_HANDLE":
            return self.open(main, operator, handles)
        elif operator.name == "READ_VARIABLE":
            self.started = True
            resource = _opened(operator, handles, inputs=1, outputs=1)
            resource.agree(main.tensors[operator.outputs[0]], operator.where)
            return resource
        elif operator.name == "ASSIGN_VARIABLE":
            self.started = True
            resource, value = self.assignment(main, operator, handles)
            resource.assigned = resource.assigned or value
            return resource
        return None

    def open(
        self, subgraph: FileSubgraph, operator: FileOperator, handles: dict[int, _Resource]
    ) -> _Resource:
        name = _option(operator, "VarHandleOptions", "shared_name")
        if not name or operator.inputs or len(operator.outputs) != 1:
            raise damaged(operator.where, "must have a shared_name and one output")
        handle = subgraph.tensors[operator.outputs[0]]
        if handle.kind != "RESOURCE" or math.prod(handle.shape) != 1:
            raise damaged(handle.where, f"is {handle.kind} {list(handle.shape)}, not a handle")
        handles[operator.outputs[0]] = resource = self.resources.setdefault(name, _Resource(name))
        return resource

    def assignment(
        self, subgraph: FileSubgraph, operator: FileOperator, handles: dict[int, _Resource]
    ) -> tuple[_Resource, FileTensor]:
        resource = _opened(operator, handles, inputs=2, outputs=0)
        if operator.inputs[1] < 0:
            raise damaged(operator.where, "assigns nothing")
        value = subgraph.tensors[operator.inputs[1]]
        resource.agree(value, operator.where)
        return resource, value

    def initialise(self, operator: FileOperator) -> None:
        """Runs a CALL_ONCE: its subgraph may open handles and assign constants, nothing else."""
        index = _option(operator, "CallOnceOptions", "init_subgraph_index") or 0
        if not 0 < index < len(self.model.subgraphs):
            raise damaged(operator.where, f"subgraph {index} of {len(self.model.subgraphs)}")
        subgraph = self.model.subgraphs[index]
        self.subgraphs.add(index)
        if not subgraph.operators:
            # TFLM crashes on it.
            raise damaged(operator.where, f"subgraph {index} has no operators")
        handles: dict[int, _Resource] = {}
        for step in subgraph.operators:
            if step.name == "VAR_HANDLE":
                self.open(subgraph, step, handles)
                continue
            if step.name != "ASSIGN_VARIABLE":
                raise InputRejected(f"{step.where}: cannot initialise state", STATE_HINT)
            resource, value = self.assignment(subgraph, step, handles)
            initial = values_of(value)
            if initial is None:
                raise InputRejected(f"{step.where}: assigns what is not constant", STATE_HINT)
            resource.initial = initial
            resource.assigned = resource.assigned or value

    def variable_tensor(self, main: FileSubgraph, operator: FileOperator) -> FileTensor:
        """The tensor that holds an operator's state, and no other's."""
        position = STATE_INPUTS[operator.name]
        index = operator.inputs[position] if position < len(operator.inputs) else -1
        if index < 0 or not main.tensors[index].is_variable:
            raise damaged(operator.where, f"input {position} must be a variable tensor")
        if operator.inputs.count(index) > 1 or index in self.owners:
            raise damaged(operator.where, f"shares its state {main.tensors[index].where}")
        self.owners[index] = operator.where
        return main.tensors[index]

    def claim(self, tensor: FileTensor) -> DType:
        """The type of a variable's values, once its memory is known to be within bounds."""
        dtype = dtype_of(tensor)
        self.state_bytes += math.prod(tensor.shape) * dtype.numpy.itemsize
        if self.state_bytes > MAX_STATE_BYTES:
            raise InputRejected(
                f"{tensor.where}: all state takes more than {MAX_STATE_BYTES} bytes", TOO_LARGE_HINT
            )
        return dtype

    def tensor_variable(self, tensor: FileTensor) -> Variable:
        dtype = self.claim(tensor)
        initial = state_fill(tensor.shape, dtype, tensor.quantization)
        return _variable(tensor.name, tensor, initial)

    def resource_variable(self, resource: _Resource) -> Variable:
        value = resource.assigned
        if value is None:
            raise InputRejected(
                f"variable '{printable(resource.name)}' is never assigned a value", STATE_HINT
            )
        dtype, initial = self.claim(value), resource.initial
        if initial is None:
            # TFLM fills it with the low byte of the zero point.
            zero_point = value.quantization.zero_point if value.quantization else 0
            count = math.prod(value.shape) * dtype.numpy.itemsize
            initial = np.full(count, zero_point & 255, np.uint8).view(dtype.numpy)
            initial = initial.reshape(value.shape)
        return _variable(resource.name, value, initial)


def _variable(name: str, tensor: FileTensor, initial: npt.NDArray[Any]) -> Variable:
    start = initial if initial.tobytes().strip(b"\0") else None
    return Variable(name, tensor.shape, dtype_of(tensor), tensor.quantization, start)


def _option(operator: FileOperator, table: str, name: str) -> Any:
    """A field of an operator's options, None if they are absent."""
    if operator.options is None:
        return None
    if operator.options.table.name != table:
        raise damaged(operator.where, f"has {operator.options.table.name}, not {table}")
    return operator.options[name]


def _opened(
    operator: FileOperator, handles: dict[int, _Resource], inputs: int, outputs: int
) -> _Resource:
    found = (len(operator.inputs), len(operator.outputs))
    if found != (inputs, outputs):
        raise damaged(operator.where, f"{found[0]} inputs and {found[1]} outputs")
    resource = handles.get(operator.inputs[0])
    if resource is None:
        raise damaged(operator.where, "its first input is not a handle from VAR_HANDLE")
    return resource
