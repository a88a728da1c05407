"""What the tensor arena of TFLM takes on a 32-bit Arm core, reckoned without running anything.

The arena has a head, where the planner lays tensors and scratch over each other, and a tail, which
grows down from the end by one structure after the other and is never given back. Starting up needs
more than that for a moment: for requests of scratch, for temporary tensors and for the planner, in
the memory that the head takes later. Everything here follows `MicroInterpreter::AllocateTensors`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mcugen.isa import Isa
from mcugen.runtimes.tflm import abi
from mcugen.runtimes.tflm.file_operators import operators_of, option
from mcugen.runtimes.tflm.head import HeadBuffer, plan_head
from mcugen.runtimes.tflm.needs import Needs, needs_of, tensor_bytes
from mcugen.tflite.file_model import FileModel, FileOperator, FileSubgraph, FileTensor

MARGIN_SHARE = 32
"""The margin is this part of the tail, and at least `LEAST_MARGIN_BYTES`."""
LEAST_MARGIN_BYTES = 256

REPEATED = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D")
"""Kernels whose preparation looks their tensors up twice, each time into new temporary memory."""


@dataclass(frozen=True)
class TailPart:
    """What lies in the tail for one purpose, with the padding that alignment costs."""

    name: str
    size_bytes: int


@dataclass(frozen=True)
class ArenaEstimate:
    """`start_bytes` is the most that is in use at once while the interpreter starts."""

    head: tuple[HeadBuffer, ...]
    tail: tuple[TailPart, ...]
    head_bytes: int
    tail_bytes: int
    start_bytes: int

    @property
    def used_bytes(self) -> int:
        """What `MicroInterpreter::arena_used_bytes` reports."""
        return self.head_bytes + self.tail_bytes

    @property
    def arena_bytes(self) -> int:
        """The smallest arena that the interpreter starts in, a multiple of 16."""
        return _up(max(self.used_bytes, self.start_bytes))

    @property
    def scratch_bytes(self) -> int:
        """All scratch together, wherever the planner puts it."""
        return sum(b.size_bytes for b in self.head if b.is_scratch)

    @property
    def margin_bytes(self) -> int:
        """What to add where nothing can be measured: for another TFLM, or kernels of one's own."""
        return _up(max(self.tail_bytes // MARGIN_SHARE, LEAST_MARGIN_BYTES))


def estimate(
    model: FileModel, isa: Isa, allocator_bytes: int = abi.OUR_ALLOCATOR_BYTES
) -> ArenaEstimate:
    """The arena of a supported model on a core with this instruction set, kernels of CMSIS-NN.

    Raises InputRejected for a model with too many tensors to plan.
    """
    return _Interpreter(model, isa, allocator_bytes).start()


def resource_count(model: FileModel) -> int:
    """How many resource variables the model names."""
    return len({_resource(o) for _, o in operators_of(model) if o.name == "VAR_HANDLE"})


@dataclass
class _Tail:
    """The tail, as bytes from the arena's end, and what they are for."""

    used_bytes: int = 0
    parts: dict[str, int] = field(default_factory=dict)

    def take(self, name: str, size_bytes: int, alignment: int = 4) -> None:
        end = -(-(self.used_bytes + size_bytes) // alignment) * alignment
        self.parts[name] = self.parts.get(name, 0) + end - self.used_bytes
        self.used_bytes = end


class _Interpreter:
    """Takes memory in TFLM's order: alignment makes the order count."""

    def __init__(self, model: FileModel, isa: Isa, allocator_bytes: int) -> None:
        self.model = model
        self.isa = isa
        self.allocator_bytes = allocator_bytes
        self.tail = _Tail()
        self.start_bytes = 0
        self.requests = 0
        self.needs: dict[tuple[int, int], Needs] = {}

    def start(self) -> ArenaEstimate:
        self._allocators()
        for subgraph in self.model.subgraphs:
            self.tail.take("tensors", abi.EVAL_TENSOR_BYTES * len(subgraph.tensors))
        for subgraph in self.model.subgraphs:
            self.tail.take("operators", abi.NODE_BYTES * len(subgraph.operators))
        self._options()
        self._initialise()
        self._prepare()
        if self.requests:
            self.tail.take("scratch handles", abi.SCRATCH_HANDLE_BYTES * self.requests)
        for _, tensor in self._tensors():
            if tensor.is_variable:
                self._buffer("variables", tensor_bytes(tensor))
        head = self._plan()
        head_bytes = max((b.offset_bytes + b.size_bytes for b in head), default=0)
        self._ports()
        return ArenaEstimate(
            head=head,
            tail=tuple(TailPart(name, size) for name, size in self.tail.parts.items()),
            head_bytes=head_bytes,
            tail_bytes=self.tail.used_bytes,
            start_bytes=self.start_bytes,
        )

    def _buffer(self, name: str, size_bytes: int) -> None:
        """What kernels ask for is aligned like tensors."""
        self.tail.take(name, size_bytes, abi.ALIGNMENT_BYTES)

    def _tensors(self) -> list[tuple[FileSubgraph, FileTensor]]:
        return [(s, tensor) for s in self.model.subgraphs for tensor in s.tensors]

    def _allocators(self) -> None:
        name = "interpreter"
        self.tail.take(name, self.allocator_bytes)
        self.tail.take(name, abi.PLANNER_BYTES)
        self.tail.take(name, abi.MICRO_ALLOCATOR_BYTES)
        resources = resource_count(self.model)
        if resources:
            self._buffer("variables", abi.RESOURCE_VARIABLES_BYTES)
            self._buffer("variables", abi.RESOURCE_VARIABLE_BYTES * resources)
        self.tail.take(name, abi.BUILTIN_DATA_ALLOCATOR_BYTES)
        self.tail.take(name, abi.SUBGRAPH_BYTES * len(self.model.subgraphs))

    def _options(self) -> None:
        for _, operator in operators_of(self.model):
            if operator.name in abi.OPTIONS_BYTES:
                size, alignment = abi.OPTIONS_BYTES[operator.name]
                self.tail.take(operator.where, size, alignment)

    def _initialise(self) -> None:
        for _, operator in operators_of(self.model):
            if operator.name in abi.STATE_BYTES:
                self._buffer(operator.where, abi.STATE_BYTES[operator.name])

    def _prepare(self) -> None:
        held: set[tuple[str, str]] = set()
        for s, subgraph in enumerate(self.model.subgraphs):
            resources = {
                o.outputs[0]: _resource(o)
                for o in subgraph.operators
                if o.name == "VAR_HANDLE" and o.outputs
            }
            for i, operator in enumerate(subgraph.operators):
                needs = needs_of(subgraph, operator, self.isa)
                for size in needs.persistent:
                    self._buffer(operator.where, size)
                if operator.name == "ASSIGN_VARIABLE" and len(operator.inputs) > 1:
                    resource = resources.get(operator.inputs[0])
                    if resource is not None and resource not in held:
                        held.add(resource)
                        self._buffer("variables", _bytes_at(subgraph, operator.inputs[1]))
                self.needs[s, i] = needs
                temporary = _temporary_bytes(subgraph, operator)
                self._at_least(self._request_bytes + temporary, self.tail.used_bytes)
                self.requests += len(needs.scratch)

    def _at_least(self, head_bytes: int, tail_bytes: int) -> None:
        self.start_bytes = max(self.start_bytes, head_bytes + tail_bytes)

    @property
    def _request_bytes(self) -> int:
        """The head while operators are prepared: requests of scratch, and room for one's own."""
        return abi.SCRATCH_REQUEST_BYTES * (self.requests + abi.MAX_SCRATCH_PER_OPERATOR)

    def _plan(self) -> tuple[HeadBuffer, ...]:
        head = plan_head(self.model, self.needs)
        infos = len(self._tensors()) + self.requests
        before = self._request_bytes + abi.POINTER_BYTES * len(self.model.subgraphs)
        begin = _up(before + abi.ALLOCATION_INFO_BYTES * infos)
        self._at_least(begin + abi.PLANNED_BUFFER_BYTES * len(head), _up(self.tail.used_bytes))
        return head

    def _ports(self) -> None:
        main = self.model.subgraphs[0]
        for indices in (main.inputs, main.outputs):
            self._buffer("inputs and outputs", abi.POINTER_BYTES * len(indices))
            for index in indices:
                for size in _tensor_structures(main.tensors[index]):
                    self.tail.take("inputs and outputs", size)


def _tensor_structures(tensor: FileTensor) -> tuple[int, ...]:
    """Sizes of what describes a tensor at length."""
    if tensor.quantization is None:
        return (abi.TENSOR_BYTES,)
    zero_points = abi.INT_BYTES * (1 + len(tensor.quantization.scales))
    return (abi.TENSOR_BYTES, abi.AFFINE_QUANTIZATION_BYTES, zero_points)


def _temporary_bytes(subgraph: FileSubgraph, operator: FileOperator) -> int:
    """What preparing an operator needs for a moment to look at its tensors."""
    indices = [t for t in (*operator.inputs, *operator.outputs) if t >= 0]
    once = sum(sum(_tensor_structures(subgraph.tensors[t])) for t in indices)
    return once * (2 if operator.name in REPEATED else 1)


def _resource(operator: FileOperator) -> tuple[str, str]:
    return str(option(operator, "container", "")), str(option(operator, "shared_name", ""))


def _bytes_at(subgraph: FileSubgraph, index: int) -> int:
    return tensor_bytes(subgraph.tensors[index]) if index >= 0 else 0


def _up(size_bytes: int) -> int:
    return -(-size_bytes // abi.ALIGNMENT_BYTES) * abi.ALIGNMENT_BYTES
