"""Inputs from files and from seeds."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcugen.errors import InputRejected
from mcugen.ir.graph import DType, Graph, Quantization, Tensor
from mcugen.samples import Sample, from_files, seeded

Q = Quantization((0.5,), (-3,))


def graph(*tensors: Tensor) -> Graph:
    return Graph("g", tensors, (), tuple(range(len(tensors))), ())


def image(dtype: DType = DType.INT8, quantization: Quantization | None = Q) -> Graph:
    return graph(Tensor("image", (1, 2, 3, 1), dtype, quantization))


def saved(path: Path, array: Any) -> Path:
    np.save(path, array, allow_pickle=False)
    return path


def codes(samples: list[Sample]) -> list[list[Any]]:
    """Flat values of the only input."""
    return [sample[0].reshape(-1).tolist() for sample in samples]


SIX = np.arange(6, dtype=np.int8)


@pytest.mark.parametrize(
    "shape", [(6,), (1, 2, 3, 1), (2, 3), (2, 3, 1), (1, 2, 3), (1, 6), (6, 1), (1, 1, 2, 3)]
)
def test_one_sample_in_any_fitting_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    samples = from_files(image(), [saved(tmp_path / "x.npy", SIX.reshape(shape))])
    assert codes(samples) == [[0, 1, 2, 3, 4, 5]]
    assert samples[0][0].shape == (1, 2, 3, 1) and samples[0][0].dtype == np.int8


@pytest.mark.parametrize("shape", [(12,), (2, 1, 2, 3, 1), (2, 2, 3), (2, 6)])
def test_a_batch_along_the_first_axis(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = np.arange(12, dtype=np.int8).reshape(shape)
    samples = from_files(image(), [saved(tmp_path / "x.npy", array)])
    assert codes(samples) == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]


@pytest.mark.parametrize(
    "shape", [(0,), (), (5,), (7,), (3, 2), (2, 3, 2), (6, 2), (1, 3, 2, 1), (0, 2, 3), (4, 3)]
)
def test_other_shapes_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = saved(tmp_path / "x.npy", np.zeros(shape, np.int8))
    with pytest.raises(InputRejected, match=r"x\.npy has shape .*; the input has \[1, 2, 3, 1\]"):
        from_files(image(), [path])


def test_raw_file(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(range(250, 256)) + bytes(6))
    assert codes(from_files(image(), [path])) == [[-6, -5, -4, -3, -2, -1], [0] * 6]
    path.write_bytes(b"")
    with pytest.raises(InputRejected):
        from_files(image(), [path])
    path.write_bytes(b"\0" * 7)
    with pytest.raises(InputRejected, match="cannot read"):  # no whole number of words
        from_files(image(DType.INT32), [path])


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", ">f4"])
def test_floats_are_quantized(tmp_path: Path, kind: str) -> None:
    array = np.array([0, 0.25, -0.25, 1, 1000, -1000], kind)
    samples = from_files(image(), [saved(tmp_path / "x.npy", array)])
    assert codes(samples) == [[-3, -2, -4, -1, 127, -128]]


@pytest.mark.parametrize("value", [1e300, -1e300, 1e-300])
def test_floats_beyond_single_precision(tmp_path: Path, value: float) -> None:
    samples = from_files(image(), [saved(tmp_path / "x.npy", np.full(6, value))])
    assert codes(samples) == [[127 if value > 1 else -128 if value < -1 else -3] * 6]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers(tmp_path: Path, value: float) -> None:
    with pytest.raises(InputRejected, match="not finite"):
        from_files(image(), [saved(tmp_path / "x.npy", np.full(6, value))])


@pytest.mark.parametrize("quantization", [None, Quantization((0.5, 0.25), (0, 0))])
def test_floats_without_a_scale(tmp_path: Path, quantization: Quantization | None) -> None:
    with pytest.raises(InputRejected, match="has no scale"):
        from_files(image(DType.INT8, quantization), [saved(tmp_path / "x.npy", np.zeros(6))])


@pytest.mark.parametrize("kind", ["float64", "float32", "float16", "int64", "uint8", "bool"])
def test_float_input_takes_numbers(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path / "x.npy", np.ones(6, kind))
    ((array,),) = from_files(image(DType.FLOAT32, None), [path])
    assert array.dtype == np.float32 and array.reshape(-1).tolist() == [1.0] * 6


@pytest.mark.parametrize(
    ("dtype", "good", "bad"),
    [
        (DType.INT8, (-128, 127), 128),
        (DType.INT8, (-128, 127), -129),
        (DType.UINT8, (0, 255), 256),
        (DType.UINT8, (0, 255), -1),
        (DType.BOOL, (0, 1), 2),
        (DType.INT32, (-(1 << 31), (1 << 31) - 1), 1 << 31),
    ],
)
def test_integers_must_be_codes(
    tmp_path: Path, dtype: DType, good: tuple[int, int], bad: int
) -> None:
    array = np.array([*good, 0, 0, 0, 0], np.int64)
    ((found,),) = from_files(image(dtype), [saved(tmp_path / "x.npy", array)])
    assert found.dtype == dtype.numpy and found.reshape(-1)[:2].astype(int).tolist() == [*good]
    array[5] = bad
    with pytest.raises(InputRejected, match="codes lie in"):
        from_files(image(dtype), [saved(tmp_path / "x.npy", array)])


@pytest.mark.parametrize("kind", ["complex64", "datetime64[s]", "timedelta64[s]", "S3", "U2", "V4"])
def test_what_is_no_number_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputRejected, match="the input is int8"):
        from_files(image(), [saved(tmp_path / "x.npy", np.zeros(6, kind))])


HEADER = b"\x93NUMPY\x01\x00"


def npy(header: bytes) -> bytes:
    return HEADER + len(header).to_bytes(2, "little") + header


def pickled() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([{}], object), allow_pickle=True)
    return stream.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr(name, content)
    return stream.getvalue()


def saved_bytes(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("suffix", [".npy", ".NPY", ".npz", ".NPZ"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        HEADER,
        npy(b"{'descr': '|i1', 'fortran_order': False, 'shape': (6,)}\n"),
        npy(b"{'descr': '|i1', 'fortran_order': False, 'shape': (99999999999999,)}\n"),
        npy(b"{'descr': '|i1', 'fortran_order': False, 'shape': (-6,)}\n"),
        npy(b"{'descr': 'nonsense', 'fortran_order': False, 'shape': (6,)}\n"),
        npy(b"__import__('os').system('true')\n"),
        npy(b"((((((\n"),
        pickle.dumps({}),
        pickled(),
        zipped("x.npy", pickled()),
        zipped("x.npy", HEADER),
        zipped("x", b"no array"),
        zipped("x.npy", saved_bytes(SIX))[:-30],
        zipped("x.npy", saved_bytes(SIX)).replace(b"{'descr'", b"{'Descr'"),
    ],
    ids=range(16),
)
def test_damaged_files(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputRejected, match=r"x\.(npy|npz)|x\.(NPY|NPZ)"):
        from_files(image(), [path])


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.bin", "folder.npy"])
def test_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(InputRejected, match=r"cannot read [^:]+: [A-Z][a-z ]+$"):
        from_files(image(), [tmp_path / name])


TWO = graph(Tensor("a", (2,), DType.INT8, Q), Tensor("b", (1,), DType.UINT8, Q))


def test_several_files(tmp_path: Path) -> None:
    a = saved(tmp_path / "a.npy", np.array([[1, 2], [3, 4]], np.int8))
    b = saved(tmp_path / "b.npy", np.array([5, 6], np.uint8))
    found = [[x.tolist() for x in sample] for sample in from_files(TWO, [a, b])]
    assert found == [[[1, 2], [5]], [[3, 4], [6]]]
    for paths in ([a], [a, b, b], []):
        with pytest.raises(InputRejected, match="the model has 2 inputs"):
            from_files(TWO, paths)
    with pytest.raises(InputRejected, match="different numbers of samples"):
        from_files(TWO, [a, saved(tmp_path / "c.npy", np.zeros(3, np.uint8))])
    np.savez(tmp_path / "b.npz", b=np.array([5, 6], np.uint8))
    with pytest.raises(InputRejected, match="one of several"):
        from_files(TWO, [a, tmp_path / "b.npz"])


@pytest.mark.parametrize("names", [("a", "b"), ("input_0", "input_1"), ("a", "input_1")])
def test_npz_of_several_inputs(tmp_path: Path, names: tuple[str, str]) -> None:
    path = tmp_path / "x.npz"
    arrays: dict[str, Any] = {names[0]: np.zeros((3, 2), np.int8), names[1]: np.ones(3, np.uint8)}
    np.savez(path, **arrays, labels=np.zeros(3))
    assert len(from_files(TWO, [path])) == 3


def test_npz_without_an_input(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, a=np.zeros((3, 2), np.int8), c=np.ones(3))
    with pytest.raises(InputRejected, match=r"no array for input 1 .*\['a', 'c'\]"):
        from_files(TWO, [path])


@pytest.mark.parametrize("names", [("image",), ("input_0",), ("inputs", "labels"), ("anything",)])
def test_npz_of_one_input(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, **dict.fromkeys(names, SIX))  # type: ignore[arg-type]
    assert codes(from_files(image(), [path])) == [[0, 1, 2, 3, 4, 5]]


ALL = graph(*(Tensor(k.value, (4, 50), k) for k in DType if k.bits >= 8))


def test_seeded() -> None:
    first, again, other = seeded(ALL, 3, 7), seeded(ALL, 3, 7), seeded(ALL, 3, 8)
    for sample, same, different in zip(first, again, other, strict=True):
        for i, tensor in enumerate(ALL.tensors):
            assert sample[i].shape == tensor.shape and sample[i].dtype == tensor.dtype.numpy
            np.testing.assert_array_equal(sample[i], same[i])
            assert not np.array_equal(sample[i], different[i])
    assert not np.array_equal(first[0][0], first[1][0])
    codes8 = np.concatenate([s[0] for s in seeded(ALL, 50, 0)])
    assert (codes8.min(), codes8.max()) == (-128, 127)
    assert seeded(ALL, 0, 0) == []
