"""Costs of single networks are the deployment street's figures, to the last byte."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mcugen.architecture import read_architecture
from mcugen.architecture.blocks import (
    AveragePool,
    Classifier,
    Conv,
    Dense,
    DepthwiseSeparable,
    InvertedBottleneck,
    ResidualPair,
)
from mcugen.ir.graph import Graph
from mcugen.isa import Isa
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.search.costs import CostModel
from mcugen.search.latency import LatencyModel, Rate, features_of
from mcugen.search.space import Node, Space
from mcugen.search.spaces import load_space
from mcugen.search.walk import one_hot, uniform
from mcugen.train.spec import Bits
from tests.unit.search.graphs import WEIGHTED, random_graph

EVERYTHING = Space(
    "everything",
    (12, 10, 2),
    5,
    "relu",
    (
        Node(Conv(channels=9, kernel=(5, 4)), (3, 6, 9), kernel=((1, 2), (3, 3), (5, 4))),
        Node(
            DepthwiseSeparable(channels=12, stride=(2, 2)),
            (3, 8, 12),
            kernel=((2, 2), (3, 3)),
            optional=True,
        ),
        Node(ResidualPair(channels=12, stride=(2, 2)), (5, 12), optional=True),
        Node(
            InvertedBottleneck(channels=13, expansion=24, residual="pad_add"),
            (5, 12, 13),
            (7, 24),
            optional=True,
        ),
        Node(
            InvertedBottleneck(channels=14, kernel=(5, 5)),
            (7, 14),
            kernel=((3, 3), (5, 3), (5, 5)),
        ),
        Node(Conv(channels=16), (4, 15, 16)),
        AveragePool(),
        Node(Dense(units=11), (6, 11)),
        Classifier(),
    ),
)
MIXED = (Bits(4, 4), Bits(4, 8), Bits(8, 8))
PUBLISHED = {
    "micronet_kws_s": 51_660,
    "micronet_kws_m": 86_100,
    "micronet_kws_l": 169_740,
    "micronet_ad_s": 98_304,
    "micronet_ad_m": 245_760,
    "micronet_ad_l": 353_280,
    "micronet_vww_2": 27_904,
    "micronet_vww_3": 71_680,
    "micronet_vww_4": 57_344,
}


def weights_bytes(graph: Graph) -> int:
    weighted = [x for x in graph.operators if x.name in WEIGHTED]
    return sum(graph.tensors[x.inputs[1]].size_bytes for x in weighted)


@pytest.mark.parametrize("isa", Isa)
@pytest.mark.parametrize("bits", [(Bits(8, 8),), (Bits(4, 8),), (Bits(4, 4),), MIXED])
@pytest.mark.parametrize("name", ["kws", "kws_temporal", "ad", "vww", "digits", "everything"])
def test_random_networks(name: str, bits: tuple[Bits, ...], isa: Isa) -> None:
    space = (EVERYTHING if name == "everything" else load_space(name)).with_bits(*bits)
    model = CostModel(space, isa)
    rng = np.random.default_rng(7)
    for seed in range(6 if name in ("digits", "everything") else 2):
        selection = space.sample(rng)
        architecture = space.architecture(selection)
        costs, graph = model.of_selection(selection), random_graph(architecture, seed=seed)
        assert costs.ops == 2 * architecture.macs == 2 * graph.macs
        assert costs.params == architecture.params
        assert costs.weights_bytes == weights_bytes(graph)
        program = lower_graph(graph, isa)
        if all(b.activations == 8 for b in bits):
            assert costs.memory_bytes == program.arena_bytes
        assert costs.memory_bytes == pytest.approx(
            program.arena_bytes, rel=0.02
        )  # of 4-bit ones, weights decide
        # Code is an estimate, and some kilobytes of flash.
        code = costs.flash_bytes - program.constants_bytes
        assert 6_000 < code < 25_000


def test_certain_probabilities_and_selections_agree() -> None:
    for space in (EVERYTHING, EVERYTHING.with_bits(*MIXED)):
        model = CostModel(space, Isa.DSP)
        for seed in range(5):
            selection = space.sample(np.random.default_rng(seed))
            slow, fast = model.costs(one_hot(space, selection)), model.of_selection(selection)
            for name, value in vars(fast).items():
                if value is not None:
                    assert getattr(slow, name) == pytest.approx(value, rel=1e-12), name


@pytest.mark.parametrize(("name", "arena_bytes"), PUBLISHED.items())
def test_published_networks(name: str, arena_bytes: int) -> None:
    base = name.split("_")[1]
    architecture = read_architecture(name)
    space = load_space(base).with_input(architecture.input)
    selection = space.select(architecture)
    assert selection is not None
    assert CostModel(space).of_selection(selection).memory_bytes == arena_bytes


def test_expected_costs_are_averages_of_independent_choices() -> None:
    """Over all networks of a space without additions, whose costs are products of choices."""
    kernels = ((1, 3), (3, 3))
    nodes = (
        Node(Conv(channels=8, kernel=(3, 3)), (4, 8), kernel=kernels),
        Node(Conv(channels=6), (2, 6)),
    )
    space = Space("two", (6, 6, 1), 3, "relu", (*nodes, AveragePool(), Classifier()))
    model = CostModel(space)
    every = [model.of_selection(chosen) for chosen in itertools.product(range(2), repeat=3)]
    expected = model.costs(uniform(space))
    for name in ("ops", "params", "weights_bytes", "flash_bytes"):
        assert getattr(expected, name) == pytest.approx(np.mean([getattr(c, name) for c in every]))


def test_smoothed_memory_is_a_little_more() -> None:
    space = load_space("kws")
    model = CostModel(space)
    for probabilities in (uniform(space), one_hot(space, space.sample(np.random.default_rng(0)))):
        exact = model.costs(probabilities).memory_bytes
        smooth = model.costs(probabilities, smoothness=0.02).memory_bytes
        assert exact <= smooth < 1.08 * exact


@pytest.mark.parametrize("bits", [(Bits(8, 8),), MIXED])
def test_latency_is_that_of_the_networks_layers(bits: tuple[Bits, ...]) -> None:
    space = EVERYTHING.with_bits(*bits)
    rng = np.random.default_rng(2)
    groups = {g for _ in range(20) for g in features_of(space.architecture(space.sample(rng)))}
    rates = {group: Rate(*rng.uniform(0.5, 2, 3)) for group in groups}
    latency = LatencyModel("qemu_m4", "aot", "instructions", "emulator", rates, 1.0, 20)
    model = CostModel(space, latency=latency)
    for _ in range(10):
        selection = space.sample(rng)
        features = features_of(space.architecture(selection))
        assert model.of_selection(selection).latency == pytest.approx(latency.of(features))
