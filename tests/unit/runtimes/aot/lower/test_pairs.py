"""Two channels in a lane: the packing gives both back, and layers that it cannot hold are named."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis.extra.numpy import arrays

from mcugen.ir.fixed_point import float32
from mcugen.ir.graph import DType, Operands, Quantization, Tensor
from mcugen.ir.ops.fully_connected import FullyConnected
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower.pairs import (
    DEPTH_ORDER,
    SEGMENT,
    V_LIMIT,
    lanes,
    lanes_overflow,
    matmul_fields,
    matmul_pixels,
    segment_depth,
)
from mcugen.runtimes.aot.lowered import lower_graph
from mcugen.runtimes.aot.program import Constant
from tests.kernels.models import one_operator

OPTIONS = {
    "fused_activation_function": "NONE",
    "keep_num_dims": False,
    "weights_format": "DEFAULT",
}


def layer(weights: npt.ArrayLike, scale: tuple[float, ...] = (0.01,)) -> Operands:
    """A FULLY_CONNECTED with these weights."""
    data = np.asarray(weights, np.int8)
    units, depth = data.shape
    q = Quantization((float32(0.5),), (3,))
    (x,) = one_operator(
        FullyConnected,
        OPTIONS,
        [
            Tensor("input", (1, depth), DType.INT8, q),
            Tensor("weights", data.shape, DType.INT8, Quantization(scale, (0,) * len(scale)), data),
        ],
        Tensor("output", (1, units), DType.INT8, q),
    )
    return x


@given(
    st.tuples(st.integers(1, 7), st.integers(1, 19)).flatmap(
        lambda shape: arrays(np.int64, shape, elements=st.integers(-127, 127))
    )
)
def test_lanes_hold_both_channels(rows: npt.NDArray[np.int64]) -> None:
    packed = lanes(rows)
    units, depth = rows.shape
    assert packed.shape == (-(-units // 2), depth + -depth % 4)
    order = np.reshape(np.arange(packed.shape[1]).reshape(-1, 4)[:, DEPTH_ORDER], -1)
    natural = np.zeros_like(packed)
    natural[:, order] = packed
    low = natural.astype(np.int8).astype(np.int64)
    high = (natural.astype(np.int64) - low) // 256
    assert (low[:, :depth] == rows[::2]).all()
    assert (high[: units // 2, :depth] == rows[1::2]).all()
    assert not high[units // 2 :].any()
    assert not low[:, depth:].any() and not high[:, depth:].any()


def test_a_borrow_needs_room() -> None:
    assert lanes_overflow(layer([[-1, 5], [-127, 5]])) is None
    assert lanes_overflow(layer([[1, -128], [-128, 5]])) is None
    assert lanes_overflow(layer([[-1, 5], [-128, 5]])) == "channel 1 has a weight of -128"


def test_odd_channels_have_23_bits() -> None:
    """516 * 127 * 128 is below 2^23; a deeper layer takes the sums out on the way."""
    deep = np.full((2, 516), 127, np.int8)
    assert (segment_depth(layer(deep)), matmul_pixels(layer(deep), 9)) == (516, 4)
    deeper = np.full((2, 517), 127, np.int8)
    assert (segment_depth(layer(deeper)), matmul_pixels(layer(deeper), 9)) == (SEGMENT, 1)
    assert SEGMENT * 128 * 128 < V_LIMIT


def test_the_bias_of_a_pair_is_folded_and_doubled() -> None:
    fields = matmul_fields(layer([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), 1)
    channels = fields["matmul.channels"]
    assert isinstance(channels, Constant)
    blocks = channels.data.reshape(2, 5)
    assert blocks[:, 0].tolist() == [-3 * 6, -3 * 24]
    assert blocks[:, 1].tolist() == [-2 * 3 * 15, 0]
    assert (fields["matmul.depth"], fields["matmul.units"]) == (4, 3)


def test_pairs_that_are_not_scaled_down_take_the_long_way() -> None:
    x = layer([[1], [2], [3]], scale=(0.6, 0.01, 0.01))
    channels = matmul_fields(x, 1)["matmul.channels"]
    assert isinstance(channels, Constant)
    words = channels.data.reshape(2, 5)[:, 4].astype(np.uint32)
    assert (words >> 31).tolist() == [1, 0]
    assert (words & 0xFFFF).tolist() == [0 | 6 << 8, 6]


def test_a_layer_that_does_not_fit_says_why() -> None:
    x = layer([[-1, 5], [-128, 5]])
    graph = one_operator(FullyConnected, OPTIONS, x.inputs, x.output())
    program = lower_graph(graph, Isa.DSP)
    assert program.layers[0].kernel == "fully_connected_s8"
    assert "a weight of -128" in dict(program.layers[0].passed_over)["fully_connected_s8_dsp"]
