"""Storage sharing: what is honoured, what is refused, and that no value is ever overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcugen.plan.arena import Allocation, Buffer, allocate
from mcugen.plan.lifetimes import (
    InPlace,
    Lifetimes,
    ScratchUse,
    TensorUse,
    live_bytes,
    plan_lifetimes,
)


@dataclass
class Net:
    """A random graph. `value` tells which tensors hold equal bytes; a RESHAPE passes it on."""

    uses: list[TensorUse] = field(default_factory=list)
    value: list[int] = field(default_factory=list)
    reads: list[list[int]] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)
    aliases: list[tuple[int, int]] = field(default_factory=list)
    in_place: list[InPlace] = field(default_factory=list)
    scratch: list[ScratchUse] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)


@st.composite
def nets(draw: st.DrawFn) -> Net:
    net = Net()
    sizes: list[int] = []
    producer: list[int] = []
    n_inputs = draw(st.integers(1, 3))
    persistent = draw(st.booleans())
    for i in range(n_inputs + persistent):
        sizes.append(draw(st.integers(1, 12)))
        producer.append(-1)
        net.value.append(i)
    n_steps = draw(st.integers(1, 9))
    for step in range(n_steps):
        reads = draw(st.lists(st.sampled_from(range(len(sizes))), min_size=1, max_size=2))
        kind = draw(st.sampled_from(["elementwise", "reshape", "other"]))
        output = len(sizes)
        if kind == "reshape" and not (persistent and reads[0] == n_inputs):
            reads = reads[:1]
            net.aliases.append((reads[0], output))
            net.value.append(net.value[reads[0]])
            sizes.append(sizes[reads[0]])
        else:
            if kind == "elementwise":
                net.in_place += [InPlace(step, i, output) for i in reads]
            if draw(st.booleans()):
                net.scratch.append(ScratchUse(f"scratch{step}", draw(st.integers(1, 9)), step))
            net.value.append(output)
            smaller = draw(st.integers(0, 2)) if kind == "elementwise" else 0
            sizes.append(max(1, sizes[reads[0]] - smaller) if kind == "elementwise" else 5)
        producer.append(step)
        net.reads.append(reads)
        net.writes.append(output)
    net.outputs = sorted(draw(st.sets(st.sampled_from(range(len(sizes))), min_size=1, max_size=3)))
    for i, size in enumerate(sizes):
        last = max([producer[i], *(s for s, reads in enumerate(net.reads) if i in reads)])
        last = n_steps if i in net.outputs else last
        net.uses.append(
            TensorUse(f"t{i}", size, producer[i], last, persistent=persistent and i == n_inputs)
        )
    return net


def run(net: Net, lifetimes: Lifetimes, allocation: Allocation) -> None:
    """Runs the graph on one byte array, and checks what each operator and the caller read.

    An operator writes its output and scribbles over its scratch before it reads its inputs, the
    worst that a kernel may do, except an input that shares its storage: an element-wise operator
    reads an element before it writes it, and a RESHAPE writes nothing.
    """
    memory = [-1] * allocation.arena_bytes

    def place_of(buffer: int, size: int) -> slice:
        return slice(allocation.offsets[buffer], allocation.offsets[buffer] + size)

    def store(i: int, value: int) -> None:
        size = net.uses[i].size_bytes
        memory[place_of(lifetimes.buffer_of_tensor[i], size)] = [value] * size

    def check(i: int) -> None:
        size = net.uses[i].size_bytes
        held = memory[place_of(lifetimes.buffer_of_tensor[i], size)]
        assert held == [net.value[i]] * size

    for i, use in enumerate(net.uses):
        if use.producer_step == -1:
            store(i, net.value[i])
    for step, (reads, output) in enumerate(zip(net.reads, net.writes, strict=True)):
        home = lifetimes.buffer_of_tensor[output]
        shared = [i for i in reads if lifetimes.buffer_of_tensor[i] == home]
        for i in shared:
            check(i)
        store(output, net.value[output])
        for need, buffer in zip(net.scratch, lifetimes.buffer_of_scratch, strict=True):
            if need.step == step:
                memory[place_of(buffer, need.size_bytes)] = [-2] * need.size_bytes
        for i in reads:
            if i not in shared:
                check(i)
        check(output)
    for i, use in enumerate(net.uses):
        if i in net.outputs or use.persistent:
            check(i)


def plan(net: Net) -> Lifetimes:
    return plan_lifetimes(net.uses, len(net.reads), net.aliases, net.in_place, net.scratch)


@given(nets())
@settings(max_examples=400, deadline=None)
def test_no_value_is_lost(net: Net) -> None:
    lifetimes = plan(net)
    run(net, lifetimes, allocate(lifetimes.buffers))


@given(nets())
@settings(max_examples=100, deadline=None)
def test_sharing_never_raises_the_peak(net: Net) -> None:
    n_steps = len(net.reads)
    apart = plan_lifetimes(net.uses, n_steps, net.aliases, (), net.scratch)
    together = plan(net)
    peak = max(live_bytes(together.buffers, n_steps))
    assert peak <= max(live_bytes(apart.buffers, n_steps))
    assert set(together.in_place) <= set(net.in_place)


def test_chain_of_element_wise_operators_runs_in_one_buffer() -> None:
    uses = [TensorUse("x", 8, -1, 0), TensorUse("y", 8, 0, 1), TensorUse("z", 8, 1, 2)]
    offered = [InPlace(0, 0, 1), InPlace(1, 1, 2)]
    lifetimes = plan_lifetimes(uses, 2, in_place=offered)
    assert lifetimes == Lifetimes(2, (Buffer("x", 8, -1, 2),), (0, 0, 0), (), tuple(offered))


def test_aliases_live_as_long_as_either() -> None:
    uses = [TensorUse("x", 8, 0, 1), TensorUse("flat", 8, 1, 3), TensorUse("y", 4, 3, 4)]
    lifetimes = plan_lifetimes(uses, 4, aliases=[(0, 1)])
    assert lifetimes.buffers == (Buffer("x", 8, 0, 3), Buffer("y", 4, 3, 4))
    assert lifetimes.buffer_of_tensor == (0, 0, 1)


def refused(uses: list[TensorUse], n_steps: int, *offered: InPlace, alias: bool = False) -> bool:
    aliases = [(0, len(uses) - 1)] if alias else []
    return plan_lifetimes(uses, n_steps, aliases, offered).in_place == ()


def test_input_that_is_read_later_is_kept() -> None:
    assert refused([TensorUse("x", 8, -1, 1), TensorUse("y", 8, 0, 2)], 2, InPlace(0, 0, 1))


def test_input_whose_alias_is_read_later_is_kept() -> None:
    uses = [TensorUse("x", 8, -1, 1), TensorUse("y", 8, 1, 3), TensorUse("flat", 8, 0, 2)]
    assert refused(uses, 3, InPlace(1, 0, 1), alias=True)


def test_graph_output_is_not_overwritten_by_the_last_operator() -> None:
    assert refused([TensorUse("x", 8, 0, 2), TensorUse("y", 8, 1, 2)], 2, InPlace(1, 0, 1))


def test_variable_is_not_overwritten() -> None:
    uses = [TensorUse("state", 8, -1, 0, persistent=True), TensorUse("y", 8, 0, 1)]
    assert refused(uses, 1, InPlace(0, 0, 1))


def test_variable_is_not_moved_into_another_buffer() -> None:
    uses = [TensorUse("x", 8, -1, 0), TensorUse("state", 8, 0, 1, persistent=True)]
    assert refused(uses, 1, InPlace(0, 0, 1))


def test_larger_output_gets_its_own_buffer() -> None:
    assert refused([TensorUse("x", 8, -1, 0), TensorUse("y", 9, 0, 1)], 1, InPlace(0, 0, 1))


def test_small_output_does_not_keep_a_large_buffer_alive() -> None:
    uses = [
        TensorUse("x", 100, -1, 0),
        TensorUse("y", 1, 0, 3),
        TensorUse("wide", 100, 1, 2),
    ]
    assert refused(uses, 3, InPlace(0, 0, 1))


def test_two_outputs_of_one_operator_do_not_share() -> None:
    uses = [TensorUse("x", 8, -1, 0), TensorUse("y", 8, 0, 0), TensorUse("unread", 8, 0, 0)]
    lifetimes = plan_lifetimes(uses, 1, in_place=[InPlace(0, 0, 1), InPlace(0, 0, 2)])
    assert lifetimes.in_place == (InPlace(0, 0, 1),)


def test_output_goes_over_one_input_only() -> None:
    uses = [TensorUse("a", 8, -1, 0), TensorUse("b", 8, -1, 0), TensorUse("sum", 8, 0, 1)]
    lifetimes = plan_lifetimes(uses, 1, in_place=[InPlace(0, 0, 2), InPlace(0, 1, 2)])
    assert lifetimes.buffer_of_tensor == (0, 1, 0)


def test_inputs_live_together_and_variables_always() -> None:
    uses = [
        TensorUse("first", 8, -1, 0),
        TensorUse("unread", 8, -1, -1),
        TensorUse("state", 8, 1, 1, persistent=True),
    ]
    lifetimes = plan_lifetimes(uses, 3, scratch=[ScratchUse("columns", 5, 1)])
    assert live_bytes(lifetimes.buffers, 3) == [24, 16, 13, 8, 8]
    assert lifetimes.buffer_of_scratch == (3,)


@pytest.mark.parametrize(
    ("uses", "aliases", "in_place", "scratch"),
    [
        ([TensorUse("x", 8, 2, 1)], [], [], []),
        ([TensorUse("x", 8, -2, 1)], [], [], []),
        ([TensorUse("x", 8, 0, 3)], [], [], []),
        ([TensorUse("x", -1, 0, 1)], [], [], []),
        ([TensorUse("x", 8, 0, 1), TensorUse("y", 4, 0, 1)], [(0, 1)], [], []),
        ([TensorUse("x", 8, 0, 1), TensorUse("y", 8, 0, 1)], [], [InPlace(1, 0, 1)], []),
        ([], [], [], [ScratchUse("s", 4, 2)]),
        ([], [], [], [ScratchUse("s", -4, 1)]),
    ],
)
def test_description_that_contradicts_itself_is_refused(
    uses: list[TensorUse],
    aliases: list[tuple[int, int]],
    in_place: list[InPlace],
    scratch: list[ScratchUse],
) -> None:
    with pytest.raises(ValueError):
        plan_lifetimes(uses, 2, aliases, in_place, scratch)
