"""Recognises how a model is quantized, to explain what to change when it is not int8 throughout."""

from __future__ import annotations

from mcugen.errors import InputRejected
from mcugen.tflite.file_model import FileOperator, FileSubgraph

WEIGHTS = {
    "CONV_2D": 1,
    "DEPTHWISE_CONV_2D": 1,
    "TRANSPOSE_CONV": 1,
    "CONV_3D": 1,
    "FULLY_CONNECTED": 1,
    "BATCH_MATMUL": 1,
    "SVDF": 1,
    "LSTM": 2,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 2,
    "UNIDIRECTIONAL_SEQUENCE_RNN": 1,
}
"""Operators with weights, and which input these are."""

FULL_INT8 = (
    "converter.optimizations = [tf.lite.Optimize.DEFAULT]\n"
    "converter.representative_dataset = a function that yields some real inputs\n"
    "converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]\n"
    "converter.inference_input_type = converter.inference_output_type = tf.int8"
)

EXPLANATIONS = {
    "float": ("a float model: weights and activations are floats", FULL_INT8),
    "float16": ("a float16 model: weights are float16, activations are floats", FULL_INT8),
    "hybrid": (
        "quantized in its weights only (dynamic range): activations are floats",
        FULL_INT8,
    ),
    "int16": (
        "quantized with int16 activations",
        "convert without EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8:\n"
        + FULL_INT8,
    ),
    "uint8": (
        "quantized in the old way, with uint8 activations and weights",
        "convert the original model with TensorFlow 2:\n" + FULL_INT8,
    ),
}
"""What a scheme is called, and the converter's settings that lead to int8."""


def check_scheme(main: FileSubgraph) -> None:
    """Raises InputRejected, explaining, if an operator with weights is not int8."""
    weighted = [o for o in main.operators if o.name in WEIGHTS and o.outputs]
    schemes = [(_scheme(main, operator), operator) for operator in weighted]
    others = [(scheme, operator) for scheme, operator in schemes if scheme != "int8"]
    if not others:
        return
    scheme, operator = others[0]
    what, hint = EXPLANATIONS[scheme]
    raise InputRejected(
        f"{operator.where}: the model, in {len(others)} of its {len(weighted)} operators with "
        f"weights, is {what}; only int8 activations are supported",
        hint,
    )


def _scheme(main: FileSubgraph, operator: FileOperator) -> str:
    """A key of `EXPLANATIONS`, or int8, which is also what the constraints shall judge."""
    position = WEIGHTS[operator.name]
    index = operator.inputs[position] if position < len(operator.inputs) else -1
    if index < 0:
        return "int8"
    weights, output = main.tensors[index].kind, main.tensors[operator.outputs[0]].kind
    if output == "FLOAT32":
        if weights in ("INT8", "UINT8", "INT4", "INT2"):
            return "hybrid"
        return "float16" if _is_float16(main, index) else "float"
    return {"FLOAT16": "float16", "INT16": "int16", "UINT8": "uint8"}.get(output, "int8")


def _is_float16(main: FileSubgraph, index: int) -> bool:
    """Whether a tensor is, or is widened from, float16."""
    if main.tensors[index].kind == "FLOAT16":
        return True
    sources = [o.inputs[:1] for o in main.operators if index in o.outputs]
    return any(i >= 0 and main.tensors[i].kind == "FLOAT16" for (i,) in filter(None, sources))
