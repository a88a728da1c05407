"""The arena's estimate against what real interpreters reported."""

from __future__ import annotations

import pytest

from mcugen.errors import InputRejected
from mcugen.isa import Isa
from mcugen.runtimes.tflm.abi import ALLOCATOR_BYTES
from mcugen.runtimes.tflm.arena import estimate, resource_count
from mcugen.runtimes.tflm.head import MAX_BUFFERS
from mcugen.tflite.file_model import FileModel
from mcugen.tflite.verifier import verify
from tests.paths import shared_model
from tests.unit.runtimes.tflm.files import Tensor, conv, dense, one_operator

MEASURED = {
    "ad01_int8": (2580, 9268),
    "ad_small_int8": (114_324, 114_340),
    "ds_cnn_s_quantized": (22_916, 27_444),
    "kws_micronet_m": (100_948, 105_428),
    "kws_micronet_s": (62_932, 67_412),
    "kws_ref_model": (22_820, 27_348),
    "micro_speech_quantized": (6836, 7812),
    "person_detect": (82_308, 82_356),
    "pretrainedResnet_quant": (54_996, 55_028),
    "vww2_50_50_INT8": (66_452, 70_980),
    "vww_96_int8": (100_708, 100_772),
}
"""arena_used_bytes() of TFLM with CMSIS-NN in the emulator, on Cortex-M4 and on Cortex-M55."""


def read(name: str) -> FileModel:
    return verify(shared_model(name).read_bytes())


@pytest.mark.parametrize("name", MEASURED)
def test_estimate_is_what_interpreters_use(name: str) -> None:
    model = read(name)
    for isa, used_bytes in zip((Isa.DSP, Isa.MVE), MEASURED[name], strict=True):
        assert estimate(model, isa, ALLOCATOR_BYTES).used_bytes == used_bytes


@pytest.mark.parametrize(
    ("name", "arena_bytes"),
    [("ad01_int8", 3024), ("hello_world_int8", 1168), ("kws_ref_model", 22_832)],
)
def test_smallest_arena_that_starts(name: str, arena_bytes: int) -> None:
    """Found in the emulator by trying; with the first two, starting takes more than running."""
    found = estimate(read(name), Isa.DSP, ALLOCATOR_BYTES)
    assert found.arena_bytes == arena_bytes
    assert found.arena_bytes >= found.used_bytes and found.arena_bytes % 16 == 0


def test_parts_add_up() -> None:
    found = estimate(read("kws_ref_model"), Isa.MVE)
    assert sum(part.size_bytes for part in found.tail) == found.tail_bytes
    assert max(b.offset_bytes + b.size_bytes for b in found.head) == found.head_bytes == 20_464
    scratch = [b for b in found.head if b.is_scratch]
    assert scratch and found.scratch_bytes == sum(b.size_bytes for b in scratch)
    assert {b.first == b.last for b in scratch} == {True}


def test_buffers_that_are_live_together_lie_apart() -> None:
    head = estimate(read("vww_96_int8"), Isa.MVE).head
    for i, a in enumerate(head):
        for b in head[:i]:
            if a.first <= b.last and b.first <= a.last:
                assert (
                    a.offset_bytes + a.size_bytes <= b.offset_bytes
                    or b.offset_bytes + b.size_bytes <= a.offset_bytes
                )


def test_state_lies_in_the_tail() -> None:
    model = read("v2_vad")
    assert resource_count(model) == 4
    parts = {part.name: part.size_bytes for part in estimate(model, Isa.DSP).tail}
    assert parts["variables"] > 4 * 20
    assert resource_count(conv()) == 0


def scratch_of(model: FileModel, isa: Isa) -> list[int]:
    return [b.size_bytes for b in estimate(model, isa).head if b.is_scratch]


def test_scratch_depends_on_the_core() -> None:
    assert scratch_of(conv(), Isa.DSP) == scratch_of(conv(), Isa.PORTABLE) == [144]
    assert scratch_of(conv(), Isa.MVE) == [192]
    assert scratch_of(conv(kind="INT16"), Isa.MVE) == [320]
    pool = one_operator(
        "AVERAGE_POOL_2D",
        [Tensor((1, 4, 4, 20))],
        [Tensor((1, 1, 1, 20))],
        ("Pool2DOptions", {"stride_w": 4, "stride_h": 4, "filter_width": 4, "filter_height": 4}),
    )
    assert [scratch_of(pool, isa) for isa in Isa] == [[], [80], []]


def test_dense_layers() -> None:
    assert scratch_of(dense(), Isa.DSP) == []
    # Higher ranks become convolutions, which want a scale for every output.
    assert scratch_of(dense(rank=3), Isa.DSP) == [80]
    assert scratch_of(dense(rank=3, scales=10), Isa.DSP) == []
    sums = estimate(dense(), Isa.MVE).tail_bytes - estimate(dense(), Isa.DSP).tail_bytes
    assert sums == 48


def test_too_many_tensors() -> None:
    model = one_operator("ABS", [Tensor((1,))], [Tensor((1,))], times=MAX_BUFFERS)
    with pytest.raises(InputRejected, match="tensors to plan"):
        estimate(model, Isa.DSP)


def test_margin_is_a_part_of_the_tail() -> None:
    assert estimate(conv(), Isa.DSP).margin_bytes == 256
    assert estimate(read("vww2_50_50_INT8"), Isa.DSP).margin_bytes == 38_548 // 32 // 16 * 16 + 16
