"""Inputs for a model: from files or from a seed."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph, Tensor

Sample = list["npt.NDArray[Any]"]
"""One inference: an array for each graph input, in its shape and numpy type."""


def seeded(graph: Graph, count: int, seed: int) -> list[Sample]:
    """`count` random samples over each input's whole range; the same seed gives the same ones."""
    rng = np.random.default_rng(seed)
    return [[_random(graph.tensors[t], rng) for t in graph.inputs] for _ in range(count)]


def from_files(graph: Graph, paths: Sequence[Path]) -> list[Sample]:
    """Samples from .npy, .npz or raw files.

    Each graph input gets one file, in order; a single .npz may hold them all, by name, by
    `input_0`, `input_1` … or, for a model with one input, as `inputs` or the only array. An array
    is one sample, or a batch of them along its first axis. Codes are taken as they are; float
    arrays are quantized with the input's scale. Raises InputRejected naming the file.
    """
    tensors = [graph.tensors[t] for t in graph.inputs]
    if len(paths) == 1 and paths[0].suffix == ".npz":
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


def _random(tensor: Tensor, rng: np.random.Generator) -> npt.NDArray[Any]:
    if tensor.dtype is DType.FLOAT32:
        return rng.standard_normal(tensor.shape).astype(np.float32)
    if tensor.dtype is DType.BOOL:
        return rng.integers(0, 2, tensor.shape).astype(np.bool_)
    info = np.iinfo(tensor.dtype.numpy)
    return rng.integers(info.min, info.max, tensor.shape, tensor.dtype.numpy, endpoint=True)


def _read(path: Path, tensor: Tensor) -> npt.NDArray[Any]:
    try:
        if path.suffix == ".npy":
            return np.asarray(np.load(path, allow_pickle=False))
        return np.frombuffer(path.read_bytes(), tensor.dtype.numpy)
    except (OSError, ValueError) as error:
        raise InputRejected(f"cannot read {path}: {error}") from None


def _from_npz(path: Path, tensors: list[Tensor]) -> list[list[npt.NDArray[Any]]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputRejected(f"cannot read {path}: {error}") from None
    columns = []
    for i, tensor in enumerate(tensors):
        names = [tensor.name, f"input_{i}", *(["inputs", "input"] if len(tensors) == 1 else [])]
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
    elements = tensor.elements
    if data.size == 0 or data.size % elements:
        raise InputRejected(
            f"{where} holds {data.size} values; an input of shape {list(tensor.shape)} "
            f"takes {elements}, or a multiple of it",
        )
    if np.issubdtype(data.dtype, np.floating) and tensor.dtype is not DType.FLOAT32:
        data = _quantized(data, tensor, where)
    elif data.dtype != tensor.dtype.numpy:
        if not (np.issubdtype(data.dtype, np.integer) or data.dtype == np.bool_):
            raise InputRejected(f"{where} is {data.dtype}, the input is {tensor.dtype.value}")
        info = np.iinfo(tensor.dtype.numpy)
        if data.min() < info.min or data.max() > info.max:
            raise InputRejected(
                f"{where} holds {data.min()} … {data.max()}; {tensor.dtype.value} codes lie in "
                f"{info.min} … {info.max}",
                "give codes of the input's type, or real values as a float array",
            )
    codes = data.astype(tensor.dtype.numpy)
    return list(codes.reshape(-1, *tensor.shape))


def _quantized(data: npt.NDArray[Any], tensor: Tensor, where: str) -> npt.NDArray[Any]:
    if tensor.quantization is None or not np.isfinite(data).all():
        raise InputRejected(f"{where}: cannot quantize these values for '{tensor.name}'")
    q, info = tensor.quantization, np.iinfo(tensor.dtype.numpy)
    scaled = data.astype(np.float32) / np.float32(q.scale) + np.float32(q.zero_point)
    nearest = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))
    return np.clip(nearest, info.min, info.max)
