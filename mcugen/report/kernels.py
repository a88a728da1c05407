"""What every report says of a layer's kernel."""

from __future__ import annotations

from mcugen.report.tables import shape
from mcugen.results import InspectResult, OperatorInfo

CORES = {
    "portable": "portable C, for Cortex-M0, M0+ and M3",
    "dsp": "the DSP extension, of Cortex-M4, M7 and M33",
    "mve": "Helium, of Cortex-M55 and M85",
}
"""Instruction sets as users know them."""


def measured_unit(result: InspectResult) -> str | None:
    """What the layers' costs count, instructions or cycles; None if nothing was profiled."""
    return next((unit for unit in ("instructions", "cycles") if unit in result.sources), None)


def shapes(operator: OperatorInfo, result: InspectResult) -> str:
    """Input and output without the batch, and a window's height and width."""
    by_index = {t.index: t for t in result.tensors}
    known = [by_index[i] for i in operator.inputs if i in by_index]
    data = next((t for t in known if t.kind != "constant"), None)
    window = next((t for t in known if t.kind == "constant" and len(t.shape) == 4), None)
    text = f"{_item(data.shape)} → " if data else ""
    text += _item(operator.output_shape)
    return f"{text}, {shape(window.shape[1:3])}" if window and operator.macs else text


def cost(operator: OperatorInfo) -> int | None:
    """What the layer was measured to execute, in whichever unit."""
    return operator.cycles if operator.instructions is None else operator.instructions


def per_mac(operator: OperatorInfo) -> str | None:
    """The same for each multiply-accumulate; None where there is none."""
    count = cost(operator)
    return None if count is None or not operator.macs else f"{count / operator.macs:.2f}"


def passed_over(operator: OperatorInfo) -> list[tuple[str, str]]:
    """Better kernels that cannot serve the layer, those with the same reason together."""
    kernels: dict[str, list[str]] = {}
    for better in operator.passed_over:
        kernels.setdefault(better.reason, []).append(better.kernel)
    return [(", ".join(dict.fromkeys(names)), reason) for reason, names in kernels.items()]


def _item(dims: tuple[int, ...]) -> str:
    return shape(dims[1:] if len(dims) > 1 and dims[0] == 1 else dims)
