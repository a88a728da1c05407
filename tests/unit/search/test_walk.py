"""Widths of relaxed networks."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.architecture.blocks import (
    AveragePool,
    Classifier,
    Conv,
    Dense,
    DepthwiseSeparable,
    InvertedBottleneck,
)
from mcugen.search.space import Node, Space
from mcugen.search.spaces import SPACES, load_space
from mcugen.search.walk import one_hot, stages, uniform, widths

ADDING = Space(
    "adding",
    (8, 8, 1),
    3,
    "relu",
    (
        Node(Conv(channels=4), (2, 4)),
        Node(InvertedBottleneck(channels=6, expansion=4, residual="pad_add"), (2, 6)),
        Node(DepthwiseSeparable(channels=6), (2, 6), optional=True),
        AveragePool(),
        Dense(units=2),
        Classifier(),
    ),
)


@pytest.mark.parametrize("name", SPACES)
def test_certain_choices_give_the_networks_widths(name: str) -> None:
    space = load_space(name)
    rng = np.random.default_rng(0)
    for _ in range(5):
        selection = space.sample(rng)
        found = widths(space, one_hot(space, selection))
        parts = iter(space.architecture(selection).layers_of_blocks)
        for stage, width in zip(stages(space), found.leaving, strict=True):
            if stage.keep is None or selection[stage.keep]:
                layers = next(parts)
                kinds = [x.kind for x in stage.layers]
                own = [x.shape[-1] for x in layers if x.kind in kinds]
                assert own == [round(float(found.layers[x.name].sum())) for x in stage.layers]
                assert width.sum() == layers[-1].shape[-1]
            elif stage.stride != (1, 1):
                assert width.sum() == next(parts)[-1].shape[-1]


def test_expectations() -> None:
    found = widths(ADDING, uniform(ADDING))
    np.testing.assert_allclose(found.layers["conv_0"], (1, 1, 0.5, 0.5))
    np.testing.assert_allclose(found.layers["ibn_1.depthwise"], np.ones(4))
    # The wider of 2 or 4 and of 2 or 6.
    np.testing.assert_allclose(found.layers["ibn_1.add"], (1, 1, 0.75, 0.75, 0.5, 0.5))
    left = 0.5 * np.array((1, 1, 0.5, 0.5, 0.5, 0.5)) + 0.5 * found.layers["ibn_1.add"]
    np.testing.assert_allclose(found.leaving[2], left)
    np.testing.assert_allclose(found.layers["dense_4"], (1, 1))


def test_stages_name_their_decisions() -> None:
    conv, bottleneck, separable, *_ = stages(ADDING)
    assert (conv.channels, conv.keep, conv.source) == (0, None, "input")
    assert bottleneck.width_of(bottleneck.layers[0]) is None
    assert bottleneck.width_of(bottleneck.layers[2]) == 1
    assert (separable.keep, separable.channels, separable.target) == (2, 3, "ds_2.pointwise")
    assert ADDING.decisions[2].field == "keep"
