"""READ_VARIABLE and ASSIGN_VARIABLE: state lives from one inference to the next."""

from __future__ import annotations

import numpy as np

from mcugen.ir.graph import DType, Graph, Operator, Variable
from mcugen.ir.ops.concat import Concatenation
from mcugen.ir.ops.slice import Slice
from mcugen.ir.ops.state import AssignVariable, ReadVariable
from tests.harness import check
from tests.kernels import movement


def delay_line(initial: bool) -> Graph:
    """A streaming model's heart: the oldest row leaves the window, the newest enters."""
    tensor = movement.tensor
    tensors = (
        tensor("newest", (1, 2, 3), DType.INT8),
        tensor("window", (1, 6, 3), DType.INT8),
        movement.integers("begin", [0, 2, 0]),
        movement.integers("size", [1, 4, 3]),
        tensor("kept", (1, 4, 3), DType.INT8),
        tensor("next", (1, 6, 3), DType.INT8),
    )
    start = np.arange(18, dtype=np.int8).reshape(1, 6, 3) - 9 if initial else None
    quantization = movement.QUANTIZATION
    return Graph(
        name="delay",
        tensors=tensors,
        operators=(
            Operator(ReadVariable(0), (), (1,)),
            Operator(Slice((0, 2, 0), (1, 4, 3)), (1, 2, 3), (4,)),
            Operator(Concatenation(1), (4, 0), (5,)),
            Operator(AssignVariable(0), (5,), ()),
        ),
        inputs=(0,),
        outputs=(5,),
        variables=(Variable("history", (1, 6, 3), DType.INT8, quantization, start),),
    )


def test_delay_line() -> None:
    check([delay_line(initial=False), delay_line(initial=True)], runs=5)
