"""An executable specification of the graph in numpy, byte-exact with TFLM.

One function an operator, in the family files beside this one. Constant folding, the kernels' tests
and the search for a first diverging layer use it; it is written to be read, not to be fast.
"""

from __future__ import annotations

from mcugen.reference import registry
from mcugen.reference.registry import REFERENCES, Values, evaluate, reference

__all__ = ["REFERENCES", "Values", "evaluate", "reference", "registry"]
