"""Reads .tflite files into graphs. Every refusal is an InputRejected that names file and place."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import mcugen.ir.ops as families
from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph, Operator, Tensor
from mcugen.ir.ops.base import REGISTRY
from mcugen.ir.support import OPERATORS_HINT, check_supported
from mcugen.text import printable
from mcugen.tflite.advice import advice_on
from mcugen.tflite.file_model import FileModel, FileOperator, FileSubgraph, FileTensor
from mcugen.tflite.flatbuffer import MAX_FILE_BYTES, TOO_LARGE_HINT, damaged
from mcugen.tflite.foreign import check_identifier
from mcugen.tflite.metadata import origin
from mcugen.tflite.schema import schema
from mcugen.tflite.scheme import check_scheme
from mcugen.tflite.state import (
    RESOURCE_OPERATORS,
    STATE_HINT,
    STATE_INPUTS,
    State,
    resolve_state,
)
from mcugen.tflite.values import dtype_of, values_of
from mcugen.tflite.verifier import verify

MAX_OPTION_VALUES = 64


@dataclass(frozen=True)
class ReadResult:
    """A supported graph; what wrote its file, if that is known, and what is odd but harmless."""

    graph: Graph
    notes: tuple[str, ...]


def load(path: str | Path) -> ReadResult:
    """Reads a file; raises InputRejected, with the nearest file name if there is no such file."""
    path = Path(path)
    shown = printable(str(path), 200)
    try:
        if path.is_dir():
            raise InputRejected(f"{shown} is a directory", _directory_hint(path))
        if not path.exists():
            raise InputRejected(f"{shown} does not exist", _nearest(path))
        if not path.is_file():
            raise InputRejected(f"{shown} is not a regular file", "copy the model to a file")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InputRejected(f"{shown} has {size} bytes, too many for a model", TOO_LARGE_HINT)
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise InputRejected(
            f"cannot read {shown}: {printable(str(error), 200)}", "check its name and permissions"
        ) from None
    return read_model(data, path.name)


def read_model(data: bytes, name: str) -> ReadResult:
    """The graph in a file's bytes, verified and supported; `name` is what messages call it."""
    try:
        check_identifier(data)
        file = verify(data)
        graph = _graph(file, name)
        check_supported(graph)
    except InputRejected as error:
        raise InputRejected(f"{printable(name)}: {error.message}", error.hint) from None
    return ReadResult(graph, (*origin(file.metadata), *file.notes))


def _graph(file: FileModel, name: str) -> Graph:
    for module in pkgutil.iter_modules(families.__path__):
        importlib.import_module(f"{families.__name__}.{module.name}")
    main = file.subgraphs[0]
    _check_operators(main)
    check_scheme(main)
    _check_interface(main)
    state = resolve_state(file)
    operators = {
        i: operator
        for i, operator in enumerate(main.operators)
        if operator.name not in RESOURCE_OPERATORS
    }
    kept = _used_tensors(main, operators)
    places = {index: place for place, index in enumerate(kept)}
    written = {t for operator in main.operators for t in operator.outputs} | set(main.inputs)
    tensors = [_tensor(main.tensors[index], index, index in written) for index in kept]
    return Graph(
        name=name,
        tensors=tuple(tensors),
        operators=tuple(
            _operator(i, operator, main, places, tensors, state)
            for i, operator in operators.items()
        ),
        inputs=tuple(places[t] for t in main.inputs),
        outputs=tuple(places[t] for t in main.outputs),
        variables=state.variables,
        description=file.description,
    )


def _check_operators(main: FileSubgraph) -> None:
    """Refuses operators that are unknown, or newer than what is implemented, all at once."""
    unknown: Counter[str] = Counter()
    for operator in main.operators:
        if operator.name not in REGISTRY and operator.name not in RESOURCE_OPERATORS:
            custom = f" '{printable(operator.custom_code)}'" if operator.custom_code else ""
            unknown[f"{operator.name}{custom}"] += 1
    if unknown:
        names = ", ".join(f"{name} ({count})" for name, count in unknown.most_common(20))
        more = f" and {len(unknown) - 20} more" if len(unknown) > 20 else ""
        raise InputRejected(f"operators that are not supported: {names}{more}", advice_on(unknown))
    for operator in main.operators:
        newest = REGISTRY[operator.name].max_version if operator.name in REGISTRY else 1
        if operator.version > newest:
            raise InputRejected(
                f"{operator.where}: version {operator.version}, the newest supported is {newest}",
                "convert the model with an older converter, or ask for this version",
            )


def _check_interface(main: FileSubgraph) -> None:
    """Refuses inputs and outputs whose elements no caller can address."""
    for kind, indices in (("input", main.inputs), ("output", main.outputs)):
        for index in indices:
            if main.tensors[index].kind == "INT4":
                raise InputRejected(
                    f"{main.tensors[index].where}: is INT4, a graph {kind}",
                    "only weights can be INT4: give the graph int8 inputs and outputs",
                )


def _used_tensors(main: FileSubgraph, operators: dict[int, FileOperator]) -> list[int]:
    """Tensors that the graph needs, in the file's order; handles and state are not among them."""
    used = {*main.inputs, *main.outputs}
    for operator in operators.values():
        used |= {*_graph_inputs(operator), *operator.outputs}
    return sorted(used - {-1})


def _graph_inputs(operator: FileOperator) -> tuple[int, ...]:
    """The inputs that are values, not where state lies, up to the last that is present."""
    if operator.name in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
        return operator.inputs[1:]
    if operator.name in STATE_INPUTS:
        position = STATE_INPUTS[operator.name]
        return operator.inputs[:position] + operator.inputs[position + 1 :]
    # Absent inputs at the end say no more than a shorter list.
    count = len(operator.inputs)
    while count and operator.inputs[count - 1] < 0:
        count -= 1
    return operator.inputs[:count]


def _tensor(tensor: FileTensor, index: int, written: bool) -> Tensor:
    dtype, data = dtype_of(tensor), values_of(tensor)
    if dtype is DType.RESOURCE:
        raise InputRejected(
            f"{tensor.where}: a handle can only go to READ_VARIABLE and ASSIGN_VARIABLE",
            STATE_HINT,
        )
    if tensor.is_variable:
        raise InputRejected(
            f"{tensor.where}: only {', '.join(STATE_INPUTS)} can use a variable tensor", STATE_HINT
        )
    if data is None and not written:
        # The verifier lets only tensors without elements go without a producer.
        data = np.zeros(tensor.shape, dtype.numpy)
        data.flags.writeable = False
    return Tensor(tensor.name, tensor.shape, dtype, tensor.quantization, data, index)


def _operator(
    index: int,
    operator: FileOperator,
    main: FileSubgraph,
    places: dict[int, int],
    tensors: list[Tensor],
    state: State,
) -> Operator:
    cls = REGISTRY[operator.name]
    options = options_of(operator, cls.options_table)
    inputs = [places.get(t, -1) for t in _graph_inputs(operator)]
    operands = [tensors[place] if place >= 0 else None for place in inputs]
    if index in state.used:
        options["variable"] = state.used[index]
    if operator.name in STATE_INPUTS:
        position = STATE_INPUTS[operator.name]
        held = operator.inputs[position]
        operands.insert(position, _state_operand(main.tensors[held], held))
    outputs = tuple(places[t] for t in operator.outputs)
    try:
        attributes = cls.from_options(options, tuple(operands), tuple(tensors[t] for t in outputs))
    except ValueError as error:
        raise InputRejected(
            f"{operator.where}: {printable(str(error), 200)}", OPERATORS_HINT
        ) from None
    return Operator(attributes, tuple(inputs), outputs, index)


def _state_operand(tensor: FileTensor, index: int) -> Tensor:
    return Tensor(
        tensor.name, tensor.shape, dtype_of(tensor), tensor.quantization, source_index=index
    )


def options_of(operator: FileOperator, table: str) -> dict[str, Any]:
    """An operator's option fields, enums by name; a missing table reads as all defaults."""
    record = operator.options
    if not table:
        return {}
    if record is not None and record.table.name != table:
        raise damaged(operator.where, f"has {record.table.name}, not {table}")
    options = {}
    for field in schema().tables[table].fields.values():
        value = field.default if record is None else record[field.name]
        if field.enum and field.kind != "union":
            name = schema().names[field.enum].get(value)
            if name is None:
                raise damaged(operator.where, f"{field.name} is {value}, which is no {field.enum}")
            value = name
        elif field.kind == "vector" and value is not None:
            if len(value) > MAX_OPTION_VALUES:
                raise damaged(operator.where, f"{field.name} has {len(value)} values")
            value = tuple(value.tolist() if isinstance(value, np.ndarray) else value)
        options[field.name] = value
    return options


def _nearest(path: Path) -> str:
    """The file in the same folder whose name is closest."""
    try:
        names = sorted(p.name for p in path.parent.iterdir() if p.is_file())
    except OSError:
        return f"the folder {printable(str(path.parent), 200)} does not exist either"
    found = difflib.get_close_matches(path.name, names[:1000], n=1)
    found = found or [name for name in names if name.endswith(".tflite")][:1]
    if not found:
        return "give the path of a .tflite file"
    return f"did you mean {printable(str(path.parent / found[0]), 200)}?"


def _directory_hint(path: Path) -> str:
    if (path / "saved_model.pb").exists():
        return "it is a SavedModel: convert it with tf.lite.TFLiteConverter.from_saved_model"
    models = sorted(p.name for p in path.glob("*.tflite"))[:3]
    if not models:
        return "give the path of a .tflite file"
    return "\n".join(f"did you mean {printable(str(path / m), 200)}?" for m in models)
