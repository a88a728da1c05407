"""Pillow, which the base package does without; and image files that may be anything."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected, McugenError
from mcugen.tasks.base import Shape

Pixels = npt.NDArray[np.uint8]

MOST_PIXELS = 50_000_000
"""An image that claims more is not decoded: a small file can claim very many."""


class BadImage(InputRejected):
    """An image file that cannot be used; the message says why, without the file's name."""


def pillow() -> Any:
    """The package PIL; raises McugenError if it is not installed."""
    try:
        import PIL.Image
        import PIL.ImageDraw
        import PIL.ImageFilter
    except ImportError:
        raise McugenError(
            "the task vww needs Pillow, which is not installed", "pip install 'mcugen[data]'"
        ) from None
    return PIL


def read_image(path: Path, shape: Shape) -> Pixels:
    """The JPEG or PNG file as [rows, columns, channels] of `shape`.

    It is squeezed into the square, as in the data set's own scripts, by bilinear interpolation
    over as many pixels as become one. Raises BadImage.
    """
    try:
        content = path.open("rb")
    except OSError as error:
        raise BadImage(f"not readable: {error.strerror or error}") from None
    image_module = pillow().Image
    with content, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with image_module.open(content, formats=("JPEG", "PNG")) as image:
                _check_size(image.size)
                # A JPEG file can be decoded at an eighth, a quarter or half of its size.
                image.draft(None, (2 * shape[1], 2 * shape[0]))
                return squared(image.convert("RGB"), shape)
        except (BadImage, McugenError):
            raise
        except image_module.DecompressionBombError:
            raise BadImage(_too_large()) from None
        except Exception:  # decoders of damaged files raise nearly anything
            raise BadImage("no JPEG or PNG image that can be decoded") from None


def squared(image: Any, shape: Shape) -> Pixels:
    """Pillow's `image` as [rows, columns, channels] of `shape`, gray where there is one channel."""
    rows, columns, channels = shape
    bilinear = pillow().Image.Resampling.BILINEAR
    converted = image.convert("L" if channels == 1 else "RGB")
    pixels = np.asarray(converted.resize((columns, rows), bilinear), np.uint8)
    return pixels.reshape(shape)


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise BadImage(_too_large())


def _too_large() -> str:
    return f"more than {MOST_PIXELS // 1_000_000} million pixels"
