"""Checks a graph against what its operators declare to support."""

from __future__ import annotations

from mcugen.errors import InputRejected
from mcugen.ir.graph import Graph, Operands
from mcugen.ir.ops.base import Constraint
from mcugen.text import printable

OPERATORS_HINT = "docs/OPS.md lists what every operator supports"

HINTS = {
    "batch_one": "convert the model with a batch of 1: tf.keras.Input(shape=..., batch_size=1)",
    "arg_max_types": "ask for int32 positions: tf.argmax(..., output_type=tf.int32)",
    "joinable": "join the tensors in groups, and then the groups",
    "rank_at_most_four": "use tf.slice or tf.split, or slice before the tensor gets this rank",
    "bounded_depth": "end the model before the SOFTMAX: the largest input is the likeliest class",
    "unscaled_relu6": "apply relu6 right after a convolution, dense layer, ADD or MUL: "
    "it becomes a part of that operator",
}
"""What to do where a constraint fails, by its name."""


def check_supported(graph: Graph) -> None:
    """Raises InputRejected for the first operator that breaks one of its constraints."""
    for index, x in enumerate(graph):
        for constraint in x.operator.attributes.constraints:
            found = constraint(x)
            if found is not None:
                raise _rejection(x, index, constraint, found)


def _rejection(x: Operands, index: int, constraint: Constraint, found: str) -> InputRejected:
    number = x.operator.source_index if x.operator.source_index >= 0 else index
    output = next((t for t in x.outputs if t is not None), None)
    name = f", output '{printable(output.name)}'" if output is not None else ""
    sentence = " ".join((constraint.__doc__ or "").split())
    return InputRejected(
        f"operator {number} ({x.operator.name}{name}) is not supported: {sentence} "
        f"Found: {printable(found, 200)}.",
        HINTS.get(constraint.__name__, OPERATORS_HINT),
    )
