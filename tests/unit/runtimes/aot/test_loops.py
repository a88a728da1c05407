"""Runs of equal calls become loops."""

from __future__ import annotations

from mcugen.runtimes.aot.loops import Call, Loop, Place, loops


def call(kernel: str, *arguments: str | int) -> Call:
    places = tuple(Place(a) if isinstance(a, int) else a for a in arguments)
    return Call(kernel, f"{kernel}_params", (), places)


def strip(first: int, last: int) -> list[Call]:
    calls = []
    for i in range(first, last):
        calls += [call("unpack", 100 * i, 5000), call("conv", "weights", 5000, 6000)]
        calls += [call("pack", 6000, 40 * i)]
    return calls


def replayed(found: tuple[Loop, ...]) -> list[Call]:
    """The calls that the loops make."""
    calls = []
    for loop in found:
        for i in range(loop.count):
            for one in loop.calls:
                moved = [
                    Place(a.offset_bytes + i * a.stride_bytes) if isinstance(a, Place) else a
                    for a in one.arguments
                ]
                calls.append(Call(one.kernel, one.params, one.members, tuple(moved)))
    return calls


def test_strips_become_a_loop() -> None:
    first, last = call("conv", "padded", 5000, 6000), call("conv", "last", 5000, 6000)
    calls = [call("unpack", 7, 5000), first, call("pack", 6000, 0)]
    calls += [*strip(1, 9), call("unpack", 900, 5000), last]
    found = loops(calls)
    assert [(loop.count, len(loop.calls)) for loop in found] == [
        *[(1, 1)] * 3,
        (8, 3),
        *[(1, 1)] * 2,
    ]
    assert [one.kernel for one in found[3].calls] == ["unpack", "conv", "pack"]
    assert str(found[3].calls[0].arguments[0]) == "(void *)(arena + 100 + 100 * i)"
    assert replayed(found) == calls


def test_two_rounds_stay_apart() -> None:
    assert [loop.count for loop in loops(strip(0, 2))] == [1] * 6
    assert [loop.count for loop in loops(strip(0, 3))] == [3]


def test_a_step_of_another_length_ends_a_loop() -> None:
    calls = [*strip(0, 4), *strip(5, 9)]
    assert [loop.count for loop in loops(calls)] == [4, 4]
    assert replayed(loops(calls)) == calls


def test_other_arguments_are_other_calls() -> None:
    calls = [call("copy", text, 4) for text in ("a", "b", "c", "c", "c")]
    assert [loop.count for loop in loops(calls)] == [1, 1, 3]
    assert replayed(loops(calls)) == calls
