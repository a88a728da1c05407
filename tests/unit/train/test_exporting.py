"""`export`: what is written and said of it, and that it is what the training graph computes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mcugen.architecture import read_architecture
from mcugen.cli import main
from mcugen.errors import InputRejected
from mcugen.exporting import export, figures
from mcugen.oracle import Oracle
from mcugen.report.text_export import export_view
from mcugen.tflite.metadata import unpack
from mcugen.tflite.reader import load, read_model
from mcugen.tflite.verifier import verify
from mcugen.train.agreement import agreement
from mcugen.train.export import export_graph, export_model
from tests.unit.train.networks import ds_cnn

ARCHITECTURE = {
    "format": "mcugen-architecture",
    "version": 1,
    "name": "tiny",
    "input": [12, 8, 1],
    "outputs": 3,
    "activation": "relu6",
    "blocks": [
        {"block": "conv", "channels": 8, "kernel": [3, 3], "stride": [2, 2]},
        {"block": "ds", "channels": 12},
        {"block": "inverted_bottleneck", "expansion": 16, "channels": 12, "residual": "add"},
        {"block": "average_pool"},
        {"block": "classifier", "kind": "dense"},
        {"block": "softmax"},
    ],
}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(ARCHITECTURE), encoding="utf-8")
    return path


def test_figures_are_the_graphs() -> None:
    network = ds_cnn(4, "relu8")
    graph = export_graph(network, softmax=False)
    found = figures(export_model(network, softmax=False))
    weights = [layer.weights for layer in network.layers if layer.weights is not None]
    assert found.macs == graph.macs
    assert found.params == sum(w.codes.size + w.bias.size for w in weights)
    assert found.weights_bytes == sum((w.codes.size + 1) // 2 for w in weights)
    assert found.operators == {
        "CONV_2D": 3,
        "DEPTHWISE_CONV_2D": 2,
        "MEAN": 1,
        "FULLY_CONNECTED": 1,
    }


@pytest.mark.parametrize("name", ["model.bin", "nowhere/model.tflite"])
def test_impossible_outputs_are_refused_first(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRejected):
        export("no_such_architecture", tmp_path / name)


def test_existing_files_stay(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(b"mine")
    with pytest.raises(InputRejected, match="exists"):
        export("ds_cnn_s", path)
    assert path.read_bytes() == b"mine"


@pytest.mark.train
class TestWithTensorFlow:
    @pytest.fixture(autouse=True)
    def _tensorflow(self) -> None:
        pytest.importorskip("tensorflow")

    @pytest.mark.parametrize("bits", ["8", "w4a8", "w4a4"])
    def test_an_architecture_becomes_a_file(self, tiny: Path, tmp_path: Path, bits: str) -> None:
        path = tmp_path / "m.tflite"
        result = export(tiny, path, bits=bits, seed=3)
        architecture = read_architecture(tiny)
        graph = load(path).graph
        assert (result.macs, result.params) == (architecture.macs, architecture.params)
        assert graph.operators[-1].name == "SOFTMAX"
        assert (result.softmax, result.checkpoint, result.seed) == (True, None, 3)
        assert result.file_bytes == path.stat().st_size
        assert unpack(verify(path.read_bytes()).metadata)["weights"] == "random, seed 3"
        assert "tiny" in export_view(result).verdict.plain
        Oracle(path.read_bytes())

    def test_the_same_seed_gives_the_same_bytes(self, tiny: Path, tmp_path: Path) -> None:
        paths = [tmp_path / f"{i}.tflite" for i in range(3)]
        for path, seed in zip(paths, (0, 0, 1), strict=True):
            export(tiny, path, seed=seed)
        first, again, other = (path.read_bytes() for path in paths)
        assert first == again != other

    def test_the_command_line(
        self, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "m.tflite"
        with pytest.raises(SystemExit) as ended:
            main.main(["export", str(tiny), "-o", str(path), "--no-softmax", "--json"])
        assert ended.value.code == 0
        document = json.loads(capsys.readouterr().out)
        assert document["softmax"] is False
        assert "SOFTMAX" not in document["operators"]
        with pytest.raises(SystemExit) as ended:
            main.main(["export", "ds_cnn_x", "-o", str(path), "--force"])
        assert ended.value.code == 2

    def test_checkpoints_are_exported_with_their_weights(self, tiny: Path, tmp_path: Path) -> None:
        from mcugen.train.checkpoint import Checkpoint, weights_of, write_checkpoint
        from mcugen.train.float_model import float_model
        from mcugen.train.qat import quantize, to_network
        from mcugen.train.spec import parse_bits
        from mcugen.train.trained import FLOAT, QAT, describe

        architecture, spec = read_architecture(tiny), parse_bits("w4a4")
        model = float_model(architecture, 5)
        inputs = np.random.default_rng(0).normal(size=(16, 12, 8, 1)).astype(np.float32)
        quantized = quantize(model, spec, inputs)
        for stage, trained, bits in ((FLOAT, model, None), (QAT, quantized, spec)):
            about = describe(stage, architecture, bits) | {"history": [], "best_epoch": 1}
            weights = weights_of(trained)
            file = tmp_path / "run" / "checkpoints" / f"{stage}.npz"
            write_checkpoint(file, Checkpoint(weights, weights, {}, about))

        path = tmp_path / "m.tflite"
        result = export(tmp_path / "run", path)
        assert (result.bits, result.notes) == ("w4a4", ())
        wanted = export_graph(to_network(quantized), softmax=True)
        for a, b in zip(load(path).graph.tensors, wanted.tensors, strict=True):
            assert a.quantization == b.quantization
            assert (a.data is None) or np.array_equal(a.data, b.data)

        facts = unpack(verify(path.read_bytes()).metadata)
        assert facts["bits"] == "w4a4" and "training_report_sha256" not in facts

        report = tmp_path / "run" / "report.json"
        for text, digest in (("{", None), ('{"report_sha256": "<b>"}', None), ("", "a" * 64)):
            report.write_text(text or json.dumps({"report_sha256": digest}))
            export(tmp_path / "run", path, force=True)
            facts = unpack(verify(path.read_bytes()).metadata)
            assert facts.get("training_report_sha256") == digest

        with pytest.raises(InputRejected, match="bits of its own"):
            export(tmp_path / "run", path, bits="8", force=True)
        result = export(tmp_path / "run" / "checkpoints" / "float.npz", path, force=True)
        assert result.bits == "8"
        assert result.notes

    @pytest.mark.parametrize("bits", ["8", "w4a8", "w4a4"])
    def test_file_and_training_graph_agree(self, bits: str) -> None:
        from mcugen.train.float_model import float_model
        from mcugen.train.qat import quantize, to_network
        from mcugen.train.spec import parse_bits

        architecture = read_architecture("micronet_kws_s")
        inputs = np.random.default_rng(0).normal(size=(16, 49, 10, 1)).astype(np.float32)
        quantized = quantize(float_model(architecture), parse_bits(bits), inputs)
        data = export_model(to_network(quantized), softmax=False)
        result = agreement(quantized, data, inputs[:4], processes=2)
        assert len(result.layers) == len(read_model(data, "m").graph.operators)
        assert result.argmax == 1.0
        for layer in result.layers:
            assert (layer.max_difference, layer.equal) == (0, 1.0), layer.name
