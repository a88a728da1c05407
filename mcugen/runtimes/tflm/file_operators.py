"""Operators of a verified file, as TFLM meets them: in every subgraph, with the file's options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcugen.tflite.file_model import FileModel, FileOperator, FileSubgraph, FileTensor

CALLS = {
    "IF": ("then_subgraph_index", "else_subgraph_index"),
    "WHILE": ("cond_subgraph_index", "body_subgraph_index"),
    "CALL_ONCE": ("init_subgraph_index",),
}
"""Operators that run other subgraphs, and the options that name these, in order of execution."""


def operators_of(model: FileModel) -> Iterator[tuple[FileSubgraph, FileOperator]]:
    """Every operator of every subgraph, each with its subgraph."""
    return ((subgraph, o) for subgraph in model.subgraphs for o in subgraph.operators)


def input_of(subgraph: FileSubgraph, operator: FileOperator, position: int) -> FileTensor | None:
    """The input at `position`, None if it is absent or the list is shorter."""
    index = operator.inputs[position] if position < len(operator.inputs) else -1
    return subgraph.tensors[index] if index >= 0 else None


def option(operator: FileOperator, name: str, default: Any) -> Any:
    """A field of the operator's options; `default` if it has no options, or others."""
    record = operator.options
    if record is None or name not in record.table.fields:
        return default
    return record[name]


def callees(operator: FileOperator) -> tuple[int, ...]:
    """The subgraphs that the operator runs, in order."""
    return tuple(option(operator, name, 0) for name in CALLS.get(operator.name, ()))
