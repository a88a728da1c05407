"""What is refused on the host because TFLM could not run it."""

from __future__ import annotations

import pytest

from mcugen.errors import InputRejected
from mcugen.runtimes.tflm.kernels import KERNELS
from mcugen.runtimes.tflm.support import check_supported
from mcugen.tflite.builder import build
from mcugen.tflite.file_model import FileModel
from mcugen.tflite.schema import schema
from mcugen.tflite.verifier import verify
from tests.paths import SHARED_NAMES, shared_model
from tests.unit.runtimes.tflm.files import Tensor, conv, dense, one_operator


def refusal(model: FileModel) -> str:
    with pytest.raises(InputRejected) as caught:
        check_supported(model)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("name", SHARED_NAMES)
def test_real_models_are_supported(name: str) -> None:
    check_supported(verify(shared_model(name).read_bytes()))


def test_table_names_operators_of_the_schema() -> None:
    assert KERNELS.keys() <= schema().enums["BuiltinOperator"].keys()


@pytest.mark.parametrize(
    "model", [conv("INT4"), conv(kind="INT16"), dense("INT4"), dense(scales=10)]
)
def test_types_that_tflm_takes(model: FileModel) -> None:
    check_supported(model)


def test_unknown_operators_are_named_with_their_count() -> None:
    model = one_operator("TOPK_V2", [Tensor((8,))], [Tensor((2,))], times=3)
    assert refusal(model) == ("operators that TensorFlow Lite Micro does not have: TOPK_V2 (3)")


def test_custom_operators_are_named_by_their_code() -> None:
    model = one_operator("CUSTOM", [Tensor((8,))], [Tensor((8,))], custom_code="Mine\x1b[31m")
    assert "CUSTOM 'Mine" in refusal(model) and "\x1b" not in refusal(model)
    check_supported(
        one_operator("CUSTOM", [Tensor((8,))], [Tensor((8,))], custom_code="CIRCULAR_BUFFER")
    )


def test_newer_version() -> None:
    assert "version 9, the newest that TensorFlow Lite Micro has is 8" in refusal(conv(version=9))


def test_type_without_a_kernel() -> None:
    model = one_operator("GATHER", [Tensor((8,), "INT16"), Tensor((2,), "INT32")], [Tensor((2,))])
    assert "INT16; it takes FLOAT32, INT8" in refusal(model)


def test_element_type_that_tflm_lacks() -> None:
    model = one_operator("RESHAPE", [Tensor((8,), "UINT4")], [Tensor((8,), "UINT4")])
    assert refusal(model) == "tensor 0 't0': TensorFlow Lite Micro does not have UINT4 elements"


def test_weights_of_another_type() -> None:
    assert "INT4 weights, INT16 inputs" in refusal(conv("INT4", "INT16"))


def test_four_bits_of_a_dense_layer_have_one_scale() -> None:
    assert "10 scales" in refusal(dense("INT4", scales=10))


def test_strides_are_positive() -> None:
    assert "stride_w 0" in refusal(conv(stride_w=0))


def test_operands_are_there() -> None:
    model = one_operator("CONV_2D", [Tensor((1, 8, 8, 4))], [Tensor((1, 8, 8, 6))])
    assert "no input 1" in refusal(model)
    model = one_operator("MEAN", [Tensor((1, 8, 8, 4))], [])
    assert "no output 0" in refusal(model)


def test_high_ranks() -> None:
    five = Tensor((1, 1, 2, 2, 2))
    axes = Tensor((5,), "INT32", constant=True)
    assert "shape [1, 1, 2, 2, 2]" in refusal(one_operator("TRANSPOSE", [five, axes], [five]))


def test_many_inputs() -> None:
    model = one_operator("CONCATENATION", [Tensor((1,))] * 11, [Tensor((11,))])
    assert "Found: 11" in refusal(model)


@pytest.mark.parametrize(
    ("callee", "message"),
    [(0, "calls subgraph 0 of 2, in which it is itself"), (7, "calls subgraph 7 of 2")],
)
def test_calls_to_no_end_and_to_nowhere(callee: int, message: str) -> None:
    value = {"name": "x", "shape": [1], "type": "INT8"}
    call = {
        "opcode_index": 0,
        "inputs": [],
        "outputs": [],
        "builtin_options": ("CallOnceOptions", {"init_subgraph_index": callee}),
    }
    subgraph = {"tensors": [value], "inputs": [0], "outputs": [0], "operators": [call]}
    model = verify(
        build(
            {
                "version": 3,
                "operator_codes": [
                    {"builtin_code": 129, "deprecated_builtin_code": 127, "version": 1}
                ],
                "buffers": [{}],
                "subgraphs": [subgraph, subgraph],
            }
        )
    )
    assert message in refusal(model)


def test_calls_that_double_with_each_subgraph_end() -> None:
    value = {"name": "x", "shape": [1], "type": "INT8"}
    codes = [{"builtin_code": 129, "deprecated_builtin_code": 127, "version": 1}]
    subgraphs = []
    for i in range(40):
        call = {
            "opcode_index": 0,
            "builtin_options": ("CallOnceOptions", {"init_subgraph_index": i + 1}),
        }
        calls = [call, call] if i < 39 else []
        subgraphs.append({"tensors": [value], "inputs": [0], "outputs": [0], "operators": calls})
    model = {"version": 3, "operator_codes": codes, "buffers": [{}], "subgraphs": subgraphs}
    assert "operators to run" in refusal(verify(build(model)))
