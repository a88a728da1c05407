"""What the reader makes of real and odd files, and how it explains the rest."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType
from mcugen.tflite.builder import build
from mcugen.tflite.reader import load, read_model
from tests.fixtures_invalid import operators, stateful_record, tensors, valid_record
from tests.paths import SHARED_NAMES, shared_model


@pytest.mark.parametrize("name", SHARED_NAMES)
def test_real_models_are_read_fast(name: str) -> None:
    path = shared_model(name)
    load(path)
    started = time.perf_counter()
    graph = load(path).graph
    assert time.perf_counter() - started < 0.2
    assert graph.operators and graph.name == path.name
    assert all(not t.data.flags.writeable for t in graph.tensors if t.data is not None)


def test_streaming_model_has_variables() -> None:
    graph = load(shared_model("v2_vad")).graph
    assert len(graph.variables) == 4
    assert {"READ_VARIABLE", "ASSIGN_VARIABLE"} <= {o.name for o in graph.operators}
    assert not {"VAR_HANDLE", "CALL_ONCE"} & {o.name for o in graph.operators}
    assert all(t.dtype is not DType.RESOURCE for t in graph.tensors)


def test_graph_of_a_small_file() -> None:
    graph = read_model(build(valid_record()), "small").graph
    image, weights, bias, *_ = graph.tensors
    assert (image.shape, image.dtype, image.data) == ((1, 4, 4, 2), DType.INT8, None)
    assert weights.data is not None and weights.data.reshape(-1).tolist() == list(range(6))
    assert weights.q.scales == tuple(float(np.float32(s)) for s in (0.1, 0.2, 0.3))
    assert bias.data is not None and bias.data.dtype == np.int32
    assert [t.source_index for t in graph.tensors] == list(range(6))
    assert [o.source_index for o in graph.operators] == [0, 1]
    assert (graph.inputs, graph.outputs) == ((0,), (5,))


def test_int4_constants_are_widened() -> None:
    model = valid_record()
    tensors(model)[1]["type"] = "INT4"
    model["buffers"][1]["data"] = [0x8F, 0x70, 0x1F]
    weights = read_model(build(model), "m").graph.tensors[1]
    assert weights.dtype is DType.INT4 and weights.data is not None
    assert weights.data.dtype == np.int8
    assert weights.data.reshape(-1).tolist() == [-1, -8, 0, 7, -1, 1]


def test_initial_value_comes_from_the_initialisation_subgraph() -> None:
    graph = read_model(build(stateful_record()), "m").graph
    (variable,) = graph.variables
    assert variable.initial is not None and variable.initial.tolist() == [[1, 2, 3, 4]]
    assert [(o.name, o.inputs, o.outputs) for o in graph.operators] == [
        ("READ_VARIABLE", (), (1,)),
        ("ASSIGN_VARIABLE", (0,), ()),
    ]
    assert [t.source_index for t in graph.tensors] == [0, 2]


def test_variable_without_initial_value_starts_at_its_zero_point() -> None:
    model = stateful_record()
    operators(model).pop(0)
    model["subgraphs"].pop()
    (variable,) = read_model(build(model), "m").graph.variables
    assert variable.initial is not None and variable.initial.tolist() == [[3, 3, 3, 3]]


def test_operator_codes_of_old_files() -> None:
    model = valid_record()
    for code in model["operator_codes"]:
        code["builtin_code"] = 0
    assert [o.name for o in read_model(build(model), "m").graph.operators] == ["CONV_2D", "RESHAPE"]


def test_harmless_oddities_are_noted() -> None:
    model = valid_record()
    tensors(model)[0]["shape_signature"] = [-1, 4, 4, 2]
    tensors(model)[2]["quantization"]["quantized_dimension"] = 3
    tensors(model)[4]["quantization"] = {"scale": [0.0], "zero_point": [0]}
    result = read_model(build(model), "m")
    assert result.graph.tensors[4].quantization is None
    assert result.graph.tensors[2].q.axis == 0
    assert [note.partition("' ")[0] for note in result.notes] == [
        "tensor 2 'bias",
        "tensor 4 'shape",
        "tensor 0 'image",
    ]


def test_empty_quantization_is_none() -> None:
    model = valid_record()
    tensors(model)[4]["quantization"] = {"scale": [], "zero_point": [], "min": [0.0]}
    result = read_model(build(model), "m")
    assert result.graph.tensors[4].quantization is None and not result.notes


def test_buffers_outside_the_flatbuffer() -> None:
    model = valid_record()
    model["buffers"][1] = {"offset": 1 << 20, "size": 6}
    size = len(build(model))
    model["buffers"][1] = {"offset": size, "size": 6}
    result = read_model(build(model) + bytes([9, 8, 7, 6, 5, 4]), "m")
    weights = result.graph.tensors[1]
    assert weights.data is not None and weights.data.reshape(-1).tolist() == [9, 8, 7, 6, 5, 4]
    assert any("buffer 1" in note for note in result.notes)


def test_what_is_not_used_may_be_strange() -> None:
    model = valid_record()
    tensors(model).append({"name": "unused", "shape": [3], "type": "COMPLEX128"})
    assert len(read_model(build(model), "m").graph.tensors) == 6


def test_every_unsupported_operator_is_listed() -> None:
    model = valid_record()
    model["operator_codes"] = [
        {"builtin_code": 32, "deprecated_builtin_code": 32, "custom_code": "My\x1bOp"},
        {"builtin_code": 119, "deprecated_builtin_code": 119},
    ]
    with pytest.raises(InputRejected) as caught:
        read_model(build(model), "m")
    assert "CUSTOM 'My\\x1bOp' (1), WHILE (1)" in caught.value.message
    assert "control flow" in caught.value.hint and "custom layers" in caught.value.hint


def archive(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr(name, "content")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "the file is empty"),
        (b"\x08\x07\x12\x07pytorch\x1a\x03", "ONNX"),
        (b"\x89HDF\r\n\x1a\n" + bytes(64), "Keras HDF5"),
        (archive("config/model.weights.h5"), "Keras model (.keras)"),
        (archive("archive/data.pkl"), "PyTorch"),
        (archive("x.npy"), "NumPy archive"),
        (archive("model.tflite"), "zip archive with a .tflite"),
        (archive("readme"), "a zip archive"),
        (b"\x7fELF\x02\x01\x01" + bytes(9), "ELF"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS"),
        (b"const unsigned char g_model[] = {0x1c, 0x00};", "C source"),
        (b"\x1c\x00\x00\x00TFL2" + bytes(16), "another schema"),
        (b"hello, world", "not a .tflite file"),
    ],
)
def test_other_files_are_recognised(data: bytes, kind: str) -> None:
    with pytest.raises(InputRejected) as caught:
        read_model(data, "m")
    assert kind in caught.value.message
    assert caught.value.hint


def test_missing_file_suggests_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "keywords.tflite").write_bytes(b"")
    with pytest.raises(InputRejected, match="does not exist") as caught:
        load(tmp_path / "keyword.tflite")
    assert "keywords.tflite" in caught.value.hint
    with pytest.raises(InputRejected) as caught:
        load(tmp_path / "nowhere" / "keyword.tflite")
    assert "folder" in caught.value.hint


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="is a directory"):
        load(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(InputRejected) as caught:
        load(tmp_path)
    assert "SavedModel" in caught.value.hint


def test_size_is_looked_at_first(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputRejected, match="too many for a model"):
        load(path)


def test_name_that_no_file_can_have() -> None:
    with pytest.raises(InputRejected):
        load("a\0b.tflite")
