"""The op resolver of a model: which of TFLM's registrations the firmware links."""

from __future__ import annotations

from dataclasses import dataclass

from mcugen.runtimes.tflm.file_operators import input_of, operators_of
from mcugen.runtimes.tflm.kernels import CUSTOM_METHODS, KERNELS
from mcugen.tflite.file_model import FileModel, FileOperator, FileSubgraph

HEADERS = {
    "Register_PAD_INT8": "tensorflow/lite/micro/kernels/pad.h",
    "Register_TRANSPOSE_INT8": "tensorflow/lite/micro/kernels/transpose.h",
}
"""Headers of the functions that the resolver's own header does not declare."""


CUSTOM_REGISTRATIONS = {"TFLite_Detection_PostProcess": "Register_DETECTION_POSTPROCESS"}
"""Registrations of custom operators that are not called after their code."""


@dataclass(frozen=True)
class Registration:
    """One line of the op resolver.

    `operator` is TFLite's name, or a custom operator's code; `function` the registration to pass,
    empty for the method's own.
    """

    operator: str
    method: str
    function: str = ""
    is_custom: bool = False

    @property
    def default(self) -> str:
        """The registration that the method itself takes."""
        return CUSTOM_REGISTRATIONS.get(self.operator, f"Register_{self.operator}")

    @property
    def key(self) -> str:
        """The C++ expression that the resolver finds the operator by."""
        return (
            f'"{self.operator}"' if self.is_custom else f"tflite::BuiltinOperator_{self.operator}"
        )

    @property
    def header(self) -> str:
        """What to include beside the resolver's header, empty for nothing."""
        return HEADERS.get(self.function, "")

    @property
    def call(self) -> str:
        """The C++ call, on the resolver."""
        return f"{self.method}({f'tflite::{self.function}()' if self.function else ''})"


def registrations(model: FileModel) -> tuple[Registration, ...]:
    """What to register for a supported model, each operator once and in order of first use.

    Where all uses of an operator have the same types, it is the smaller registration for these.
    """
    schemes: dict[tuple[str, str], set[str]] = {}
    for subgraph, operator in operators_of(model):
        key = (operator.name, operator.custom_code)
        schemes.setdefault(key, set()).add(_scheme(subgraph, operator))
    found = []
    for (name, custom_code), types in schemes.items():
        if name == "CUSTOM":
            method = CUSTOM_METHODS[custom_code]
            found.append(Registration(custom_code, method, is_custom=True))
            continue
        kernel, only = KERNELS[name], types.pop() if len(types) == 1 else ""
        function = f"Register_{name}_{only}" if only in kernel.variants else ""
        found.append(Registration(name, kernel.method, function))
    return tuple(found)


def _scheme(subgraph: FileSubgraph, operator: FileOperator) -> str:
    """The ending of the registration for the operator's types, if there is one."""
    if operator.name == "CUSTOM" or not operator.outputs:
        return ""
    kernel = KERNELS[operator.name]
    values = input_of(subgraph, operator, kernel.position)
    output = subgraph.tensors[operator.outputs[0]].kind
    if values is None:
        return ""
    if operator.name == "SOFTMAX" and output != values.kind:
        return f"{values.kind}_{output}"
    weights = input_of(subgraph, operator, 1) if kernel.weights else None
    return "INT4" if weights is not None and weights.kind == "INT4" else values.kind
