"""The lines of the op resolver."""

from __future__ import annotations

from dataclasses import replace

from mcugen.runtimes.tflm.resolver import Registration, registrations
from mcugen.tflite.verifier import verify
from tests.paths import shared_model
from tests.unit.runtimes.tflm.files import Tensor, conv, dense, one_operator


def calls(name: str) -> list[str]:
    return [r.call for r in registrations(verify(shared_model(name).read_bytes()))]


def test_each_operator_once_and_the_smallest_registration() -> None:
    assert calls("kws_ref_model") == [
        "AddConv2D(tflite::Register_CONV_2D_INT8())",
        "AddDepthwiseConv2D(tflite::Register_DEPTHWISE_CONV_2D_INT8())",
        "AddAveragePool2D(tflite::Register_AVERAGE_POOL_2D_INT8())",
        "AddReshape()",
        "AddFullyConnected(tflite::Register_FULLY_CONNECTED_INT8())",
        "AddSoftmax(tflite::Register_SOFTMAX_INT8())",
    ]


def test_operators_of_other_subgraphs_count() -> None:
    found = calls("v2_vad")
    assert {"AddCallOnce()", "AddVarHandle()", "AddReadVariable()", "AddAssignVariable()"} <= {
        *found
    }


def test_types_choose_the_registration() -> None:
    def function(model: object) -> str:
        return registrations(model)[0].function  # type: ignore[arg-type]

    assert function(conv("INT4")) == "Register_CONV_2D_INT4"
    assert function(conv(kind="INT16")) == "Register_CONV_2D_INT16"
    assert function(conv("FLOAT32", "FLOAT32")) == ""
    assert function(dense("INT4")) == "Register_FULLY_CONNECTED_INT4"
    wide = one_operator("SOFTMAX", [Tensor((1, 4))], [Tensor((1, 4), "INT16")])
    assert function(wide) == "Register_SOFTMAX_INT8_INT16"


def test_mixed_weights_take_the_general_registration() -> None:
    eight, four = conv().subgraphs[0], conv("INT4").subgraphs[0]
    model = replace(conv(), subgraphs=(eight, four))
    assert registrations(model) == (Registration("CONV_2D", "AddConv2D"),)


def test_custom_operator_is_found_by_its_code() -> None:
    model = one_operator("CUSTOM", [Tensor((8,))], [Tensor((8,))], custom_code="CIRCULAR_BUFFER")
    (found,) = registrations(model)
    assert (found.key, found.call) == ('"CIRCULAR_BUFFER"', "AddCircularBuffer()")
    assert registrations(conv())[0].key == "tflite::BuiltinOperator_CONV_2D"
