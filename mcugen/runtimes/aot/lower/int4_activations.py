"""Activations of 4 bits: tables of the kernels that take them, and strips for all other layers."""

from __future__ import annotations

from collections.abc import Iterator

from mcugen.ir.graph import DType, Operands
from mcugen.isa import Isa
from mcugen.runtimes.aot.lower import depthwise_conv, int4, pool  # noqa: F401, they come first
from mcugen.runtimes.aot.lower.int4_conv import CONV_W4A4, as_convolution
from mcugen.runtimes.aot.lower.int4_depthwise import DEPTHWISE_CONV_A4
from mcugen.runtimes.aot.lower.int4_requantization import ACTIVATIONS, input_has_8_bits
from mcugen.runtimes.aot.lower.strips import strips
from mcugen.runtimes.aot.program import VARIANTS, Field, Step, Variant, variants


def int4_activations(x: Operands) -> bool:
    """Whether an activation has 4 bits."""
    return any(tensor.dtype is DType.INT4 for tensor in (x.input(), x.output()))


def average_pool_s4(x: Operands) -> list[Step]:
    """Half bytes are summed where they lie: a pool may cover the whole image."""
    steps = pool.pool_2d(x)
    assert isinstance(steps, list)
    (step,) = steps
    params: dict[str, Field] = {
        **step.params,
        # The file's zero points are the same on both sides.
        "first_code": x.output().q.zero_point - x.input().q.zero_point + ACTIVATIONS[0],
    }
    return [Step("average_pool_s4", params, step.inputs, step.outputs)]


AVERAGE_POOL_S4 = Variant(
    "average_pool_s4",
    average_pool_s4,
    obstacles=(input_has_8_bits,),
    reason="packed codes are summed where they lie",
)


def strip_variants(op: str) -> Iterator[Variant]:
    """What serves every layer of an operator that has 4-bit activations, for each core."""
    table = VARIANTS[op]
    for isa in Isa:
        yield Variant(
            "strips",
            lambda x, isa=isa: strips(x, isa, table),  # type: ignore[misc]
            frozenset({isa}),
            reason="unpacked, computed at 8 bits and packed again, a few rows at a time",
        )


for _op, _best in (
    ("CONV_2D", (CONV_W4A4,)),
    ("FULLY_CONNECTED", (CONV_W4A4.through(as_convolution).unless(input_has_8_bits),)),
    ("DEPTHWISE_CONV_2D", (DEPTHWISE_CONV_A4,)),
    ("MAX_POOL_2D", ()),
    ("AVERAGE_POOL_2D", (AVERAGE_POOL_S4,)),
):
    # Before all others, which would take 4-bit activations for 8-bit ones.
    _narrow = (*_best, *strip_variants(_op))
    variants(_op, *(v.when(int4_activations) for v in _narrow), *VARIANTS[_op])
