"""One random network on its way through the deployment street, and what it takes there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mcugen import execution
from mcugen.architecture import Architecture, Layer, write_architecture
from mcugen.boards import Board
from mcugen.building import Target, build, make_target
from mcugen.errors import InputRejected, McugenError
from mcugen.exporting import export
from mcugen.flashing import explain
from mcugen.ir.graph import Graph
from mcugen.model import load
from mcugen.results import ProfileResult
from mcugen.samples import seeded
from mcugen.search.latency import EIGHT_BITS, Label, Unit, group_of
from mcugen.search.measured import OTHER, MeasuredLayer, MeasuredNetwork
from mcugen.toolchain.pio import check_compiler, run_pio
from mcugen.train.spec import Bits, Width


@dataclass(frozen=True)
class Street:
    """Exports, builds and runs networks, all in one project: only what differs is compiled again.

    `port` is the serial port of a real board, to which every network is flashed; None for an
    emulator. Weights are random, from `seed`.
    """

    board: Board
    runtime: str
    folder: Path
    seed: int
    port: str | None

    @property
    def label(self) -> Label:
        return "board" if self.board.kind == "board" else "emulator"

    @property
    def unit(self) -> Unit:
        """Time on a board; an emulator counts instructions, and those are no time."""
        return "microseconds" if self.label == "board" else "instructions"

    def check(self) -> None:
        """Raises InputRejected for a board that cannot count, McugenError if a tool is missing."""
        board = self.board
        if board.kind == "host":
            raise InputRejected(
                "nothing counts instructions on the host", "take an emulator: --board qemu_m4"
            )
        if board.kind == "board" and self.port is None:
            raise InputRejected(
                f"{board.id} is a real board: name its serial port",
                "connect it and give --port PORT\nor take an emulator: --board qemu_m4",
            )
        if board.is_emulated and self.port is not None:
            raise InputRejected(f"{board.id} has no serial port", "leave --port out")
        if board.has_own_port:
            check_compiler(board)
        if board.is_emulated:
            emulator = board.emulator_command(Path("firmware.elf"))[0]
            if shutil.which(emulator) is None:
                raise McugenError(
                    f"{emulator} is not on PATH", "on Debian or Ubuntu: apt install qemu-system-arm"
                )

    def measure(self, number: int, architecture: Architecture) -> MeasuredNetwork:
        """Builds the network and runs one inference of a random input.

        Raises McugenError, or DoesNotFit, for what fails on the way.
        """
        arch = self.folder / "networks" / f"{number:04}.json"
        arch.parent.mkdir(exist_ok=True)
        write_architecture(architecture, arch)
        path = self.folder / "model.tflite"
        exported = export(arch, path, seed=self.seed, force=True)
        firmware = self.folder / "firmware"
        target = make_target(load(path), self.board, firmware, self.runtime)
        session = self._session(target)
        profile = execution.profile(session, seeded(target.model.graph, 1, self.seed)[0])
        layers = self._layers(architecture, profile, target.program.graph)
        return MeasuredNetwork(
            number=number,
            ops=2 * profile.macs,
            file_ops=2 * exported.macs,
            params=exported.params,
            taken=sum(layer.taken for layer in layers),
            layers=layers,
        )

    def _session(self, target: Target) -> execution.Session:
        if self.port is None:
            return execution.open_session(target, trace=True)
        build(target, force=True)
        done = run_pio(target.folder, execution.TRACE, target="upload")
        if done.returncode != 0:
            raise explain(done.output, target.folder, self.board.id)
        return execution.open_session(target, trace=True, port=self.port)

    def _layers(
        self, architecture: Architecture, profile: ProfileResult, graph: Graph
    ) -> tuple[MeasuredLayer, ...]:
        """Operators as they ran, by the groups of the architecture's layers of the same names."""
        known = {layer.name: layer for layer in architecture.layers}
        elements = {tensor.name: tensor.elements for tensor in graph.tensors}
        return tuple(
            MeasuredLayer(
                name=layer.name,
                operator=layer.op,
                group=_group(known.get(layer.name)),
                kernel=layer.kernel,
                macs=layer.macs,
                outputs=elements.get(layer.name, 0),
                taken=self._taken(layer.instructions, layer.cycles),
            )
            for layer in profile.layers
        )

    def _taken(self, instructions: int | None, cycles: int | None) -> float:
        if cycles is None:
            return float(instructions or 0)
        return cycles / self.board.f_cpu_hz * 1e6


def _group(layer: Layer | None) -> str:
    if layer is None:
        return OTHER
    bits = Bits(_width(layer.weight_bits), _width(layer.activation_bits))
    return group_of(layer, bits) or OTHER


def _width(bits: int | None) -> Width:
    """Of layers that say nothing of theirs, what exports give them."""
    return EIGHT_BITS.weights if bits is None else cast(Width, bits)
