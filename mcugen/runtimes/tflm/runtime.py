"""The runtime `tflm`: TensorFlow Lite Micro with CMSIS-NN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mcugen.boards import Board
from mcugen.model import Model
from mcugen.runtimes.tflm.arena import estimate, resource_count
from mcugen.runtimes.tflm.int4 import Int4, with_own_kernels
from mcugen.runtimes.tflm.libraries import libraries
from mcugen.runtimes.tflm.program import TflmLayer, TflmProgram, estimated
from mcugen.runtimes.tflm.resolver import Registration, registrations
from mcugen.runtimes.tflm.support import check_supported
from mcugen.tflite.verifier import verify

INT4_KERNELS = ("mcugen", "cmsis-nn")
"""Whose kernels compute layers with 4-bit weights, the default first."""

KERNELS_LEVEL = "O2"
"""The optimization level of kernels under a vendor's framework, which has one for its own code."""


@dataclass(frozen=True)
class Tflm:
    """The runtime with its options; `arena_bytes` is a size that the user insists on."""

    int4_kernels: str = INT4_KERNELS[0]
    arena_bytes: int | None = None
    name: str = "tflm"

    def recalled(self, facts: Mapping[str, object]) -> Tflm:
        kernels, given = facts.get("int4_kernels"), facts.get("given_arena_bytes")
        if kernels not in INT4_KERNELS or not isinstance(given, int | None):
            return self
        return replace(self, int4_kernels=str(kernels), arena_bytes=given)

    def program(self, model: Model, board: Board, optimize: str | None) -> TflmProgram:
        """Raises InputRejected if TFLM cannot run the model or the board has no Cortex-M,
        McugenError if packs are missing."""
        file = verify(model.data)
        check_supported(file)
        found = registrations(file)
        graph = model.graph
        kernels = {r.operator: _kernel(r) for r in found}
        int4 = Int4(model.data)
        if self.int4_kernels == INT4_KERNELS[0]:
            int4 = with_own_kernels(model.data, graph)
        layers = {
            x.operator.source_index: TflmLayer(x, int4.kernel(x) or kernels[x.operator.name])
            for x in graph
        }
        numbers = {source: i for i, source in enumerate(layers)}
        arena = estimate(file, board.isa)
        return TflmProgram(
            graph=graph,
            layers=tuple(layers.values()),
            layer_of=tuple(numbers.get(i, -1) for i in range(len(file.subgraphs[0].operators))),
            int4=int4,
            registrations=found,
            variables=resource_count(file),
            libraries=libraries(board, optimize or KERNELS_LEVEL),
            int4_kernels=self.int4_kernels,
            estimate=arena,
            arena=estimated(arena, self.arena_bytes),
            given_arena_bytes=self.arena_bytes,
        )


def _kernel(registration: Registration) -> str:
    return registration.function.removeprefix("Register_") or registration.operator
