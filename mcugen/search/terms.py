"""Sums of products of expectations: the form that every cost of a relaxed network has.

A *feature* is the expectation of a function of one width. A *factor* is a probability. A *term* is
a number times the product of some of them, and belongs to a bin; a bin's value is the sum of its
terms. All is collected once and computed with a handful of operations on arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.search.walk import Floats, Vector, widened

Function = Callable[[npt.NDArray[np.int64]], npt.NDArray[Any]]
"""Of numbers of channels, element by element; of no channels it counts as 0."""

ONE = 0
"""The feature that is 1."""


@dataclass(frozen=True)
class Width:
    """How wide a tensor is: `times` the channels of a survival vector, known by its key."""

    key: Hashable
    channels: int
    times: int = 1


@dataclass
class Terms:
    """Features, factors, terms and bins so far, each known by its number.

    `factors` are numbers too, behind those of the features when values are computed: they are
    given out as negative numbers until then.
    """

    keys: dict[Hashable, int] = field(default_factory=dict)
    features: dict[tuple[int, bytes], int] = field(default_factory=dict)
    factors: dict[Hashable, int] = field(default_factory=dict)
    entries: list[tuple[int, float, tuple[int, ...]]] = field(default_factory=list)
    bins: int = 0
    _tables: list[Floats] = field(default_factory=list)
    _rows: list[int] = field(default_factory=list)

    def bin(self) -> int:
        """A new bin."""
        self.bins += 1
        return self.bins - 1

    def feature(self, width: Width, function: Function) -> int:
        """The expectation of a function of a width."""
        row = self.keys.setdefault(width.key, len(self.keys))
        values = np.asarray(function(width.times * np.arange(1, width.channels + 1)), np.float64)
        table = np.diff(values, prepend=0.0)
        known = (row, table.tobytes())
        if known not in self.features:
            self.features[known] = len(self.features) + 1
            self._tables.append(table)
            self._rows.append(row)
        return self.features[known]

    def factor(self, key: Hashable) -> int:
        """A probability, by the key under which its value will be given."""
        return -1 - self.factors.setdefault(key, len(self.factors))

    def add(self, place: int, number: float, *parts: int) -> None:
        """A term in a bin: a number times features and factors."""
        if number:
            self.entries.append((place, number, tuple(part for part in parts if part != ONE)))

    def compiled(self) -> CompiledTerms:
        """The form that computes."""
        columns = max((len(table) for table in self._tables), default=1)
        tables = np.zeros((len(self._tables), columns))
        for row, table in zip(tables, self._tables, strict=True):
            row[: len(table)] = table
        # Terms of the same parts are one; bins take shares of it.
        products = {parts: i for i, parts in enumerate(dict.fromkeys(e[2] for e in self.entries))}
        longest = max(map(len, products), default=0)
        parts = np.full((len(products), max(longest, 1)), ONE)
        behind = len(self._tables)
        for row, product in zip(parts, products, strict=True):
            row[: len(product)] = [p if p > 0 else behind - p for p in product]
        shares = np.zeros((len(products), self.bins))
        for place, number, product in self.entries:
            shares[products[product], place] += number
        return CompiledTerms(
            tuple(self.keys), tuple(self.factors), tables, np.array(self._rows, int), parts, shares
        )


@dataclass(frozen=True, eq=False)
class CompiledTerms:
    """Terms as arrays.

    `keys` and `factors` say in which order `values` takes survival vectors and probabilities.
    `tables` [features, channels] are differences of functions, each for the vector that `rows`
    names; `parts` [products, parts] number features, from 1, and then factors; `shares`
    [products, bins] are the terms' numbers.
    """

    keys: tuple[Hashable, ...]
    factors: tuple[Hashable, ...]
    tables: Floats
    rows: npt.NDArray[np.int64]
    parts: npt.NDArray[np.int64]
    shares: Floats

    def values(self, vectors: Sequence[Vector], factors: Vector, ops: Any = np) -> Vector:
        """Every bin's value [bins], for survival vectors in the order of `keys`.

        `factors` is None if there are none.
        """
        kind = np.float64 if ops is np else np.float32
        channels = self.tables.shape[1]
        widths = ops.stack([widened(vector, channels, ops) for vector in vectors])
        features = ops.sum(ops.take(widths, self.rows, axis=0) * self.tables.astype(kind), axis=1)
        return self._bins(features, factors, ops, kind)

    def certain_values(self, vectors: Sequence[Vector], factors: Vector) -> Vector:
        """The same for vectors of NumPy that are ones, then zeros: much faster."""
        counts = np.array([round(float(vector.sum())) for vector in vectors])
        features = self._totals[np.arange(len(self.rows)), counts[self.rows]]
        return self._bins(features, factors, np, np.float64)

    @cached_property
    def _totals(self) -> Floats:
        """The functions themselves, [features, channels from 0]."""
        return np.pad(np.cumsum(self.tables, axis=1), ((0, 0), (1, 0)))

    def _bins(self, features: Vector, factors: Vector, ops: Any, kind: Any) -> Vector:
        known = [np.ones(1, kind), features] + ([factors] if self.factors else [])
        parts = ops.take(ops.concatenate(known), self.parts, axis=0)
        return ops.matmul(ops.prod(parts, axis=1), self.shares.astype(kind))
