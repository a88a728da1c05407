"""Refuses, by name, what TensorFlow Lite Micro cannot run.

TFLM itself looks operators up by code alone and judges types while it starts, or never: here it is
done on the host.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from mcugen.errors import InputRejected
from mcugen.runtimes.tflm.file_operators import callees, input_of, operators_of, option
from mcugen.runtimes.tflm.kernels import CUSTOM_METHODS, ELEMENT_BYTES, KERNELS
from mcugen.text import printable
from mcugen.tflite.file_model import FileModel, FileOperator, FileSubgraph

HINT_AOT = "mcugen's own runtime may have it: leave `--runtime tflm` out"
HINT_END = "replace the layers that need them, or end the model before them"

MAX_STEPS = 1 << 14
"""Operators that one inference may run through, those of called subgraphs counted each time."""

Ranks = tuple[int | None, ...]

RANKS: dict[str, tuple[Ranks, Ranks]] = {
    "CONV_2D": ((4, 4), (4,)),
    "DEPTHWISE_CONV_2D": ((4, 4), (4,)),
    "TRANSPOSE_CONV": ((None, 4, 4), (4,)),
    "AVERAGE_POOL_2D": ((4,), (4,)),
    "MAX_POOL_2D": ((4,), (4,)),
    "FULLY_CONNECTED": ((0, 2), (0,)),
    "SVDF": ((2, 2, 2, None, 2), (2,)),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": ((3,), (3,)),
    "BATCH_MATMUL": ((0, 0), (0,)),
    "SOFTMAX": ((0,), (0,)),
}
"""Ranks of the inputs and outputs that must be there; 0 is any, and None may be absent."""

MUTE = ("ASSIGN_VARIABLE", "CALL_ONCE", "IF", "WHILE")
"""Operators that need not have an output."""

WINDOWED = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "AVERAGE_POOL_2D", "MAX_POOL_2D")


def check_supported(model: FileModel) -> None:
    """Raises InputRejected if TFLM cannot run the model.

    The error names every operator that it lacks, or the first that it cannot run as it is here.
    """
    unknown = Counter(_title(o) for _, o in operators_of(model) if not _is_known(o))
    if unknown:
        names = ", ".join(f"{name} ({count})" for name, count in unknown.most_common(20))
        more = f" and {len(unknown) - 20} more" if len(unknown) > 20 else ""
        raise InputRejected(
            f"operators that TensorFlow Lite Micro does not have: {names}{more}",
            HINT_END,
        )
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            if tensor.kind not in ELEMENT_BYTES:
                raise InputRejected(
                    f"{tensor.where}: TensorFlow Lite Micro does not have {tensor.kind} elements",
                    "convert the model again, with int8 or float32 tensors",
                )
    for subgraph, operator in operators_of(model):
        _check_operator(subgraph, operator)
    _check_calls(model)


def _is_known(operator: FileOperator) -> bool:
    if operator.name == "CUSTOM":
        return operator.custom_code in CUSTOM_METHODS
    return operator.name in KERNELS


def _title(operator: FileOperator) -> str:
    if operator.name == "CUSTOM":
        return f"CUSTOM '{printable(operator.custom_code)}'"
    return operator.name


def _check_operator(subgraph: FileSubgraph, operator: FileOperator) -> None:
    if operator.name == "CUSTOM":
        return
    newest = KERNELS[operator.name].max_version
    if operator.version > newest:
        raise InputRejected(
            f"{operator.where}: version {operator.version}, the newest that TensorFlow Lite Micro "
            f"has is {newest}",
            "convert the model with an older converter",
        )
    for constraint in CONSTRAINTS:
        found = constraint(subgraph, operator)
        if found:
            sentence = " ".join((constraint.__doc__ or "").split())
            raise InputRejected(
                f"{operator.where} is not supported by TensorFlow Lite Micro: {sentence} "
                f"Found: {printable(found, 200)}.",
                HINT_AOT,
            )


def _check_calls(model: FileModel) -> None:
    """Refuses subgraphs that are not there, that call themselves, or that run without end."""
    steps = 0

    def visit(index: int, callers: tuple[int, ...], where: str) -> None:
        nonlocal steps
        if not 0 <= index < len(model.subgraphs) or index in callers:
            raise InputRejected(
                f"{where} calls subgraph {index} of {len(model.subgraphs)}"
                + (", in which it is itself" if index in callers else ""),
                "the file is damaged or was not written by a converter: export the model again",
            )
        for operator in model.subgraphs[index].operators:
            steps += 1
            if steps > MAX_STEPS:
                raise InputRejected(
                    f"{operator.where}: more than {MAX_STEPS} operators to run",
                    "no model for a microcontroller comes near this",
                )
            for callee in callees(operator):
                visit(callee, (*callers, index), operator.where)

    visit(0, (), "model")


def takes_type(subgraph: FileSubgraph, operator: FileOperator) -> str:
    """The kernel takes elements of this type."""
    kernel = KERNELS[operator.name]
    values = input_of(subgraph, operator, kernel.position)
    if not kernel.types or (values is not None and values.kind in kernel.types):
        return ""
    found = "no such input" if values is None else values.kind
    return f"{found}; it takes {', '.join(kernel.types)}"


def takes_weights(subgraph: FileSubgraph, operator: FileOperator) -> str:
    """The kernel takes weights of this type with inputs of that one."""
    kernel = KERNELS[operator.name]
    values, weights = (input_of(subgraph, operator, i) for i in (0, 1))
    allowed = dict(kernel.weights).get(values.kind if values else "")
    if allowed is None or (weights is not None and weights.kind in allowed):
        return ""
    return f"{weights.kind if weights else 'no'} weights, {values.kind if values else 'no'} inputs"


def one_scale_int4(subgraph: FileSubgraph, operator: FileOperator) -> str:
    """INT4 weights of FULLY_CONNECTED have one scale, not one for each output."""
    weights = input_of(subgraph, operator, 1)
    if operator.name != "FULLY_CONNECTED" or weights is None or weights.kind != "INT4":
        return ""
    scales = len(weights.quantization.scales) if weights.quantization else 1
    return f"{scales} scales" if scales > 1 else ""


def operands_present(subgraph: FileSubgraph, operator: FileOperator) -> str:
    """The inputs and outputs that the kernel reads are there, with the ranks that it asks for."""
    inputs, outputs = RANKS.get(operator.name, ((), () if operator.name in MUTE else (0,)))
    for what, ranks, indices in (
        ("input", inputs, operator.inputs),
        ("output", outputs, operator.outputs),
    ):
        for position, rank in enumerate(ranks):
            index = indices[position] if position < len(indices) else -1
            if rank is None:
                continue
            if index < 0:
                return f"no {what} {position}"
            shape = subgraph.tensors[index].shape
            if rank and len(shape) != rank:
                return f"{what} {position} of shape {list(shape)}"
    return ""


def positive_steps(subgraph: FileSubgraph, operator: FileOperator) -> str:
    """A window's strides and dilations are at least 1, and no dimension of its operands is 0."""
    if operator.name not in WINDOWED:
        return ""
    for name in ("stride_h", "stride_w", "dilation_h_factor", "dilation_w_factor"):
        value = option(operator, name, 1)
        if value < 1:
            return f"{name} {value}"
    shapes = [subgraph.tensors[i].shape for i in (*operator.inputs, *operator.outputs) if i >= 0]
    return next((f"shape {list(shape)}" for shape in shapes if 0 in shape), "")


def rank_taken(subgraph: FileSubgraph, operator: FileOperator) -> str:
    """Ranks are at most 6, and of int8 TRANSPOSE, MAXIMUM and MINIMUM at most 4."""
    narrow = operator.name in ("TRANSPOSE", "MAXIMUM", "MINIMUM")
    for index in (*operator.inputs, *operator.outputs):
        tensor = subgraph.tensors[index]
        limit = 4 if narrow and tensor.kind == "INT8" else 6
        if index >= 0 and len(tensor.shape) > limit:
            return f"shape {list(tensor.shape)}"
    return ""


def few_inputs(subgraph: FileSubgraph, operator: FileOperator) -> str:
    """CONCATENATION joins at most 10 tensors."""
    count = len(operator.inputs)
    return f"{count}" if operator.name == "CONCATENATION" and count > 10 else ""


CONSTRAINTS: tuple[Callable[[FileSubgraph, FileOperator], str], ...] = (
    operands_present,
    takes_type,
    takes_weights,
    one_scale_int4,
    positive_steps,
    rank_taken,
    few_inputs,
)
"""Checks of one known operator: what was found, empty if it holds; the docstring is the user's."""
