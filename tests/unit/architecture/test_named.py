"""Named architectures against the published files, and against figures of those not at hand."""

from __future__ import annotations

from typing import Any

import pytest

from mcugen.architecture import INPUT, Architecture, Layer, names, read_architecture
from mcugen.errors import InputRejected
from mcugen.ir.graph import Operands
from mcugen.model import load
from tests.paths import shared_model

PUBLISHED = (
    ("ds_cnn_s", "ds_cnn_s_quantized"),
    ("ds_cnn_s", "kws_ref_model"),
    ("micronet_kws_s", "kws_micronet_s"),
    ("micronet_kws_m", "kws_micronet_m"),
    ("micronet_ad_s", "ad_small_int8"),
    ("micronet_vww_2", "vww2_50_50_INT8"),
    ("mobilenet_v1:0.25", "vww_96_int8"),
    ("resnet8", "pretrainedResnet_quant"),
    ("ad_autoencoder", "ad01_int8"),
)

# Millions of ops (two a multiply-accumulate) and constants, as counted in the published files.
FIGURES = (
    ("ds_cnn_s", 5.31, 22_606),
    ("ds_cnn_m", 19.63, None),
    ("ds_cnn_l", 56.66, None),
    ("micronet_kws_s", 16.65, 60_242),
    ("micronet_kws_m", 31.11, 111_986),
    ("micronet_kws_l", 131.43, 500_330),
    ("micronet_ad_s", 37.48, 194_970),
    ("micronet_ad_m", 124.69, None),
    ("micronet_ad_l", 128.99, 359_942),
    ("micronet_vww_2", 6.29, 89_328),
    ("micronet_vww_3", 45.13, 266_863),
    ("micronet_vww_4", 37.66, 233_982),
)


def facts_of_layer(layer: Layer) -> dict[str, Any]:
    windowed = layer.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D")
    return {
        "kind": layer.kind,
        "shape": layer.shape,
        "kernel": layer.kernel if windowed else None,
        "stride": layer.stride if layer.kind.endswith("CONV_2D") else None,
        "activation": layer.activation.upper(),
        "macs": layer.macs,
        "weights": layer.weights,
        "biases": layer.biases,
    }


def facts_of_operator(x: Operands) -> dict[str, Any]:
    kind, attributes = x.operator.name, x.attributes
    weighted = kind.endswith("CONV_2D") or kind == "FULLY_CONNECTED"
    kernel = stride = None
    if kind.endswith("CONV_2D"):
        kernel = x.input(1).shape[1:3]
        stride = (attributes.window.stride_h, attributes.window.stride_w)
        same = attributes.window.padding == "SAME"
        assert same or (kernel == stride == (1, 1))  # where there is nothing to pad
    elif kind == "AVERAGE_POOL_2D":
        kernel = attributes.filter_hw
    return {
        "kind": kind,
        "shape": x.output().shape[1:],
        "kernel": kernel,
        "stride": stride,
        "activation": getattr(attributes, "activation", "NONE"),
        "macs": x.macs,
        "weights": x.input(1).elements if weighted else 0,
        "biases": x.input(2).elements if weighted else 0,
    }


@pytest.mark.parametrize(("name", "file"), PUBLISHED)
def test_published_files_layer_by_layer(name: str, file: str) -> None:
    graph = load(shared_model(file)).graph
    architecture = read_architecture(name)
    operators = list(graph)
    if file == "ds_cnn_s_quantized":  # takes its 490 features flat
        assert operators.pop(0).operator.name == "RESHAPE"
    assert [facts_of_operator(x) for x in operators] == [
        facts_of_layer(layer) for layer in architecture.layers
    ]
    assert architecture.macs == graph.macs
    sources = {operators[0].operator.inputs[0]: INPUT}
    for layer, x in zip(architecture.layers, operators, strict=True):
        activations = [t for t in x.operator.inputs if t in sources]
        assert {sources[t] for t in activations} == set(layer.inputs)
        sources[x.operator.outputs[0]] = layer.name


@pytest.mark.parametrize(("name", "mega_ops", "constants"), FIGURES)
def test_published_figures(name: str, mega_ops: float, constants: int | None) -> None:
    architecture = read_architecture(name)
    assert round(2 * architecture.macs / 1e6, 2) == mega_ops
    if constants is not None:
        assert published_constants(architecture) == constants


def published_constants(architecture: Architecture) -> int:
    """Parameters as published counts have them: every constant of the file, and each once.

    So they hold the two integers of a RESHAPE and the eight of each different PAD. The files of
    MicroNet-AD share one bias of zeros between all layers of a width.
    """
    layers = architecture.layers
    shapes = {layer.name: layer.shape for layer in layers}
    reshapes = {layer.shape for layer in layers if layer.kind == "RESHAPE"}
    pads = {
        layer.shape[-1] - shapes[layer.inputs[0]][-1] for layer in layers if layer.kind == "PAD"
    }
    count = architecture.params + 2 * len(reshapes) + 8 * len(pads)
    if architecture.name.startswith("micronet_ad"):
        biases = [layer.biases for layer in layers if layer.name != "classifier"]
        count -= sum(biases) - sum(set(biases))
    return count


def test_every_name_is_read() -> None:
    for name in names():
        assert read_architecture(name).name == name


def test_mobilenets_take_width_and_size() -> None:
    architecture = read_architecture("mobilenet_v2:0.35:50x60x1")
    assert architecture.input == (50, 60, 1)
    assert architecture.layers[0].shape == (25, 30, 16)
    assert read_architecture("mobilenet_v2:0.35").input == (96, 96, 3)
    assert read_architecture("mobilenet_v1:1").layers[-3].shape == (1024,)


@pytest.mark.parametrize(
    "text",
    ["mobilenet_v2", "mobilenet_v2:", "mobilenet_v2:3", "mobilenet_v2:0", "mobilenet_v2:0.35:96"],
)
def test_a_mobilenet_without_a_good_width(text: str) -> None:
    with pytest.raises(InputRejected, match=r"width from 0\.05 to 2"):
        read_architecture(text)


def test_a_mobilenet_of_a_bad_size_names_the_input() -> None:
    with pytest.raises(InputRejected, match="input must be"):
        read_architecture("mobilenet_v2:0.35:9999x1x1")


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(InputRejected, match="there is no architecture 'DS-CNN-S'") as caught:
        read_architecture("DS-CNN-S")
    assert "did you mean ds_cnn_s or" in caught.value.hint


def test_options_after_a_plain_name_are_unknown() -> None:
    with pytest.raises(InputRejected, match="there is no architecture"):
        read_architecture("ds_cnn_s:0.5")
