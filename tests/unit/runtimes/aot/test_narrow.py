"""Which activations are stored in 4 bits, and how."""

from __future__ import annotations

import numpy as np
import pytest

from mcugen.ir.code_ranges import code_ranges
from mcugen.ir.graph import DType, Graph, Quantization
from mcugen.runtimes.aot.lower.int4_conv import segment_depth
from mcugen.runtimes.aot.lower.int4_requantization import extremes
from mcugen.runtimes.aot.narrow import narrow_activations, narrow_tensors, stored_bytes
from tests.kernels.int4_models import BYTES, SIGNED, UNSIGNED, Chain


def outputs(graph: Graph) -> list[int]:
    return [operator.outputs[0] for operator in graph.operators]


def test_ranges_follow_from_fused_activations() -> None:
    graph = Chain((1, 4, 4, 2)).conv(4).max_pool().conv(4, out=SIGNED).conv(4, out=BYTES).graph()
    ranges = code_ranges(graph)
    found = [ranges.get(t) for t in outputs(graph)]
    assert found == [(-128, -113), (-128, -113), (-7, 7), (-128, 127)]


def test_inputs_and_outputs_stay() -> None:
    graph = Chain((1, 4, 4, 2), stored=UNSIGNED).conv(4).conv(4).graph()
    assert narrow_tensors(graph) == {outputs(graph)[0]}


def test_17_codes_are_too_many() -> None:
    stored = ("RELU6", Quantization((6 / 16,), (-128,)))
    assert not narrow_tensors(Chain((1, 4, 4, 2)).conv(4, out=stored).conv(2).graph())


@pytest.mark.parametrize(
    ("stored", "zero_point"),
    [
        (UNSIGNED, -8),
        (SIGNED, 0),
        (("RELU6", Quantization((0.4,), (120,))), 0),
        (("RELU_N1_TO_1", Quantization((0.25,), (-127,))), -7),
    ],
)
def test_codes_are_shifted_into_four_bits(
    stored: tuple[str, Quantization], zero_point: int
) -> None:
    graph = Chain((1, 2, 2, 2)).conv(3, out=stored).conv(2).graph()
    tensor = narrow_activations(graph).tensors[outputs(graph)[0]]
    assert (tensor.dtype, tensor.q.zero_point) == (DType.INT4, zero_point)
    # Three channels take two bytes.
    assert tensor.size_bytes == 2 * 2 * 2


def test_who_cannot_read_packed_codes_keeps_them_wide() -> None:
    """A reshape of odd rows moves half bytes; one of even rows moves nothing."""
    odd = Chain((1, 4, 4, 2)).conv(3).reshape((1, 2, 4, 6)).conv(2).graph()
    even = Chain((1, 4, 4, 2)).conv(4).reshape((1, 2, 4, 8)).conv(2).graph()
    assert not narrow_tensors(odd)
    assert narrow_tensors(even) == set(outputs(even)[:2])


def test_a_reshape_is_packed_on_both_sides_or_on_none() -> None:
    graph = Chain((1, 4, 4, 2)).conv(4).reshape((1, 64)).graph()
    assert not narrow_tensors(graph)


def test_stored_bytes() -> None:
    graph = Chain((1, 1, 2, 2)).conv(3).conv(2).graph()
    tensor = narrow_activations(graph).tensors[outputs(graph)[0]]
    codes = np.array([[-128, -127, -126], [-113, -114, -128]], np.int8)
    assert stored_bytes(tensor, -128, codes) == bytes([0x10, 0x02, 0xEF, 0x00])


def test_segments_end_before_twelve_bits_overflow() -> None:
    rows = np.zeros((2, 64), np.int64)
    # 8 * 32 * 8 = 2048 is one too many for 12 bits: with 31 eights and a seven it is 2040.
    rows[0, :32] = 8
    rows[0, 31] = 7
    assert extremes(-rows)[1].max() == 2040 and segment_depth(-rows) == 64
    rows[0, 31] = 8
    assert extremes(-rows)[1].max() == 2048 and segment_depth(-rows) < 64


def test_only_even_channels_bound_the_segments() -> None:
    rows = np.full((2, 64), 7)
    rows[0] = 1
    assert segment_depth(rows) == 64
    assert segment_depth(rows[::-1]) == 32


def test_eight_of_the_largest_products_fit() -> None:
    assert segment_depth(np.full((1, 8), -8)) == 8
