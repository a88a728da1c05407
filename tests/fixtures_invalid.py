"""Files that are each wrong in one way, and the place that the refusal must name.

`MODELS` holds them by name. A defect either changes the record that `build` serialises, or patches
the bytes of the finished, valid file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from mcugen.tflite.builder import build

Record = dict[str, Any]

MODELS: dict[str, tuple[bytes, str]] = {}
"""Name → file and place."""


def valid_record() -> Record:
    """A convolution that is all right: input, weights, bias, output, then a reshape of it."""

    def tensor(name: str, shape: list[int], kind: str, buffer: int, scales: list[float]) -> Record:
        zero_points = [0] * len(scales)
        quantization = {"scale": scales, "zero_point": zero_points, "quantized_dimension": 0}
        return {
            "name": name,
            "shape": shape,
            "type": kind,
            "buffer": buffer,
            "quantization": quantization,
        }

    conv = {"padding": "SAME", "stride_w": 1, "stride_h": 1}
    return {
        "version": 3,
        "description": "one defect each",
        "operator_codes": [
            {"builtin_code": 3, "deprecated_builtin_code": 3, "version": 3},
            {"builtin_code": 22, "deprecated_builtin_code": 22, "version": 1},
        ],
        "buffers": [
            {},
            {"data": np.arange(6, dtype=np.uint8)},
            {"data": np.zeros(12, np.uint8)},
            {"data": np.array([1, 48], "<i4").view(np.uint8)},
        ],
        "subgraphs": [
            {
                "name": "main",
                "inputs": [0],
                "outputs": [5],
                "tensors": [
                    tensor("image", [1, 4, 4, 2], "INT8", 0, [0.5]),
                    tensor("weights", [3, 1, 1, 2], "INT8", 1, [0.1, 0.2, 0.3]),
                    tensor("bias", [3], "INT32", 2, [0.05, 0.1, 0.15]),
                    tensor("features", [1, 4, 4, 3], "INT8", 0, [1.0]),
                    {"name": "shape", "shape": [2], "type": "INT32", "buffer": 3},
                    tensor("flat", [1, 48], "INT8", 0, [1.0]),
                ],
                "operators": [
                    {
                        "opcode_index": 0,
                        "inputs": [0, 1, 2],
                        "outputs": [3],
                        "builtin_options": ("Conv2DOptions", conv),
                    },
                    {
                        "opcode_index": 1,
                        "inputs": [3, 4],
                        "outputs": [5],
                        "builtin_options": ("ReshapeOptions", {"new_shape": [1, 48]}),
                    },
                ],
            }
        ],
        "signature_defs": [
            {
                "signature_key": "serving_default",
                "inputs": [{"name": "image", "tensor_index": 0}],
                "outputs": [{"name": "flat", "tensor_index": 5}],
            }
        ],
        "metadata": [{"name": "note", "buffer": 3}],
    }


def stateful_record() -> Record:
    """A variable that is read, reshaped, and assigned; its initial value comes from a CALL_ONCE."""
    quantization = {"scale": [1.0], "zero_point": [3]}

    def value(name: str, buffer: int = 0) -> Record:
        record = {"name": name, "shape": [1, 4], "type": "INT8", "buffer": buffer}
        return {**record, "quantization": quantization}

    def handle(name: str) -> Record:
        return {"name": name, "shape": [], "type": "RESOURCE"}

    opened = {"opcode_index": 1, "outputs": [1]}
    opened["builtin_options"] = ("VarHandleOptions", {"shared_name": "history"})
    codes = {"CALL_ONCE": 129, "VAR_HANDLE": 142, "READ_VARIABLE": 143, "ASSIGN_VARIABLE": 144}
    return {
        "version": 3,
        "operator_codes": [
            {"builtin_code": code, "deprecated_builtin_code": 127} for code in codes.values()
        ],
        "buffers": [{}, {"data": [1, 2, 3, 4]}],
        "subgraphs": [
            {
                "inputs": [0],
                "outputs": [2],
                "tensors": [value("newest"), handle("handle"), value("oldest")],
                "operators": [
                    {
                        "opcode_index": 0,
                        "builtin_options": ("CallOnceOptions", {"init_subgraph_index": 1}),
                    },
                    dict(opened),
                    {"opcode_index": 2, "inputs": [1], "outputs": [2]},
                    {"opcode_index": 3, "inputs": [1, 0]},
                ],
            },
            {
                "tensors": [value("start", 1), handle("handle")],
                "operators": [dict(opened), {"opcode_index": 3, "inputs": [1, 0]}],
            },
        ],
    }


Change = Callable[[Record], None]
Patch = Callable[[bytearray], "bytearray | None"]


def _defect(record: Callable[[], Record], place: str) -> Callable[[Change], Change]:
    def register(change: Change) -> Change:
        model = record()
        change(model)
        MODELS[change.__name__] = (build(model), place)
        return change

    return register


def defect(place: str) -> Callable[[Change], Change]:
    """Registers a change of the convolution's record."""
    return _defect(valid_record, place)


def state_defect(place: str) -> Callable[[Change], Change]:
    """Registers a change of the stateful record."""
    return _defect(stateful_record, place)


def damage(place: str) -> Callable[[Patch], Patch]:
    """Registers a patch of the convolution's bytes, in place or as new bytes."""

    def register(patch: Patch) -> Patch:
        data = bytearray(build(valid_record()))
        changed = patch(data)
        MODELS[patch.__name__] = (bytes(data if changed is None else changed), place)
        return patch

    return register


def tensors(model: Record) -> list[Record]:
    result: list[Record] = model["subgraphs"][0]["tensors"]
    return result


def operators(model: Record, subgraph: int = 0) -> list[Record]:
    result: list[Record] = model["subgraphs"][subgraph]["operators"]
    return result


# --- the flatbuffer ---------------------------------------------------------------------------


def u32(data: bytearray, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])


def follow(data: bytearray, at: int) -> int:
    """Where the offset at `at` points."""
    return at + u32(data, at)


def field(data: bytearray, table: int, slot: int) -> int:
    """Where a table's field lies."""
    vtable = table - int(struct.unpack_from("<i", data, table)[0])
    return table + int(struct.unpack_from("<H", data, vtable + 4 + 2 * slot)[0])


def item(data: bytearray, table: int, slot: int, index: int = 0) -> int:
    """The table at `index` of a vector field."""
    return follow(data, follow(data, field(data, table, slot)) + 4 + 4 * index)


def first_tensor(data: bytearray) -> int:
    return item(data, item(data, follow(data, 0), 2), 0)


@damage("the file is empty")
def invalid_empty(data: bytearray) -> bytearray:
    return bytearray()


@damage("not a .tflite file")
def invalid_identifier(data: bytearray) -> None:
    data[4:8] = b"LITE"


@damage("not a .tflite file")
def invalid_four_bytes(data: bytearray) -> bytearray:
    return data[:4]


@damage("model")
def invalid_truncated(data: bytearray) -> bytearray:
    return data[: len(data) // 2]


@damage("header")
def invalid_root_outside(data: bytearray) -> None:
    struct.pack_into("<I", data, 0, len(data))


@damage("header")
def invalid_root_unaligned(data: bytearray) -> None:
    struct.pack_into("<I", data, 0, u32(data, 0) + 1)


@damage("header")
def invalid_root_null(data: bytearray) -> None:
    struct.pack_into("<I", data, 0, 0)


@damage("model: its vtable")
def invalid_vtable_outside(data: bytearray) -> None:
    struct.pack_into("<i", data, follow(data, 0), -len(data))


@damage("model: its vtable")
def invalid_vtable_before_file(data: bytearray) -> None:
    struct.pack_into("<i", data, follow(data, 0), len(data))


@damage("model: its vtable")
def invalid_vtable_odd_size(data: bytearray) -> None:
    root = follow(data, 0)
    vtable = root - int(struct.unpack_from("<i", data, root)[0])
    struct.pack_into("<H", data, vtable, 7)


@damage("model: its vtable")
def invalid_vtable_huge(data: bytearray) -> None:
    root = follow(data, 0)
    vtable = root - int(struct.unpack_from("<i", data, root)[0])
    struct.pack_into("<H", data, vtable, 0xFFFE)


@damage("model: its")
def invalid_table_outside(data: bytearray) -> None:
    root = follow(data, 0)
    vtable = root - int(struct.unpack_from("<i", data, root)[0])
    struct.pack_into("<H", data, vtable + 2, 0xFFFC)


@damage("model.version")
def invalid_field_outside_table(data: bytearray) -> None:
    root = follow(data, 0)
    vtable = root - int(struct.unpack_from("<i", data, root)[0])
    struct.pack_into("<H", data, vtable + 4, 0x7000)


@damage("model.version")
def invalid_field_unaligned(data: bytearray) -> None:
    root = follow(data, 0)
    vtable = root - int(struct.unpack_from("<i", data, root)[0])
    struct.pack_into("<H", data, vtable + 4, 5)


@damage("model.subgraphs")
def invalid_vector_outside(data: bytearray) -> None:
    struct.pack_into("<I", data, field(data, follow(data, 0), 2), len(data))


@damage("model.subgraphs")
def invalid_vector_length(data: bytearray) -> None:
    struct.pack_into("<I", data, follow(data, field(data, follow(data, 0), 2)), 0x3FFFFFFF)


@damage("model.subgraphs[0].tensors[0].shape")
def invalid_shape_vector_length(data: bytearray) -> None:
    struct.pack_into("<I", data, follow(data, field(data, first_tensor(data), 0)), 0xFFFFFFFF)


@damage("model.subgraphs[0].tensors[0].name")
def invalid_string_length(data: bytearray) -> None:
    struct.pack_into("<I", data, follow(data, field(data, first_tensor(data), 3)), 1 << 20)


@damage("model.subgraphs[0].tensors[0].name")
def invalid_string_not_terminated(data: bytearray) -> None:
    struct.pack_into("<I", data, follow(data, field(data, first_tensor(data), 3)), 3)


@damage("model.subgraphs[0].tensors[0].quantization")
def invalid_table_offset(data: bytearray) -> None:
    struct.pack_into("<I", data, field(data, first_tensor(data), 4), 0x7FFFFFFC)


@damage("model.subgraphs[0].tensors[0].quantization.zero_point")
def invalid_vector_unaligned(data: bytearray) -> None:
    at = field(data, follow(data, field(data, first_tensor(data), 4)), 3)
    struct.pack_into("<I", data, at, u32(data, at) + 4)


@damage("model.subgraphs[0].operators[0].builtin_options")
def invalid_union_type(data: bytearray) -> None:
    operator = item(data, item(data, follow(data, 0), 2), 3)
    data[field(data, operator, 3)] = 250


@damage("model.buffers[1].data")
def invalid_buffer_outside(data: bytearray) -> None:
    buffer = item(data, follow(data, 0), 4, 1)
    struct.pack_into("<I", data, follow(data, field(data, buffer, 0)), len(data))


@defect("model.description: too much text")
def invalid_long_text(model: Record) -> None:
    model["description"] = "x" * (1 << 17)


# --- the model --------------------------------------------------------------------------------


@defect("schema version 4")
def invalid_schema_version(model: Record) -> None:
    model["version"] = 4


@defect("model: has no subgraphs")
def invalid_no_subgraphs(model: Record) -> None:
    model["subgraphs"] = []
    model["signature_defs"] = []


@defect("model: has no buffers")
def invalid_no_buffers(model: Record) -> None:
    model["buffers"] = []


@defect("model: has no operators")
def invalid_no_operators(model: Record) -> None:
    model["subgraphs"][0].update(operators=[], outputs=[0])


@defect("model: has no inputs")
def invalid_no_inputs(model: Record) -> None:
    model["subgraphs"][0]["inputs"] = []
    tensors(model)[0].update(shape=[1, 1, 1, 2], buffer=4)
    tensors(model)[3].update(shape=[1, 1, 1, 3])
    tensors(model)[5].update(shape=[1, 3])
    model["buffers"].append({"data": [1, 2]})


@defect("model: has no outputs")
def invalid_no_outputs(model: Record) -> None:
    model["subgraphs"][0]["outputs"] = []


@defect("buffer 0")
def invalid_first_buffer(model: Record) -> None:
    model["buffers"][0]["data"] = [1, 2, 3, 4]


@defect("buffer 2")
def invalid_buffer_offset(model: Record) -> None:
    model["buffers"][2] = {"offset": 1 << 40, "size": 12}


@defect("buffer 2")
def invalid_buffer_twice(model: Record) -> None:
    model["buffers"][2].update(offset=16, size=12)


@defect("metadata 0")
def invalid_metadata_buffer(model: Record) -> None:
    model["metadata"][0]["buffer"] = 99


@defect("signature 0")
def invalid_signature_tensor(model: Record) -> None:
    model["signature_defs"][0]["inputs"][0]["tensor_index"] = 6


@defect("signature 0")
def invalid_signature_subgraph(model: Record) -> None:
    model["signature_defs"][0]["subgraph_index"] = 1


@defect("operator code 0")
def invalid_operator_code(model: Record) -> None:
    model["operator_codes"][0].update(builtin_code=-5, deprecated_builtin_code=-5)


@defect("operator code 1")
def invalid_operator_code_version(model: Record) -> None:
    model["operator_codes"][1]["version"] = -1


# --- tensors ----------------------------------------------------------------------------------


@defect("tensor 0 'image'")
def invalid_tensor_type(model: Record) -> None:
    tensors(model)[0]["type"] = 99


@defect("tensor 1 'weights': buffer 9 of 4")
def invalid_tensor_buffer(model: Record) -> None:
    tensors(model)[1]["buffer"] = 9


@defect("tensor 1 'weights'")
def invalid_constant_short(model: Record) -> None:
    model["buffers"][1]["data"] = [1, 2, 3]


@defect("tensor 2 'bias'")
def invalid_constant_long(model: Record) -> None:
    model["buffers"][2]["data"] = [0] * 16


@defect("tensor 1 'weights'")
def invalid_constant_int4_size(model: Record) -> None:
    tensors(model)[1]["type"] = "INT4"


@defect("tensor 0 'image': has the dynamic shape [-1, 4, 4, 2]")
def invalid_dynamic_shape(model: Record) -> None:
    tensors(model)[0]["shape"] = [-1, 4, 4, 2]


@defect("tensor 0 'image': has the dynamic shape [1, -1, -1, 2]")
def invalid_dynamic_signature(model: Record) -> None:
    tensors(model)[0]["shape_signature"] = [1, -1, -1, 2]


@defect("tensor 3 'features'")
def invalid_negative_shape(model: Record) -> None:
    tensors(model)[3]["shape"] = [1, -7, 4, 3]


@defect("tensor 3 'features'")
def invalid_huge_shape(model: Record) -> None:
    tensors(model)[3]["shape"] = [1 << 30, 1 << 30, 1 << 30, 3]


@defect("tensor 3 'features': shape [0, 2147483647, 2147483647, 3] is too large")
def invalid_huge_empty_shape(model: Record) -> None:
    tensors(model)[3]["shape"] = [0, (1 << 31) - 1, (1 << 31) - 1, 3]


@defect("tensor 3 'features': has 9 dimensions")
def invalid_rank(model: Record) -> None:
    tensors(model)[3]["shape"] = [1] * 9


@defect("tensor 1 'weights': is sparse")
def invalid_sparse(model: Record) -> None:
    tensors(model)[1]["sparsity"] = {"traversal_order": [0, 1, 2, 3]}


@defect("tensor 1 'weights'")
def invalid_external_buffer(model: Record) -> None:
    tensors(model)[1]["external_buffer"] = 1


@defect("tensor 0 'image'")
def invalid_scale_zero(model: Record) -> None:
    tensors(model)[0]["quantization"]["scale"] = [0.0]


@defect("tensor 0 'image'")
def invalid_scale_nan(model: Record) -> None:
    tensors(model)[0]["quantization"]["scale"] = [float("nan")]


@defect("tensor 1 'weights'")
def invalid_scale_negative(model: Record) -> None:
    tensors(model)[1]["quantization"]["scale"] = [0.1, -0.2, 0.3]


@defect("tensor 1 'weights': 2 scales and 3 zero points")
def invalid_scale_count(model: Record) -> None:
    tensors(model)[1]["quantization"]["scale"] = [0.1, 0.2]


@defect("tensor 1 'weights': 3 scales for 2 channels")
def invalid_channel_count(model: Record) -> None:
    tensors(model)[1]["quantization"]["quantized_dimension"] = 3


@defect("tensor 1 'weights'")
def invalid_quantized_dimension(model: Record) -> None:
    tensors(model)[1]["quantization"]["quantized_dimension"] = 4


@defect("tensor 0 'image'")
def invalid_zero_point(model: Record) -> None:
    tensors(model)[0]["quantization"]["zero_point"] = [128]


@defect("tensor 1 'weights'")
def invalid_blockwise(model: Record) -> None:
    quantization = tensors(model)[1]["quantization"]
    quantization["details"] = ("BlockwiseQuantization", {"block_size": 32})


# --- the graph --------------------------------------------------------------------------------


@defect("graph inputs")
def invalid_input_index(model: Record) -> None:
    model["subgraphs"][0]["inputs"] = [6]


@defect("graph outputs")
def invalid_output_index(model: Record) -> None:
    model["subgraphs"][0]["outputs"] = [-1]


@defect("tensor 1 'weights': is a graph input")
def invalid_constant_input(model: Record) -> None:
    model["subgraphs"][0]["inputs"] = [0, 1]


@defect("tensor 0 'image': is a graph input")
def invalid_input_twice(model: Record) -> None:
    model["subgraphs"][0]["inputs"] = [0, 0]


@defect("operator 0")
def invalid_opcode_index(model: Record) -> None:
    operators(model)[0]["opcode_index"] = 2


@defect("operator 0 (CONV_2D)")
def invalid_operand_index(model: Record) -> None:
    operators(model)[0]["inputs"] = [0, 1, 6]


@defect("operator 0 (CONV_2D)")
def invalid_operand_below_absent(model: Record) -> None:
    operators(model)[0]["inputs"] = [0, 1, -2]


@defect("operator 1 (RESHAPE)")
def invalid_absent_output(model: Record) -> None:
    operators(model)[1]["outputs"] = [-1]


@defect("operator 0 (CONV_2D)")
def invalid_intermediate_index(model: Record) -> None:
    operators(model)[0]["intermediates"] = [77]


@defect("operator 0 (CONV_2D): writes tensor 2 'bias', a constant")
def invalid_constant_written(model: Record) -> None:
    operators(model)[0]["outputs"] = [2]


@defect("operator 1 (RESHAPE): writes tensor 3 'features' a second time")
def invalid_two_producers(model: Record) -> None:
    operators(model)[1]["outputs"] = [3]


@defect("operator 0 (CONV_2D): writes tensor 0 'image' a second time")
def invalid_input_written(model: Record) -> None:
    operators(model)[0]["outputs"] = [0]


@defect("operator 0 (RESHAPE): reads tensor 3 'features' before it is written")
def invalid_order(model: Record) -> None:
    operators(model).reverse()


@defect("operator 0 (CONV_2D): reads tensor 3 'features' before it is written")
def invalid_cycle(model: Record) -> None:
    operators(model)[0]["inputs"] = [3, 1, 2]


@defect("tensor 5 'flat' is never written")
def invalid_output_unwritten(model: Record) -> None:
    operators(model).pop()


@defect("operator 0 (CONV_2D): has Pool2DOptions")
def invalid_options_table(model: Record) -> None:
    operators(model)[0]["builtin_options"] = ("Pool2DOptions", {})


@defect("operator 0 (CONV_2D): padding is 9")
def invalid_enum(model: Record) -> None:
    operators(model)[0]["builtin_options"][1]["padding"] = 9


@defect("operator 0 (CONV_2D)")
def invalid_stride(model: Record) -> None:
    operators(model)[0]["builtin_options"][1]["stride_w"] = 0


@defect("operator 0 (CONV_2D)")
def invalid_no_options(model: Record) -> None:
    del operators(model)[0]["builtin_options"]


@defect("operator 0 (CONV_2D, output 'features')")
def invalid_convolution_shape(model: Record) -> None:
    tensors(model)[3]["shape"] = [1, 4, 6, 2]


@defect("operator 1 (RESHAPE, output 'flat')")
def invalid_reshape(model: Record) -> None:
    tensors(model)[5]["shape"] = [1, 47]


@defect("operator 0 (CONV_2D)")
def invalid_no_operands(model: Record) -> None:
    operators(model)[0]["inputs"] = []


@defect("operator 0 (CONV_2D): version 99")
def invalid_newer_version(model: Record) -> None:
    model["operator_codes"][0]["version"] = 99


@defect("BUILTIN_5000 (1)")
def invalid_unknown_builtin(model: Record) -> None:
    model["operator_codes"][1].update(builtin_code=5000, deprecated_builtin_code=127)


@defect("CUSTOM 'FlexErf' (1)")
def invalid_custom(model: Record) -> None:
    model["operator_codes"][1] = {
        "builtin_code": 32,
        "deprecated_builtin_code": 32,
        "custom_code": "FlexErf",
    }


@defect("WHILE (1)")
def invalid_control_flow(model: Record) -> None:
    model["operator_codes"][1] = {"builtin_code": 119, "deprecated_builtin_code": 119}


# --- numbers other than int8 ------------------------------------------------------------------


def retype(model: Record, kinds: dict[int, str]) -> None:
    for index, kind in kinds.items():
        tensors(model)[index]["type"] = kind


@defect("operator 0 (CONV_2D): the model, in 1 of its 1 operators with weights, is a float model")
def invalid_float(model: Record) -> None:
    retype(model, {0: "FLOAT32", 1: "FLOAT32", 2: "FLOAT32", 3: "FLOAT32", 5: "FLOAT32"})
    model["buffers"][1]["data"] = [0] * 24


@defect("is quantized in its weights only")
def invalid_hybrid(model: Record) -> None:
    retype(model, {0: "FLOAT32", 2: "FLOAT32", 3: "FLOAT32", 5: "FLOAT32"})


@defect("a float16 model")
def invalid_float16(model: Record) -> None:
    retype(model, {0: "FLOAT32", 1: "FLOAT16", 2: "FLOAT32", 3: "FLOAT32", 5: "FLOAT32"})
    model["buffers"][1]["data"] = [0] * 12


@defect("quantized with int16 activations")
def invalid_int16(model: Record) -> None:
    retype(model, {0: "INT16", 3: "INT16", 5: "INT16"})


@defect("uint8 activations")
def invalid_uint8(model: Record) -> None:
    retype(model, {0: "UINT8", 1: "UINT8", 3: "UINT8", 5: "UINT8"})


@defect("tensor 1 'weights': is INT4, a graph output")
def invalid_int4_output(model: Record) -> None:
    retype(model, {1: "INT4"})
    model["buffers"][1]["data"] = [0, 0, 0]
    model["subgraphs"][0]["outputs"] = [5, 1]


@defect("tensor 1 'weights': INT2 elements")
def invalid_int2(model: Record) -> None:
    retype(model, {1: "INT2"})
    model["buffers"][1]["data"] = [0, 0]


@defect("The batch size is 1")
def invalid_batch(model: Record) -> None:
    tensors(model)[0]["shape"] = [2, 4, 4, 2]
    tensors(model)[3]["shape"] = [2, 4, 4, 3]
    tensors(model)[5]["shape"] = [2, 48]


# --- state ------------------------------------------------------------------------------------


@state_defect("operator 0 (CALL_ONCE): subgraph 2 of 2")
def invalid_init_subgraph(model: Record) -> None:
    operators(model)[0]["builtin_options"][1]["init_subgraph_index"] = 2


@state_defect("operator 0 (CALL_ONCE): subgraph 0 of 2")
def invalid_init_is_main(model: Record) -> None:
    operators(model)[0]["builtin_options"][1]["init_subgraph_index"] = 0


@state_defect("operator 0 (CALL_ONCE): subgraph 1 has no operators")
def invalid_init_empty(model: Record) -> None:
    operators(model, 1).clear()


@state_defect("operator 2 (CALL_ONCE): comes after")
def invalid_init_late(model: Record) -> None:
    operators(model)[0:3] = [*operators(model)[1:3], operators(model)[0]]


@state_defect("operator 1 (VAR_HANDLE)")
def invalid_variable_name(model: Record) -> None:
    operators(model)[1]["builtin_options"] = ("VarHandleOptions", {})


@state_defect("operator 0 (CALL_ONCE): has AddOptions")
def invalid_init_options(model: Record) -> None:
    operators(model)[0]["builtin_options"] = ("AddOptions", {})


@state_defect("tensor 0 'newest': all state takes more than")
def invalid_huge_state(model: Record) -> None:
    operators(model).pop(0)
    model["subgraphs"].pop()
    for index in (0, 2):
        tensors(model)[index]["shape"] = [1 << 15, 1 << 15]


@state_defect("tensor 1 'handle': is INT32")
def invalid_handle_type(model: Record) -> None:
    tensors(model)[1]["type"] = "INT32"


@state_defect("tensor 1 'handle': is RESOURCE [2]")
def invalid_handle_shape(model: Record) -> None:
    tensors(model)[1]["shape"] = [2]


@defect("tensor 1 'weights': is the handle of a variable, and a constant")
def invalid_handle_constant(model: Record) -> None:
    tensors(model)[1]["type"] = "RESOURCE"


@defect("subgraph 1 is not used")
def invalid_unused_subgraph(model: Record) -> None:
    model["subgraphs"].append({"name": "other"})


@state_defect("operator 2 (READ_VARIABLE)")
def invalid_handle(model: Record) -> None:
    operators(model)[2]["inputs"] = [0]


@state_defect("operator 3 (ASSIGN_VARIABLE)")
def invalid_assign_arity(model: Record) -> None:
    operators(model)[3]["inputs"] = [1]


@state_defect("operator 3 (ASSIGN_VARIABLE): assigns nothing")
def invalid_assign_absent(model: Record) -> None:
    operators(model)[3]["inputs"] = [1, -1]


@state_defect("operator 3 (ASSIGN_VARIABLE): variable 'history' is INT8 [1, 4]")
def invalid_variable_shape(model: Record) -> None:
    tensors(model)[0]["shape"] = [1, 5]


@state_defect("variable 'history' is never assigned")
def invalid_unassigned(model: Record) -> None:
    operators(model).pop()
    operators(model).pop(0)
    model["subgraphs"].pop()


@state_defect("subgraph 1, operator 1 (READ_VARIABLE): cannot initialise")
def invalid_init_operator(model: Record) -> None:
    operators(model, 1)[1] = {"opcode_index": 2, "inputs": [1], "outputs": [0]}
    model["subgraphs"][1]["tensors"][0]["buffer"] = 0


@state_defect("subgraph 1, operator 1 (ASSIGN_VARIABLE): assigns what is not constant")
def invalid_init_value(model: Record) -> None:
    model["subgraphs"][1]["tensors"][0]["buffer"] = 0
    model["subgraphs"][1]["inputs"] = [0]


@state_defect("subgraph 1, tensor 0 'start': is both a constant and a variable")
def invalid_init_variable(model: Record) -> None:
    model["subgraphs"][1]["tensors"][0]["is_variable"] = True


@state_defect("tensor 1 'handle': a handle can only go to")
def invalid_handle_output(model: Record) -> None:
    model["subgraphs"][0]["outputs"] = [1]


@defect("tensor 4 'shape': only SVDF can use a variable tensor")
def invalid_variable_tensor(model: Record) -> None:
    tensors(model)[4].update(is_variable=True, buffer=0)
