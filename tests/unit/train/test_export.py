"""What the exporter writes: the same numbers everywhere, and 4-bit activations that pack."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from mcugen.errors import InputRejected, McugenError
from mcugen.ir.graph import DType
from mcugen.oracle import Oracle
from mcugen.passes import run_passes
from mcugen.reference import evaluate
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.runtimes.aot.narrow import narrow_tensors
from mcugen.tflite.flatbuffer import decode
from mcugen.tflite.metadata import unpack
from mcugen.tflite.reader import read_model
from mcugen.tflite.verifier import verify
from mcugen.train.export import export_graph, export_model
from mcugen.train.network import Layer, Network
from tests.harness import check
from tests.unit.tflite.graphs import assert_same
from tests.unit.train.networks import Builder, Form, autoencoder, ds_cnn, mobile_net

NETWORKS: dict[str, Network] = {
    "ds_cnn_w8a8": ds_cnn(8, "relu8"),
    "ds_cnn_w4a8": ds_cnn(4, "relu8"),
    "ds_cnn_w4a4": ds_cnn(4, "relu4"),
    "ds_cnn_w8a4": ds_cnn(8, "relu4"),
    "mobile_net_w8a8": mobile_net(8, 8),
    "mobile_net_w4a4": mobile_net(4, 4),
    "autoencoder_w8a8": autoencoder(8, "relu8"),
    "autoencoder_w4a4": autoencoder(4, "relu4"),
}
all_networks = pytest.mark.parametrize("name", NETWORKS)


def random_codes(network: Network, seed: int) -> npt.NDArray[np.int8]:
    rng = np.random.default_rng(seed)
    shape = network.activations[network.input].shape
    return rng.integers(-128, 127, shape, np.int8, endpoint=True)


@pytest.mark.slow
def test_everything_computes_the_same() -> None:
    """TFLM, the numpy reference and the generated C, on every instruction set's kernels."""
    check([export_graph(network, softmax=True) for network in NETWORKS.values()], runs=3)


@all_networks
def test_reference_and_tflm_agree_on_every_tensor(name: str) -> None:
    network = NETWORKS[name]
    graph = read_model(export_model(network, softmax=False), "m").graph
    oracle = Oracle(export_model(network, softmax=False))
    for seed in range(3):
        codes = random_codes(network, seed)
        oracle.run([codes])
        values = evaluate(graph, [codes], {})
        for t in range(len(network.activations)):
            np.testing.assert_array_equal(oracle.intermediate(t), values[t])


@all_networks
def test_codes_stay_where_the_network_says(name: str) -> None:
    network = NETWORKS[name]
    oracle = Oracle(export_model(network, softmax=False))
    oracle.run([random_codes(network, 0)])
    for layer in network.layers:
        tensor = network.activations[layer.output]
        found = oracle.intermediate(layer.output)
        assert tensor.low <= found.min() <= found.max() <= tensor.high, tensor.name


@all_networks
def test_litert_agrees(name: str) -> None:
    """Its reference kernels round FULLY_CONNECTED once, TFLM twice; all else is the same."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    network = NETWORKS[name]
    data = export_model(network, softmax=False)
    interpreter = litert.Interpreter(
        model_content=data,
        experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    oracle = Oracle(data)
    for seed in range(5):
        codes = random_codes(network, seed)
        oracle.run([codes])
        interpreter.set_tensor(network.input, codes)
        interpreter.invoke()
        for layer in network.layers:
            expected = oracle.intermediate(layer.output).astype(int)
            difference = np.abs(interpreter.get_tensor(layer.output) - expected).max()
            assert difference <= (layer.kind == "FULLY_CONNECTED"), layer.name
            if difference:
                break


@all_networks
def test_files_read_back_and_are_deterministic(name: str) -> None:
    network = NETWORKS[name]
    graph, data = export_graph(network, softmax=True), export_model(network, softmax=True)
    assert_same(graph, read_model(data, "m").graph)
    assert data == export_model(network, softmax=True)


@all_networks
def test_scales_and_constants_are_the_networks(name: str) -> None:
    network = NETWORKS[name]
    graph = export_graph(network, softmax=False)
    for tensor, activation in zip(graph.tensors, network.activations, strict=False):
        assert (tensor.name, tensor.shape) == (activation.name, activation.shape)
        assert tensor.q.scales == (activation.scale,)
    for layer, x in zip(network.layers, graph, strict=True):
        if layer.weights is not None:
            np.testing.assert_array_equal(x.input(1).data, layer.weights.codes)
            np.testing.assert_array_equal(x.input(2).data, layer.weights.bias)
            assert np.array_equal(np.float32(x.input(1).q.scales), layer.weights.scales)


@all_networks
def test_four_bit_activations_are_packed(name: str) -> None:
    """All of them but those that MEAN reads, whatever other layers they lie between."""
    network = NETWORKS[name]
    graph = run_passes(read_model(export_model(network, softmax=False), "m").graph)
    wanted = {a.name for a in network.activations if a.high - a.low < 16}
    wanted -= {x.input().name for x in graph if x.operator.name == "MEAN"}
    assert {graph.tensors[t].name for t in narrow_tensors(graph)} == wanted


def test_packed_activations_shrink_the_arena() -> None:
    """By half, less the strips that portable kernels compute at 8 bits."""
    arenas = []
    forms: tuple[Form, ...] = ("relu4", "relu8")
    for form in forms:
        b = Builder((1, 24, 24, 1))
        t = b.conv(0, 16, (3, 3), form)
        for _ in range(2):
            t = b.conv(b.depthwise(t, (3, 3), form), 16, (1, 1), form)
        t = b.conv(t, 4)
        network = b.network(b.dense(b.mean(t), 4))
        graph = read_model(export_model(network, softmax=False), "m").graph
        arenas.append(lower_graph(run_passes(graph)).arena_bytes)
    assert arenas[0] < 0.65 * arenas[1]


def test_weights_of_four_bits_are_int4() -> None:
    graph = export_graph(NETWORKS["ds_cnn_w4a8"], softmax=False)
    for x in graph:
        if x.operator.name != "MEAN":
            assert x.input(1).dtype is DType.INT4
    fully_connected = list(graph)[-1]
    assert len(fully_connected.input(1).q.scales) == 1


def test_biases_carry_only_the_scales_that_tflm_checks() -> None:
    graph = export_graph(NETWORKS["ds_cnn_w4a8"], softmax=False)
    found = {x.operator.name: x.input(2).quantization for x in graph if len(x.inputs) == 3}
    assert found["CONV_2D"] is found["DEPTHWISE_CONV_2D"] is None
    assert found["FULLY_CONNECTED"] is not None


def test_softmax_is_appended() -> None:
    network = NETWORKS["ds_cnn_w8a8"]
    graph = export_graph(network, softmax=True)
    assert graph.operators[-1].name == "SOFTMAX"
    assert graph.tensors[graph.outputs[0]].q.scale == 1 / 256
    assert export_graph(network, softmax=False).outputs == (network.output,)


def test_metadata_names_version_and_facts() -> None:
    data = export_model(
        NETWORKS["autoencoder_w8a8"], softmax=False, metadata={"report_sha256": "x"}
    )
    facts = unpack(verify(data).metadata)
    assert facts.keys() == {"version", "report_sha256"}
    (note,) = read_model(data, "m").notes
    assert "report_sha256 x" in note


def test_operator_versions() -> None:
    """The lowest that mean what is written: per-channel FULLY_CONNECTED came with 12."""
    for name, expected in (("ds_cnn_w8a8", {3, 2, 12}), ("ds_cnn_w4a8", {7, 6, 10, 2})):
        codes = decode(export_model(NETWORKS[name], softmax=False)).items("operator_codes")
        assert {code["version"] for code in codes} == expected


def test_codes_that_no_activation_makes_are_refused() -> None:
    network = NETWORKS["ds_cnn_w8a8"]
    activations = list(network.activations)
    activations[1] = replace(activations[1], low=-3, high=9)
    with pytest.raises(McugenError, match="'tensor_1' to the codes -3 … 9"):
        export_graph(replace(network, activations=tuple(activations)), softmax=False)


def test_what_is_not_supported_is_refused() -> None:
    network = NETWORKS["ds_cnn_w8a8"]
    layer: Layer = network.layers[0]
    with pytest.raises(InputRejected, match="height and width"):
        export_graph(
            replace(network, layers=(replace(layer, stride=(3, 1)), *network.layers[1:])),
            softmax=False,
        )
