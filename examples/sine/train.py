"""Fits a tiny network to sin(x) and writes it as an int8 .tflite file; numpy is all it needs.

    python examples/sine/train.py

Two hidden layers of 16, about 350 parameters. Deterministic: the same file every time.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcugen.ir.graph import DType, Graph, Operator, Quantization, Tensor
from mcugen.ir.ops.fully_connected import FullyConnected
from mcugen.reference import evaluate
from mcugen.tflite.writer import write_model

Array = npt.NDArray[np.float64]
HIDDEN = 16
STEPS = 8000
LEARNING_RATE = 0.01


def forward(weights: list[Array], biases: list[Array], x: Array) -> list[Array]:
    """Activations of every layer, [samples, units]; ReLU on all but the last."""
    values = [x]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        y = values[-1] @ w.T + b
        values.append(y if i == len(weights) - 1 else np.maximum(y, 0.0))
    return values


def train(x: Array, y: Array) -> tuple[list[Array], list[Array]]:
    """Weights and biases fitted by Adam on the mean squared error."""
    rng = np.random.default_rng(7)
    sizes = [1, HIDDEN, HIDDEN, 1]
    weights = [rng.normal(0, np.sqrt(2 / a), (b, a)) for a, b in pairwise(sizes)]
    biases = [np.zeros(b) for b in sizes[1:]]
    # Kinks spread over the range: a ReLU that never switches fits nothing.
    biases[0] = -weights[0][:, 0] * rng.uniform(0, 2 * np.pi, HIDDEN)
    parameters = [*weights, *biases]
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    for step in range(1, STEPS + 1):
        gradients = backward(weights, biases, x, y)
        rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / STEPS))
        for p, g, m, v in zip(parameters, gradients, first, second, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return weights, biases


def backward(weights: list[Array], biases: list[Array], x: Array, y: Array) -> list[Array]:
    """Gradients of the mean squared error, weights first."""
    values = forward(weights, biases, x)
    delta = 2 * (values[-1] - y) / len(x)
    by_weight: list[Array] = []
    by_bias: list[Array] = []
    for i in reversed(range(len(weights))):
        by_weight.insert(0, delta.T @ values[i])
        by_bias.insert(0, delta.sum(0))
        delta = (delta @ weights[i]) * (values[i] > 0)
    return [*by_weight, *by_bias]


def affine(values: Array) -> Quantization:
    """int8 quantization that covers the values and zero."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = float(np.float32((high - low) / 255))
    return Quantization((scale,), (round(-128 - low / scale),))


def symmetric(scales: npt.NDArray[np.float32]) -> Quantization:
    """Per-channel quantization along the first axis."""
    return Quantization(tuple(float(s) for s in scales), (0,) * len(scales))


def quantized(weights: list[Array], biases: list[Array], x: Array) -> Graph:
    """The int8 graph, ranges taken from the activations on `x`."""
    values = forward(weights, biases, x)
    ranges = [affine(v) for v in values]
    tensors = [Tensor("x", (1, 1), DType.INT8, ranges[0])]
    operators = []
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        # One scale a unit: a row of small weights keeps its precision beside a row of large ones.
        scale = (np.abs(w).max(1) / 127).astype(np.float32)
        bias_scale = np.float32(ranges[i].scale) * scale
        codes = np.clip(np.round(w / scale[:, None]), -127, 127).astype(np.int8)
        bias = np.round(b / bias_scale).astype(np.int32)
        source, last = len(tensors) - 1, i == len(weights) - 1
        tensors += [
            Tensor(f"weights{i}", w.shape, DType.INT8, symmetric(scale), codes),
            Tensor(f"bias{i}", b.shape, DType.INT32, symmetric(bias_scale), bias),
            Tensor("sin" if last else f"hidden{i}", (1, len(b)), DType.INT8, ranges[i + 1]),
        ]
        activation = "NONE" if last else "RELU"
        operators.append(
            Operator(
                FullyConnected(activation=activation),
                (source, source + 1, source + 2),
                (source + 3,),
            )
        )
    return Graph("sine", tuple(tensors), tuple(operators), (0,), (len(tensors) - 1,))


def main() -> None:
    x = np.linspace(0, 2 * np.pi, 400)[:, None]
    weights, biases = train(x, np.sin(x))
    graph = quantized(weights, biases, x)
    errors = []
    for value in x[::7, 0]:
        q = graph.tensors[0].q
        code = np.clip(round(value / q.scale) + q.zero_point, -128, 127)
        result = evaluate(graph, [np.full((1, 1), code, np.int8)])[graph.outputs[0]]
        out = graph.tensors[graph.outputs[0]].q
        errors.append(abs((int(result[0, 0]) - out.zero_point) * out.scale - np.sin(value)))
    path = Path(__file__).with_name("sine.tflite")
    path.write_bytes(write_model(graph, "sin(x) for x in [0, 2 pi]"))
    print(f"{path.name}: {path.stat().st_size} bytes, largest error (int8) {max(errors):.3f}")


if __name__ == "__main__":
    main()
