"""Synthetic slide rails: recordings of machines that are alike, and of their faults.

A rail moves to and fro. Its motor hums with the stroke's speed, the carriage hisses, the ends knock
at resonances of the frame. Machines differ by a few per cent in all of that, and in how worn their
parts are, as units of one model do: with ids that any ear can tell apart, a network that learns ids
learns nothing about faults.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 16_000
SECONDS = 4
MACHINES = 8
FAULTS = ("worn bearing", "loose end", "bent rail", "dry carriage", "failing motor")
MOST_WEAR = 0.6

Audio = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Machine:
    """What one unit sounds like. Frequencies in Hz; `harmonics` and `hiss` are amplitudes.

    `wear` is how far each of FAULTS has come without being one, 0 … 1.
    """

    stroke: float
    motor: float
    harmonics: Values
    resonances: Values
    decays: Values
    hiss: float
    hiss_centre: float
    wear: tuple[float, ...]

    @classmethod
    def unit(cls, number: int, seed: int) -> Machine:
        """The `number`-th unit of the model that `seed` draws."""
        model = np.random.default_rng([seed, 0])
        unit = np.random.default_rng([seed, 1, number])

        def about(value: float | Values, spread: float) -> Values:
            return np.asarray(value) * np.exp(unit.normal(0, spread, np.shape(value)))

        return cls(
            stroke=float(about(model.uniform(0.9, 1.3), 0.005)),
            motor=float(about(model.uniform(90, 130), 0.005)),
            harmonics=about(model.uniform(0.3, 1.0, 8) / np.arange(1, 9), 0.03),
            resonances=about(np.sort(model.uniform(400, 4_000, 4)), 0.003),
            decays=about(model.uniform(0.01, 0.03, 4), 0.03),
            hiss=float(about(0.25, 0.03)),
            hiss_centre=float(about(2_500, 0.01)),
            wear=tuple(unit.uniform(0, MOST_WEAR, len(FAULTS)).tolist()),
        )


def record(machine: Machine, rng: np.random.Generator, fault: str | None = None) -> Audio:
    """`SECONDS` of the machine, [samples] in -1 … 1, in a factory's noise; with one of FAULTS."""
    severity = rng.uniform(0.7, 1.5)
    worn = {
        name: wear * np.exp(rng.normal(0, 0.15)) + (severity if fault == name else 0.0)
        for name, wear in zip(FAULTS, machine.wear, strict=True)
    }
    time = np.arange(SECONDS * RATE) / RATE
    stroke = machine.stroke * np.exp(rng.normal(0, 0.02)) * (1 - 0.12 * worn["failing motor"])
    phase = 2 * np.pi * (stroke * time + rng.uniform())
    speed = np.abs(np.sin(phase))
    sound = _motor(machine, speed, worn, rng)
    sound += _hiss(machine, speed, phase, worn, rng)
    sound += _knocks(machine, phase, worn, rng)
    sound += 0.12 * _coloured(len(time), 300.0, rng)
    sound *= rng.uniform(0.8, 1.25) * 0.12
    return np.clip(sound, -1, 1).astype(np.float32)


def _motor(
    machine: Machine, speed: Values, worn: dict[str, float], rng: np.random.Generator
) -> Values:
    """Harmonics of a frequency that follows the speed."""
    flutter = 1 + 0.25 * worn["failing motor"] * np.sin(
        2 * np.pi * 11 * np.arange(len(speed)) / RATE
    )
    angle = 2 * np.pi * np.cumsum(machine.motor * (0.4 + 0.6 * speed) * flutter) / RATE
    angle += rng.uniform(0, 2 * np.pi)
    orders = np.arange(1, len(machine.harmonics) + 1)
    amplitudes = machine.harmonics * (1 + 1.5 * worn["failing motor"] * (orders % 2 == 0))
    tones = amplitudes[:, None] * np.sin(orders[:, None] * angle)
    result: Values = 0.5 * speed * tones.sum(axis=0)
    return result


def _hiss(
    machine: Machine,
    speed: Values,
    phase: Values,
    worn: dict[str, float],
    rng: np.random.Generator,
) -> Values:
    """The carriage on its rail: louder where the rail is bent, sharper where grease is missing."""
    place = np.cos(phase)
    bend = 1 + 3.0 * worn["bent rail"] * np.exp(-(((place - 0.3) / 0.15) ** 2))
    noise = _coloured(len(speed), machine.hiss_centre * (1 + 0.6 * worn["dry carriage"]), rng)
    squeal = np.sin(2 * np.pi * np.cumsum(3_300 + 400 * speed) / RATE) * worn["dry carriage"]
    return machine.hiss * speed * (bend * noise * (1 + worn["dry carriage"]) + 0.8 * squeal)


def _knocks(
    machine: Machine, phase: Values, worn: dict[str, float], rng: np.random.Generator
) -> Values:
    """Impacts at both ends, a second one where an end is loose, and the rattle of a bearing."""
    impulses = np.zeros(len(phase))
    ends = np.flatnonzero(np.diff(np.floor(phase / np.pi)))
    impulses[ends] = rng.uniform(0.8, 1.2, len(ends))
    if worn["loose end"]:
        late = ends[::2] + int(0.035 * RATE)
        late = late[late < len(phase)]
        impulses[late] += 0.9 * worn["loose end"]
    if worn["worn bearing"]:
        rattle = np.arange(rng.integers(0, 400), len(phase), int(RATE / (machine.motor * 0.37)))
        impulses[rattle] += 0.25 * worn["worn bearing"] * rng.uniform(0.5, 1.5, len(rattle))
    length = int(0.15 * RATE)
    time = np.arange(length) / RATE
    ringing = np.exp(-time / machine.decays[:, None]) * np.sin(
        2 * np.pi * machine.resonances[:, None] * time
    )
    return _convolved(impulses, np.sum(ringing, axis=0) * 2.0)


def _coloured(samples: int, centre: float, rng: np.random.Generator) -> Values:
    """Noise of unit power around `centre` Hz, two octaves wide."""
    spectrum = np.fft.rfft(rng.normal(size=samples))
    hertz = np.maximum(np.fft.rfftfreq(samples, 1 / RATE), 1.0)
    noise = np.fft.irfft(spectrum * np.exp(-(np.log2(hertz / centre) ** 2)), samples)
    result: Values = noise / np.std(noise)
    return result


def _convolved(a: Values, b: Values) -> Values:
    """The convolution of `a` with a shorter `b`, as long as `a`."""
    size = len(a) + len(b)
    result: Values = np.fft.irfft(np.fft.rfft(a, size) * np.fft.rfft(b, size), size)[: len(a)]
    return result
