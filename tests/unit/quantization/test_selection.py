"""Which layers a pattern names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph
from mcugen.quantization.rewrite import to_int4
from mcugen.quantization.selection import select
from tests.unit.quantization.graphs import network


@pytest.mark.parametrize(
    ("layers", "skip", "chosen"),
    [
        ([], [], [0, 2, 3]),
        (["all"], [], [0, 1, 2, 3]),
        (["1"], [], [1]),
        (["0, 2-9"], [], [0, 2, 3]),
        (["0", "3"], [], [0, 3]),
        (["Conv_2D"], [], [0, 2]),
        (["depthwise_conv_2d,fully_connected"], [], [1, 3]),
        (["layer?/*conv*"], [], [0, 1, 2]),
        (["weights1"], [], [0]),
        ([], ["0", "fully_connected"], [2]),
        (["all"], ["layer1/*"], [0, 2, 3]),
        (["0"], ["1"], [0]),
    ],
)
def test_patterns(layers: list[str], skip: list[str], chosen: list[int]) -> None:
    assert select(network(), layers, skip) == chosen


@pytest.mark.parametrize("pattern", ["4", "3-1", "nothing*", "", "0,,1", "add", "-1", "²"])
def test_what_matches_nothing_lists_the_layers(pattern: str) -> None:
    for options in ({"layers": [pattern]}, {"skip": [pattern]}):
        with pytest.raises(InputRejected, match="no layer with int8 weights matches") as caught:
            select(network(), **options)
        assert "3: FULLY_CONNECTED 'layer3/fully_connected'" in caught.value.hint


def test_numbers_are_those_of_the_file() -> None:
    graph = network()
    moved = tuple(replace(o, source_index=10 + i) for i, o in enumerate(graph.operators))
    graph = replace(graph, operators=moved)
    assert select(graph, ["12"]) == [2]
    with pytest.raises(InputRejected):
        select(graph, ["2"])


def test_nothing_remains() -> None:
    with pytest.raises(InputRejected, match="no layer remains"):
        select(network(), ["0"], ["conv_2d"])


def test_int4_already() -> None:
    graph = to_int4(network(), [0, 1])
    assert select(graph, ["all"]) == [2, 3]
    with pytest.raises(InputRejected, match="'0'"):
        select(graph, ["0"])
    with pytest.raises(InputRejected, match="all weights are int4 already"):
        select(to_int4(network(), range(4)))


def test_without_weights() -> None:
    empty = Graph("none", (), (), (), ())
    with pytest.raises(InputRejected, match="no weights that can be int4"):
        select(empty)


def test_depthwise_alone_must_be_asked_for() -> None:
    graph = to_int4(network(), [0, 2, 3])
    with pytest.raises(InputRejected, match="depthwise") as caught:
        select(graph)
    assert "--layers all" in caught.value.hint
    assert select(graph, ["all"]) == [1]
    assert graph.tensors[graph.operators[1].inputs[1]].dtype is DType.INT8
