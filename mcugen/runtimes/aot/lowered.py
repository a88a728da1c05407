"""From graph to program: every operator lowered, every tensor placed in the arena."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph, Operands, Variable
from mcugen.isa import Isa
from mcugen.plan.arena import allocate
from mcugen.plan.lifetimes import InPlace, ScratchUse, TensorUse, plan_lifetimes
from mcugen.plan.timeline import Timeline, make_timeline
from mcugen.runtimes.aot import lower as families
from mcugen.runtimes.aot.narrow import narrow_activations
from mcugen.runtimes.aot.program import (
    VARIANTS,
    Alias,
    Constant,
    Scratch,
    Step,
    Variant,
    View,
)

ALIGNMENT_BYTES = 4
"""Offsets in the arena: what word loads and LDRD ask for. The arena itself is 16-aligned."""


SHARED = -1
"""Stands for a step in `Program.scratch_offsets` where a layer's steps share working memory."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One operator and its kernel calls; none where the output is the input under another shape.

    `reason` says why this kernel; `passed_over` names the better ones and why they cannot serve.
    """

    operands: Operands
    steps: tuple[Step, ...]
    reason: str
    passed_over: tuple[tuple[str, str], ...]

    @property
    def kernel(self) -> str:
        """The kernels called, in order and once each; 'alias' for none."""
        return "+".join(dict.fromkeys(step.kernel for step in self.steps)) or "alias"


@dataclass(frozen=True, eq=False)
class Program:
    """A graph ready to be written as C for one instruction set.

    `offsets` places each non-constant tensor, `state_offsets` each variable and `scratch_offsets`
    each (layer, step) that needs scratch, step SHARED being all of them, in bytes from the start of
    the arena.
    """

    graph: Graph
    isa: Isa
    layers: tuple[Layer, ...]
    offsets: dict[int, int]
    state_offsets: tuple[int, ...]
    scratch_offsets: dict[tuple[int, int], int]
    arena_bytes: int
    lower_bound_bytes: int
    optimal: bool
    timeline: Timeline

    def constants(self) -> list[Constant]:
        """Every array that lies in flash: kernels' parameters, constant operands and outputs of
        the graph, and initial states. In order of use."""
        graph, found = self.graph, list[Constant]()
        for layer in self.layers:
            for step in layer.steps:
                found += [f for f in step.params.values() if isinstance(f, Constant)]
                found += [
                    Constant(tensor.data, tensor.name)
                    for operand in step.inputs
                    if isinstance(operand, View)
                    and (tensor := graph.tensors[operand.tensor]).data is not None
                ]
        outputs = [graph.tensors[t] for t in graph.outputs]
        found += [Constant(t.data, t.name) for t in outputs if t.data is not None]
        states = [(v, initial_array(v)) for v in graph.variables]
        found += [Constant(data, f"initial {v.name}") for v, data in states if data is not None]
        return found

    @property
    def constants_bytes(self) -> int:
        """Weights, biases, requantization and tables, equal arrays counted once."""
        unique = {(c.data.dtype.str, c.data.tobytes()) for c in self.constants()}
        return sum(len(data) for _, data in unique)


def lower_graph(graph: Graph, isa: Isa = Isa.PORTABLE) -> Program:
    """Lowers every operator with the best kernel of the instruction set and plans the arena.

    The graph's operators are supported ones (`check_supported`); one without a lowering raises
    InputRejected by name, and so does an input or output that the C interface cannot offer.
    """
    _check_ports(graph)
    _load_families()
    graph = narrow_activations(graph)
    layers: list[Layer] = []
    aliases: list[tuple[int, int]] = []
    for x in graph:
        variant, passed_over = _choose(x, isa)
        lowered = variant.lower(x)
        if isinstance(lowered, Alias):
            aliases.append((x.operator.inputs[0], x.operator.outputs[0]))
            lowered = []
        layers.append(Layer(x, tuple(lowered), variant.reason, passed_over))
    return _place(graph, isa, tuple(layers), aliases)


def initial_array(variable: Variable) -> npt.NDArray[Any] | None:
    """The values that a variable starts from, None where one byte, repeated, makes them all."""
    if variable.initial is None:
        return None
    raw = np.ascontiguousarray(variable.initial).tobytes()
    return None if raw == raw[:1] * len(raw) else variable.initial


def _check_ports(graph: Graph) -> None:
    for kind, ports in (("input", graph.inputs), ("output", graph.outputs)):
        if not ports:
            raise InputRejected(f"the model has no {kind}")
        for i, tensor in enumerate(graph.tensors[t] for t in ports):
            found = ""
            if tensor.dtype in (DType.INT4, DType.RESOURCE):
                found = f"is {tensor.dtype.value}"
            elif tensor.elements < 1:
                found = f"has shape {list(tensor.shape)}"
            elif kind == "input" and tensor.is_constant:
                found = "is constant"
            if found:
                raise InputRejected(
                    f"{kind} {i} of the model ('{tensor.name}') {found}",
                    "inputs and outputs hold elements of int8, uint8, int16, int32, int64, float32 "
                    "or bool",
                )


def _choose(x: Operands, isa: Isa) -> tuple[Variant, tuple[tuple[str, str], ...]]:
    """The first variant that serves, and those before it with what stands in their way."""
    if x.operator.name not in VARIANTS:
        raise InputRejected(
            f"operator {x.operator.name} is not supported by the aot runtime",
            "docs/OPS.md lists the supported operators",
        )
    passed_over: list[tuple[str, str]] = []
    for variant in VARIANTS[x.operator.name]:
        if not variant.is_for(x, isa):
            continue
        why_not = variant.obstacle(x)
        if why_not is None:
            return variant, tuple(passed_over)
        passed_over.append((variant.kernel, why_not))
    raise AssertionError(f"no variant of {x.operator.name} serves every layer on {isa.value}")


def _load_families() -> None:
    for module in pkgutil.iter_modules(families.__path__):
        importlib.import_module(f"{families.__name__}.{module.name}")


def _place(
    graph: Graph, isa: Isa, layers: tuple[Layer, ...], aliases: list[tuple[int, int]]
) -> Program:
    n = len(layers)
    # Only tensors that live in the arena take part; `order` maps their place to the graph's index.
    order = _arena_tensors(graph)
    place_of = {tensor: i for i, tensor in enumerate(order)}
    producers, consumers = graph.producers(), graph.consumers()
    uses = []
    for t in order:
        producer = producers.get(t, -1)
        last = n if t in graph.outputs else max([producer, *consumers.get(t, [])])
        tensor = graph.tensors[t]
        uses.append(TensorUse(tensor.name, tensor.size_bytes, producer, last))
    for variable in graph.variables:
        uses.append(TensorUse(variable.name, variable.size_bytes, -1, n, persistent=True))
    needs = {(i, j): size for i, layer in enumerate(layers) for j, size in _scratch(layer)}
    scratch_keys = list(needs)
    scratch = [ScratchUse(f"scratch of layer {i}", size, i) for (i, _), size in needs.items()]
    lifetimes = plan_lifetimes(
        uses,
        n,
        [(place_of[a], place_of[b]) for a, b in aliases if a in place_of],
        _in_place(layers, place_of),
        scratch,
    )
    allocation = allocate(lifetimes.buffers, ALIGNMENT_BYTES)
    tensor_offsets = [allocation.offsets[b] for b in lifetimes.buffer_of_tensor]
    return Program(
        graph=graph,
        isa=isa,
        layers=layers,
        offsets=dict(zip(order, tensor_offsets, strict=False)),
        state_offsets=tuple(tensor_offsets[len(order) :]),
        scratch_offsets={
            key: allocation.offsets[b]
            for key, b in zip(scratch_keys, lifetimes.buffer_of_scratch, strict=True)
        },
        arena_bytes=allocation.arena_bytes,
        lower_bound_bytes=allocation.lower_bound_bytes,
        optimal=allocation.optimal,
        timeline=make_timeline(uses, scratch, lifetimes, allocation),
    )


def _scratch(layer: Layer) -> Iterator[tuple[int, int]]:
    """Bytes of working memory of each step that has some, and of what all of them share."""
    operands = [o for step in layer.steps for o in (*step.inputs, *step.outputs)]
    shared = max((o.size_bytes for o in operands if isinstance(o, Scratch)), default=0)
    if shared:
        yield SHARED, shared
    for j, step in enumerate(layer.steps):
        if step.scratch_bytes:
            yield j, step.scratch_bytes


def _arena_tensors(graph: Graph) -> list[int]:
    used = {*graph.inputs, *graph.outputs}
    for operator in graph.operators:
        used |= {t for t in (*operator.inputs, *operator.outputs) if t >= 0}
    return sorted(t for t in used if not graph.tensors[t].is_constant)


def _in_place(layers: tuple[Layer, ...], place_of: dict[int, int]) -> list[InPlace]:
    candidates = []
    for i, layer in enumerate(layers):
        # With several calls, a later one could read what an earlier one has overwritten.
        if len(layer.steps) != 1 or not layer.steps[0].in_place:
            continue
        source, target = layer.steps[0].inputs[0], layer.steps[0].outputs[0]
        if (
            isinstance(source, View)
            and isinstance(target, View)
            and source.offset_bytes == target.offset_bytes == 0
            and source.tensor in place_of
        ):
            candidates.append(InPlace(i, place_of[source.tensor], place_of[target.tensor]))
    return candidates
