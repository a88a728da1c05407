"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR, with TFLite's arithmetic of sampling positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np

from mcugen.ir.fixed_point import round_half_away
from mcugen.ir.ops.base import register
from mcugen.ir.ops.movement import MOVEMENT_CONSTRAINTS, Movement, constant_integers

if TYPE_CHECKING:
    from mcugen.ir.graph import Operands, Tensor

MAX_SIDE = 32767
FRACTION_BITS = 10


def resized_shape(x: Operands) -> str | None:
    """Size is a constant [height, width] and is the output's; batch and channels do not change."""
    source, target, size = x.input().shape, x.output().shape, x.attributes.size
    if len(source) != 4 or len(target) != 4 or len(size) != 2:
        return f"{list(source)} to {list(target)}"
    if target[1:3] != size or target[0] != source[0] or target[3] != source[3]:
        return f"{list(source)} to {list(target)}, size {list(size)}"
    return None


def image_sides(x: Operands) -> str | None:
    """Height and width are at most 32767."""
    sides = (*x.input().shape[1:3], *x.output().shape[1:3])
    return None if max(sides) <= MAX_SIDE else str(max(sides))


def int8_image(x: Operands) -> str | None:
    """Elements are int8."""
    kind = x.input().dtype.value
    return None if kind == "int8" else kind


def one_alignment(x: Operands) -> str | None:
    """align_corners and half_pixel_centers are not both set."""
    both = x.attributes.align_corners and x.attributes.half_pixel_centers
    return "both are" if both else None


def samples_inside(x: Operands) -> str | None:
    """Positions in TFLite's 10-bit fixed point stay inside the image; huge ratios leave it."""
    for sampling, before, after in zip(
        x.attributes.samplings(x.input()), x.input().shape[1:3], x.output().shape[1:3], strict=True
    ):
        last = sampling.offset + (after - 1) * sampling.scale
        if last >> FRACTION_BITS > before - 1:
            return f"{before} to {after} pixels"
    return None


def nearest_indices(before: int, after: int, align_corners: bool, half_pixel: bool) -> list[int]:
    """The input position of each of `after` output positions along one axis of size `before`.

    Single precision throughout, as TFLite computes it; one pixel is never past the end.
    """
    corners = align_corners and after > 1
    scale = np.float32(before - 1 if corners else before) / np.float32(
        after - 1 if corners else after
    )
    positions = (np.arange(after, dtype=np.float32) + np.float32(0.5 if half_pixel else 0)) * scale
    rounded = [round_half_away(float(p)) if align_corners else int(p) for p in positions]
    return [min(index, before - 1) for index in rounded]


class Sampling(NamedTuple):
    """Input position of output i along one axis: (offset + i * scale) / 2^10."""

    scale: int
    offset: int


def sampling(before: int, after: int, align_corners: bool, half_pixel: bool) -> Sampling:
    """TFLite's integer sampling from `before` to `after` positions."""
    if align_corners and after > 1:
        before, after = before - 1, after - 1
    scale = ((before << FRACTION_BITS) + after // 2) // after
    return Sampling(scale, scale // 2 - (1 << FRACTION_BITS - 1) if half_pixel else 0)


@dataclass(frozen=True)
class Resize(Movement):
    """What both resizing operators share. Inputs: image [n,h,w,c], constant size [2]."""

    max_version: ClassVar[int] = 4
    input_count: ClassVar = range(2, 3)

    size: tuple[int, ...]
    align_corners: bool = False
    half_pixel_centers: bool = False

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        inputs: tuple[Tensor | None, ...],
        outputs: tuple[Tensor | None, ...],
    ) -> Self:
        return cls(
            constant_integers(inputs, 1, "size"),
            bool(options["align_corners"]),
            bool(options["half_pixel_centers"]),
        )

    def to_options(self) -> Mapping[str, Any]:
        return {
            "align_corners": self.align_corners,
            "half_pixel_centers": self.half_pixel_centers,
        }


@register
@dataclass(frozen=True)
class ResizeNearestNeighbor(Resize):
    """Inputs: image [n,h,w,c], constant size [2]. Copies the nearest pixel."""

    op: ClassVar[str] = "RESIZE_NEAREST_NEIGHBOR"
    options_table: ClassVar[str] = "ResizeNearestNeighborOptions"
    constraints: ClassVar = (*MOVEMENT_CONSTRAINTS, resized_shape, image_sides)

    def indices(self, image: Tensor) -> tuple[list[int], list[int]]:
        """The input row of each output row, and column of each output column."""
        rows, columns = (
            nearest_indices(before, after, self.align_corners, self.half_pixel_centers)
            for before, after in zip(image.shape[1:3], self.size, strict=True)
        )
        return rows, columns


@register
@dataclass(frozen=True)
class ResizeBilinear(Resize):
    """Inputs: image [n,h,w,c], constant size [2]. Interpolates between four pixels."""

    op: ClassVar[str] = "RESIZE_BILINEAR"
    options_table: ClassVar[str] = "ResizeBilinearOptions"
    constraints: ClassVar = (
        *MOVEMENT_CONSTRAINTS,
        int8_image,
        resized_shape,
        image_sides,
        one_alignment,
        samples_inside,
    )

    def samplings(self, image: Tensor) -> tuple[Sampling, Sampling]:
        """How rows and columns are sampled."""
        rows, columns = (
            sampling(before, after, self.align_corners, self.half_pixel_centers)
            for before, after in zip(image.shape[1:3], self.size, strict=True)
        )
        return rows, columns
