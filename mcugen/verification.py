"""`verify`: every output byte of the firmware against the reference."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from mcugen.execution import ORIGIN, Session, layer_output, run_samples, trace_sample
from mcugen.ir.graph import DType, Tensor
from mcugen.oracle_process import IsolatedOracle
from mcugen.progress import Progress, silent
from mcugen.results import Divergence, VerifyResult
from mcugen.runtimes.aot.narrow import stored_bytes
from mcugen.runtimes.runtime import Layer
from mcugen.samples import Sample


def verify(
    session: Session,
    samples: list[Sample],
    seed: int | None,
    open_trace: Callable[[], Session],
    progress: Progress = silent,
) -> VerifyResult:
    """Runs `samples` on the firmware and on TFLM and compares.

    `open_trace()` gives a session whose firmware traces layers; it is only called when bytes
    differ, to name the first layer that does.
    """
    target = session.target
    found = run_samples(session, samples, progress)
    output_bytes = mismatches = 0
    first: int | None = None
    with IsolatedOracle(target.model.data) as oracle:
        for i, (sample, (_, outputs)) in enumerate(zip(samples, found, strict=True)):
            for expected, array in zip(oracle.run(sample), outputs, strict=True):
                output_bytes += expected.nbytes
                differing = _differing(expected.tobytes(), array.tobytes())
                mismatches += differing
                if differing and first is None:
                    first = i
            progress("comparing", i + 1, len(samples))
    divergence = None
    if first is not None:
        divergence = find_divergence(open_trace(), samples[: first + 1])
    return VerifyResult(
        model=str(target.model.path),
        board=target.board.id,
        reference="TFLM (tflite-micro wheel)",
        inputs=len(samples),
        output_bytes=output_bytes,
        mismatches=mismatches,
        divergence=divergence,
        seed=seed,
        model_sha256=target.model.sha256,
        sources={"mismatches": f"{ORIGIN[target.board.kind]} against reference"},
    )


def find_divergence(session: Session, samples: list[Sample]) -> Divergence | None:
    """The first layer that differs from the reference at the last of `samples`.

    None if every layer that has a counterpart in the file agrees.
    """
    layers = session.target.program.layers
    traces = trace_sample(session, samples)
    with IsolatedOracle(session.target.model.data) as oracle:
        for sample in samples:
            oracle.run(sample)
        for i, (layer, trace) in enumerate(zip(layers, traces, strict=True)):
            x = layer.operands
            if not x.outputs or x.output().source_index < 0 or not x.output().size_bytes:
                continue
            expected = _as_stored(session, x.output(), oracle)
            if zlib.crc32(expected) != trace.crc:
                found = layer_output(session, samples, i)
                return _divergence(len(samples) - 1, i, layer, expected, found)
    return None


def _as_stored(session: Session, tensor: Tensor, oracle: IsolatedOracle) -> bytes:
    """The reference's value of a tensor as the firmware's arena holds it."""
    value = oracle.intermediate(tensor.source_index)
    if tensor.dtype is not DType.INT4:
        return value.tobytes()
    tensors = session.target.model.graph.tensors
    source = next(t for t in tensors if t.source_index == tensor.source_index)
    return stored_bytes(tensor, source.q.zero_point, value)


def _divergence(sample: int, index: int, layer: Layer, expected: bytes, found: bytes) -> Divergence:
    offset = next((k for k, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), 0)
    return Divergence(
        input_index=sample,
        layer=index,
        name=layer.operands.output().name,
        op=layer.operands.operator.name,
        kernel=layer.kernel,
        differing_bytes=_differing(expected, found),
        total_bytes=len(expected),
        first_offset=offset,
        expected=expected[offset],
        found=found[offset],
    )


def _differing(expected: bytes, found: bytes) -> int:
    if len(expected) != len(found):
        return max(len(expected), len(found))
    return int(
        np.count_nonzero(np.frombuffer(expected, np.uint8) != np.frombuffer(found, np.uint8))
    )
