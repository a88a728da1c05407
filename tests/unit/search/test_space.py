"""Search spaces: which networks they hold, and what makes none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen.architecture import Architecture, read_architecture
from mcugen.architecture.blocks import (
    AveragePool,
    Block,
    Classifier,
    Conv,
    Dense,
    DepthwiseSeparable,
    InvertedBottleneck,
    ResidualPair,
)
from mcugen.errors import InputRejected
from mcugen.search.space import Node, Space, multiples
from mcugen.search.spaces import SPACES, load_space
from mcugen.train.spec import Bits

PUBLISHED = [
    *((f"micronet_kws_{size}", "kws") for size in "sml"),
    *((f"micronet_ad_{size}", "ad") for size in "sml"),
    ("micronet_vww_2", "vww"),
    ("micronet_vww_3", "vww:128x128x1"),
    ("micronet_vww_4", "vww:128x128x1"),
]
MIXED = (Bits(4, 4), Bits(4, 8), Bits(8, 8))
END = (AveragePool(), Classifier())


def space(*nodes: Node | Block, **options: Any) -> Space:
    values = {"name": "mine", "input": (8, 8, 1), "outputs": 3, "activation": "relu", **options}
    return Space(nodes=(*nodes, *END), **values)


@pytest.mark.parametrize(("architecture", "name"), PUBLISHED)
@pytest.mark.parametrize("bits", [(Bits(8, 8),), MIXED])
def test_published_networks_are_found(architecture: str, name: str, bits: tuple[Bits, ...]) -> None:
    wanted, found = read_architecture(architecture), load_space(name).with_bits(*bits)
    selection = found.select(wanted)
    assert selection is not None
    made = found.architecture(selection)
    assert (made.macs, made.params) == (wanted.macs, wanted.params)
    assert [x.shape for x in made.layers] == [x.shape for x in wanted.layers]


@pytest.mark.parametrize("name", SPACES)
def test_samples_are_found_again(name: str) -> None:
    rng = np.random.default_rng(1)
    for bits in ((Bits(8, 8),), MIXED, (Bits(4, 4),)):
        found = load_space(name).with_bits(*bits)
        for _ in range(4):
            architecture = found.architecture(found.sample(rng))
            again = found.select(architecture)
            assert again is not None
            assert found.architecture(again) == architecture


def test_strangers_are_not_found() -> None:
    kws = load_space("kws")
    assert kws.select(read_architecture("ds_cnn_s")) is None
    assert kws.with_input((49, 11, 1)).select(read_architecture("micronet_kws_s")) is None
    wanted = read_architecture("micronet_kws_s")
    other = replace(wanted, blocks=(*wanted.blocks[:3], Conv(channels=84), *wanted.blocks[4:]))
    assert kws.select(other) is None


def test_many_optional_blocks_are_searched_quickly() -> None:
    node = Node(DepthwiseSeparable(channels=8), (4, 8), optional=True)
    many = space(Conv(channels=8), *(node,) * 60)
    selection = many.sample(np.random.default_rng(0))
    assert many.select(many.architecture(selection)) is not None
    assert many.select(read_architecture("digits")) is None


def test_a_block_with_a_stride_is_replaced_by_a_pool() -> None:
    node = Node(DepthwiseSeparable(channels=8, stride=(2, 2)), (4, 8), optional=True)
    small = space(Conv(channels=8), node)
    assert small.architecture((0, 0)).blocks[1] == AveragePool(stride=(2, 2))
    assert small.architecture((0, 0)).layers[1].shape == (4, 4, 8)
    assert [d.field for d in small.decisions] == ["keep", "channels"]
    assert small.select(small.architecture((0, 1))) == (0, 0)


def test_bits_other_than_8_are_written_down() -> None:
    small = space(Conv(channels=8)).with_bits(Bits(4, 8))
    assert {x.weight_bits for x in small.widest.layers if x.weights} == {4}
    assert not small.decisions


BAD = [
    ((Node(Conv(channels=8), (4, 6)),), r"nodes\[0\].channels \(conv\) must ascend .* 8"),
    ((Node(Conv(channels=8), (8, 4, 8)),), r"must ascend"),
    ((Node(Conv(channels=8), (0, 8)),), r"1 at least"),
    ((Node(Conv(channels=8), expansion=(8,)),), r"nodes\[0\].expansion .* no expansion"),
    (
        (Node(InvertedBottleneck(channels=8), expansion=(4, 8)),),
        r"expansion \(inverted_bottleneck\) is open",
    ),
    (
        (Conv(channels=8), Node(DepthwiseSeparable(channels=4), optional=True)),
        r"nodes\[1\].channels \(ds\) must reach 8",
    ),
    ((Node(AveragePool(), optional=True),), r"nodes\[0\].optional .* blocks with weights"),
    (
        (Node(Conv(channels=8), (4, 8)), InvertedBottleneck(channels=8, residual="add")),
        r"nodes\[1\].residual .* \"pad_add\"",
    ),
    ((Conv(channels=4), Node(ResidualPair(channels=8), (4, 8))), r"shortcut"),
    ((Node(Conv(channels=8), kernel=((1, 1),)),), r"nodes\[0\].kernel \(conv\) .* not \(1, 1\)"),
    ((Node(Conv(channels=8, kernel=(3, 3)), kernel=((3, 3), (3, 3))),), r"must ascend"),
    ((Node(Conv(channels=8, kernel=(2, 5)), kernel=((3, 3), (2, 5))),), r"not lie within"),
    ((Node(Conv(channels=8, kernel=(3, 3)), kernel=((2, 2),)),), r"must end with .* \(3, 3\)"),
    ((Node(Conv(channels=8, kernel=(3, 3)), kernel=(2, 3)),), r"pairs of whole numbers"),
    ((Node(Conv(channels=8, kernel=(3, 3)), kernel=[(3, 3)]),), r"tuple of pairs"),
    ((Node(Dense(units=8), kernel=((3, 3),)),), r"no kernel of its own"),
    ((Node(Conv(channels=8), [4, 8]),), r"nodes\[0\].channels .* tuple of whole .* \[4, 8\]"),
    ((Node(Conv(channels=8), 8),), r"nodes\[0\].channels .* must be a tuple"),
    ((Node(Conv(channels=8), (4.0, 8)),), r"nodes\[0\].channels .* whole numbers"),
    (("conv",), r"nodes\[0\] must be a block .* str"),
]


@pytest.mark.parametrize(("nodes", "problem"), BAD)
def test_what_makes_no_networks_is_rejected(nodes: tuple[Node, ...], problem: str) -> None:
    with pytest.raises(InputRejected, match=problem) as caught:
        space(*nodes)
    assert "search.md" in caught.value.hint


@pytest.mark.parametrize("field", ["input", "nodes", "bits"])
def test_lists_are_no_tuples(field: str) -> None:
    whole = space(Conv(channels=8))
    with pytest.raises(InputRejected, match=f"'{whole.name}': {field} must be a tuple"):
        replace(whole, **{field: list(getattr(whole, field))})


def test_a_dense_layer_cannot_be_left_out_before_a_map_is_a_vector() -> None:
    nodes = (AveragePool(), Node(Dense(units=9), optional=True), Classifier())
    with pytest.raises(InputRejected, match="would leave a map"):
        Space("mine", (8, 8, 1), 3, "relu", nodes)


@pytest.mark.parametrize(
    ("bits", "problem"),
    [((), "one or more"), (MIXED[::-1], "must end"), ((Bits(8, 8),) * 2, "each once")],
)
def test_bits_that_make_no_decision(bits: tuple[Bits, ...], problem: str) -> None:
    with pytest.raises(InputRejected, match=problem):
        space(Conv(channels=8), bits=bits)


def test_every_choice_of_a_space_makes_a_network() -> None:
    rng = np.random.default_rng(3)
    nodes = (
        Node(Conv(channels=8), (3, 8)),
        Node(ResidualPair(channels=12, stride=(2, 2)), (6, 12)),
        Node(InvertedBottleneck(channels=12, expansion=16, residual="pad_add"), (8, 12), (4, 16)),
        Node(InvertedBottleneck(channels=16), (8, 16), optional=True),
    )
    mine = space(*nodes)
    for _ in range(20):
        assert isinstance(mine.architecture(mine.sample(rng)), Architecture)


def test_names_and_sizes() -> None:
    assert load_space("vww:160x160x1").input == (160, 160, 1)
    for name, problem in (("kw", "no search space 'kw'"), ("vww:3x", "input's size")):
        with pytest.raises(InputRejected, match=problem):
            load_space(name)
    with pytest.raises(InputRejected) as caught:
        load_space("kwss")
    assert "did you mean kws" in caught.value.hint


def test_a_space_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from mcugen.architecture.blocks import AveragePool, Classifier, Conv\n"
        "from mcugen.search.space import Node, Space, multiples\n"
        "SPACE = Space('mine', (8, 8, 1), 3, 'relu', (Node(Conv(channels=8), multiples(4, 8)),"
        "AveragePool(), Classifier()))\n"
    )
    assert load_space(str(path)).decisions[0].choices == (4, 8)
    for text, problem in (
        ("x = 1\n", "must define SPACE"),
        ("SPACE = 3\n", "it defines a int"),
        ("1 / 0\n", "ZeroDivisionError"),
    ):
        path.write_text(text)
        with pytest.raises(InputRejected, match=problem):
            load_space(str(path))
    path.write_text(
        "from mcugen.search.space import Space\nSPACE = Space('x', (8,), 1, 'relu', (), ())\n"
    )
    with pytest.raises(InputRejected, match=r"mine\.py: "):
        load_space(str(path))
    with pytest.raises(InputRejected, match="no file"):
        load_space(str(tmp_path / "none.py"))


def test_multiples() -> None:
    assert multiples(4, 10) == (4, 8)
    assert multiples(4, 12, 7) == (8, 12)
