"""READ_VARIABLE and ASSIGN_VARIABLE: copies out of and into the state."""

from __future__ import annotations

from mcugen.ir.graph import Operands
from mcugen.runtimes.aot.lower.movement import copy_whole
from mcugen.runtimes.aot.program import State, Step, View, lowering, output_view


@lowering("READ_VARIABLE")
def read_variable(x: Operands) -> list[Step]:
    state = State(x.attributes.variable)
    return [copy_whole(state, output_view(x), x.output().size_bytes)]


@lowering("ASSIGN_VARIABLE")
def assign_variable(x: Operands) -> list[Step]:
    state = State(x.attributes.variable)
    value = x.input(len(x.inputs) - 1)
    return [copy_whole(View(x.operator.inputs[-1]), state, value.size_bytes)]
