"""Inputs for a model: from files or from a seed."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph, Tensor

Sample = list["npt.NDArray[Any]"]
"""One inference: an array for each graph input, in its shape and numpy type."""

LABEL_NAMES = ("labels", "label", "y")
"""Under which an .npz file holds classes."""

# What numpy raises on a file that is damaged, pickled, compressed in odd ways or absurdly large.
UNREADABLE = (
    *(OSError, ValueError, EOFError, SyntaxError, RuntimeError, MemoryError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)


def seeded(graph: Graph, count: int, seed: int) -> list[Sample]:
    """`count` random samples over each input's whole range; the same seed gives the same ones."""
    rng = np.random.default_rng(seed)
    return [[_random(graph.tensors[t], rng) for t in graph.inputs] for _ in range(count)]


def from_files(graph: Graph, paths: Sequence[Path]) -> list[Sample]:
    """Samples from .npy, .npz or raw files.

    Each graph input gets one file, in order; a single .npz may hold them all, by name, by
    `input_0`, `input_1` … or, for a model with one input, as `inputs`, `x` or the only array. An
    array is one sample, or a batch of them along its first axis: dimensions of 1 may be left out or
    added, and a sample may be flat. Codes are taken as they are; float arrays are quantized with
    the input's scale. Raises InputRejected naming the file.
    """
    tensors = [graph.tensors[t] for t in graph.inputs]
    if len(paths) == 1 and paths[0].suffix.lower() == ".npz":
        columns = _from_npz(paths[0], tensors)
    elif len(paths) == len(tensors):
        columns = [_column(_read(p, t), t, str(p)) for p, t in zip(paths, tensors, strict=True)]
    else:
        raise InputRejected(
            f"the model has {len(tensors)} inputs, but {len(paths)} input files were given",
            "give one file an input, in the model's order, or one .npz with all of them",
        )
    counts = {len(column) for column in columns}
    if len(counts) != 1:
        raise InputRejected(f"the input files hold different numbers of samples: {sorted(counts)}")
    return [list(sample) for sample in zip(*columns, strict=True)]


def labels_from(paths: Sequence[Path]) -> npt.NDArray[np.int64] | None:
    """The class of every sample, [samples], None if there are no labels.

    They lie beside the inputs in a single .npz, as `labels`, `label` or `y`. Raises InputRejected.
    """
    if len(paths) != 1 or paths[0].suffix.lower() != ".npz":
        return None
    arrays = _arrays(paths[0])
    name = next((n for n in LABEL_NAMES if n in arrays), None)
    if name is None:
        return None
    labels = arrays[name]
    if labels.dtype.kind not in "iu" or labels.size != max(labels.shape, default=1):
        raise InputRejected(
            f"{paths[0]}[{name}] is {labels.dtype} of shape {list(labels.shape)}",
            "labels are the integer classes of the samples, one each",
        )
    return labels.reshape(-1).astype(np.int64)


def _random(tensor: Tensor, rng: np.random.Generator) -> npt.NDArray[Any]:
    if tensor.dtype is DType.FLOAT32:
        return rng.standard_normal(tensor.shape).astype(np.float32)
    if tensor.dtype is DType.BOOL:
        return rng.integers(0, 2, tensor.shape).astype(np.bool_)
    info = np.iinfo(tensor.dtype.numpy)
    return rng.integers(info.min, info.max, tensor.shape, tensor.dtype.numpy, endpoint=True)


def _read(path: Path, tensor: Tensor) -> npt.NDArray[Any]:
    if path.suffix.lower() == ".npz":
        raise InputRejected(
            f"{path} is one of several input files", "one .npz holds the arrays of all inputs"
        )
    try:
        if path.suffix.lower() != ".npy":
            return np.frombuffer(path.read_bytes(), tensor.dtype.numpy)
        with path.open("rb") as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)
    except UNREADABLE as error:
        raise InputRejected(f"cannot read {path}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Why a file cannot be read, without its name."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """What an .npz file holds, by name."""
    try:
        with path.open("rb") as stream:
            file = np.load(stream, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("it is no .npz file")
            # A member that is no array comes back as bytes.
            return {name: a for name, a in file.items() if isinstance(a, np.ndarray)}
    except UNREADABLE as error:
        raise InputRejected(f"cannot read {path}: {_reason(error)}") from None


def _from_npz(path: Path, tensors: list[Tensor]) -> list[list[npt.NDArray[Any]]]:
    arrays = _arrays(path)
    columns = []
    for i, tensor in enumerate(tensors):
        names = [
            tensor.name,
            f"input_{i}",
            *(["inputs", "input", "x"] if len(tensors) == 1 else []),
        ]
        found = next((n for n in names if n in arrays), None)
        if found is None and len(arrays) == len(tensors) == 1:
            found = next(iter(arrays))
        if found is None:
            raise InputRejected(
                f"{path} has no array for input {i} ('input_{i}'); it holds {sorted(arrays)}"
            )
        columns.append(_column(arrays[found], tensor, f"{path}[{found}]"))
    return columns


def _column(data: npt.NDArray[Any], tensor: Tensor, where: str) -> list[npt.NDArray[Any]]:
    """The samples in one array."""
    if not _holds_samples(data.shape, tensor):
        raise InputRejected(
            f"{where} has shape {list(data.shape)}; the input has {list(tensor.shape)}",
            f"give {tensor.elements} values a sample, several samples along the first axis",
        )
    if tensor.dtype is DType.FLOAT32 and data.dtype.kind in "fiub":
        with np.errstate(over="ignore"):
            codes = data.astype(np.float32)
    elif data.dtype.kind == "f":
        codes = quantized(data, tensor, where)
    elif data.dtype.kind in "iub":
        codes = _in_range(data, tensor, where)
    else:
        raise InputRejected(f"{where} is {data.dtype}, the input is {tensor.dtype.value}")
    return list(codes.reshape(-1, *tensor.shape))


def _holds_samples(shape: tuple[int, ...], tensor: Tensor) -> bool:
    """Whether an array of `shape` is one sample or a batch, in the tensor's shape or flat."""

    def is_one(part: tuple[int, ...]) -> bool:
        found = [n for n in part if n != 1]
        return found in ([n for n in tensor.shape if n != 1], [tensor.elements])

    if 0 in (*shape, *tensor.shape):
        return False
    if len(shape) == 1:  # raw files are flat, batches too
        return shape[0] % tensor.elements == 0
    return is_one(shape) or is_one(shape[1:])


def _in_range(data: npt.NDArray[Any], tensor: Tensor, where: str) -> npt.NDArray[Any]:
    """Integers as codes of the tensor's type."""
    low, high = 0, 1
    if tensor.dtype is not DType.BOOL:
        info = np.iinfo(tensor.dtype.numpy)
        low, high = int(info.min), int(info.max)
    if int(data.min()) < low or int(data.max()) > high:
        raise InputRejected(
            f"{where} holds {data.min()} … {data.max()}; {tensor.dtype.value} codes lie in "
            f"{low} … {high}",
            "give codes of the input's type, or real values as a float array",
        )
    return data.astype(tensor.dtype.numpy)


def quantized(data: npt.NDArray[Any], tensor: Tensor, where: str) -> npt.NDArray[Any]:
    """Real values as codes, in single precision: what QUANTIZE computes."""
    q = tensor.quantization
    if q is None or q.is_per_channel:
        raise InputRejected(
            f"{where} holds {data.dtype} values, but '{tensor.name}' has no scale",
            f"give {tensor.dtype.value} values",
        )
    if not np.isfinite(data).all():
        raise InputRejected(f"{where} holds values that are not finite")
    info = np.iinfo(tensor.dtype.numpy)
    with np.errstate(over="ignore"):
        scaled = (data.astype(np.float32) / np.float32(q.scale)).astype(np.float64)
    # Clipped far outside of every type, and in double precision: the rest is exact.
    scaled = np.clip(scaled, -(2.0**40), 2.0**40)
    nearest = np.trunc(scaled + np.copysign(0.5, scaled)) + q.zero_point
    codes: npt.NDArray[Any] = np.clip(nearest, info.min, info.max).astype(tensor.dtype.numpy)
    return codes
