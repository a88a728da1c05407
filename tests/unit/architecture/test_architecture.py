"""Blocks become layers, or are rejected by place."""

from __future__ import annotations

from typing import Any

import pytest

from mcugen.architecture import INPUT, Architecture, names, read_architecture
from mcugen.architecture.blocks import (
    AveragePool,
    Block,
    Classifier,
    Conv,
    Dense,
    DepthwiseSeparable,
    InvertedBottleneck,
    ResidualPair,
    Softmax,
)
from mcugen.errors import InputRejected


def architecture(*blocks: Block, **options: Any) -> Architecture:
    values = {"name": "test", "input": (8, 8, 3), "outputs": 5, "activation": "relu", **options}
    return Architecture(blocks=blocks, **values)


def test_layers_have_unique_names_and_read_earlier_ones() -> None:
    for name in names():
        seen = [INPUT]
        for layer in read_architecture(name).layers:
            assert layer.name not in seen
            assert set(layer.inputs) <= set(seen)
            seen.append(layer.name)


def test_names_follow_the_block() -> None:
    layers = architecture(
        Conv(channels=4),
        DepthwiseSeparable(channels=4),
        InvertedBottleneck(channels=6, expansion=8, residual="pad_add"),
        ResidualPair(channels=8, stride=(2, 2)),
        AveragePool(),
        Dense(units=7),
        Classifier(),
        Softmax(),
    ).layers
    assert [layer.name for layer in layers] == [
        *("conv_0", "ds_1.depthwise", "ds_1.pointwise"),
        *("ibn_2.expand", "ibn_2.depthwise", "ibn_2.project", "ibn_2.pad", "ibn_2.add"),
        *("residual_3.first", "residual_3.second", "residual_3.shortcut", "residual_3.add"),
        *("average_pool_4", "dense_5.flatten", "dense_5", "classifier", "softmax"),
    ]


def test_costs_of_a_convolution() -> None:
    conv, *_ = architecture(
        Conv(channels=4, kernel=(3, 2), stride=(2, 3)), AveragePool(), Classifier()
    ).layers
    assert conv.shape == (4, 3, 4)
    assert (conv.weights, conv.biases, conv.macs) == (72, 4, 12 * 72)
    assert (conv.activation, conv.has_batch_norm, conv.params) == ("relu", True, 76)


@pytest.mark.parametrize(("channels", "padded"), [(2, "ibn_0.project"), (6, INPUT)])
def test_the_narrower_side_is_padded(channels: int, padded: str) -> None:
    layers = architecture(
        InvertedBottleneck(channels=channels, expansion=4, residual="pad_add"),
        AveragePool(),
        Classifier(),
    ).layers
    pad = next(layer for layer in layers if layer.kind == "PAD")
    assert pad.inputs == (padded,)
    assert pad.shape == (8, 8, max(3, channels))


def test_pad_add_of_equal_widths_needs_no_padding() -> None:
    block = InvertedBottleneck(channels=3, residual="pad_add")
    layers = architecture(block, AveragePool(), Classifier()).layers
    assert [layer.name for layer in layers[:3]] == ["ibn_0.depthwise", "ibn_0.project", "ibn_0.add"]
    assert layers[2].inputs == (INPUT, "ibn_0.project")


def test_bits_reach_all_weighted_layers_of_a_block_only() -> None:
    layers = architecture(
        Conv(channels=4),
        DepthwiseSeparable(channels=4, weight_bits=4, activation_bits=8),
        AveragePool(),
        Classifier(),
    ).layers
    bits = {layer.name: (layer.weight_bits, layer.activation_bits) for layer in layers}
    assert bits.pop("ds_1.depthwise") == bits.pop("ds_1.pointwise") == (4, 8)
    assert set(bits.values()) == {(None, None)}


def test_other_outputs_and_inputs() -> None:
    small = read_architecture("ds_cnn_s").with_outputs(3).with_input((20, 12, 2))
    assert small.layers[-1].shape == (3,)
    assert small.layers[0].shape == (10, 6, 64)
    assert small.has_softmax and not read_architecture("micronet_kws_s").has_softmax


POOLED = (AveragePool(), Classifier())


@pytest.mark.parametrize(
    ("blocks", "place"),
    [
        ((), "blocks must be 1 to 256"),
        ((Conv(channels=1),) * 300, "blocks must be 1 to 256"),
        ((Conv(channels=1),), "blocks must end with a classifier"),
        ((Softmax(),), "blocks must end with a classifier"),
        ((Softmax(), *POOLED), r"blocks\[0\] \(softmax\) must stand last"),
        ((Classifier(), Classifier()), r"blocks\[0\] \(classifier\) must stand last"),
        ((Classifier(kind="conv"),), r"blocks\[0\]\.kind \(classifier\) .* 1 x 1"),
        ((Dense(units=9), *POOLED), r"blocks\[1\] \(average_pool\) needs"),
        ((Conv(channels=0), *POOLED), r"blocks\[0\]\.channels \(conv\) must be"),
        ((Conv(channels=1, kernel=(65, 1)), *POOLED), r"blocks\[0\]\.kernel \(conv\) must be"),
        (
            (DepthwiseSeparable(channels=1, stride=(2, 1)), *POOLED),
            r"blocks\[0\]\.stride \(ds\) must be equal",
        ),
        (
            (InvertedBottleneck(channels=4, residual="add"), *POOLED),
            r"blocks\[0\]\.residual \(inverted_bottleneck\) cannot add 3 channels to 4",
        ),
        (
            (InvertedBottleneck(channels=3, stride=(2, 2), residual="pad_add"), *POOLED),
            r"blocks\[0\]\.residual \(inverted_bottleneck\) .* stride",
        ),
    ],
)
def test_what_cannot_be_built(blocks: tuple[Block, ...], place: str) -> None:
    with pytest.raises(InputRejected, match=f"architecture 'test': {place}"):
        architecture(*blocks)


def test_sizes_are_bounded() -> None:
    with pytest.raises(InputRejected, match="input has more than 16,777,216 elements"):
        architecture(*POOLED, input=(4096, 4096, 2))
    with pytest.raises(InputRejected, match=r"blocks\[0\] \(conv\) makes a map .* elements"):
        architecture(Conv(channels=4096), *POOLED, input=(1000, 1000, 1))
    with pytest.raises(InputRejected, match=r"blocks\[1\] \(conv\) brings the network to .* param"):
        architecture(Conv(channels=4096), Conv(channels=4096, kernel=(2, 2)), *POOLED)
