"""The task: recordings in, windows out, and the area under the ROC curve as its score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcugen.errors import InputRejected
from mcugen.progress import Progress, silent
from mcugen.tasks.ad import machines
from mcugen.tasks.ad.folders import find_recordings
from mcugen.tasks.ad.score import mean_auc
from mcugen.tasks.ad.windows import IMAGE, SHORTEST_SAMPLES, VECTOR, images, vectors
from mcugen.tasks.audio import BadWav, read_wav, wav_bytes
from mcugen.tasks.base import Data, Mixup, Recipe, Shape, Split, Task
from mcugen.tasks.cache import cached
from mcugen.tasks.jobs import run_jobs
from mcugen.tasks.problems import Problems
from mcugen.tasks.resampling import resampled
from mcugen.tasks.synthetic_note import is_synthetic, write_note
from mcugen.text import printable

VERSION = 5
"""Of the synthetic machines and the features: another one makes cached data anew."""

VALIDATION = 0.1
"""Share of the training recordings."""

SYNTHETIC_TRAIN = 120
SYNTHETIC_TEST = 60
"""Recordings of each machine; half of those for testing have a fault."""

RECORDINGS_A_JOB = 50


@dataclass(frozen=True)
class Entry:
    """One recording of the data set: a file, or the seed of a synthetic one."""

    machine: int
    abnormal: bool
    for_test: bool
    path: Path | None
    number: int


@dataclass(frozen=True)
class Job:
    """Recordings whose windows one process makes."""

    entries: tuple[Entry, ...]
    vectors: bool
    seed: int


@dataclass(frozen=True)
class Writing:
    """Synthetic recordings that one process writes into `folder`."""

    folder: Path
    entries: tuple[Entry, ...]
    seed: int


class Ad(Task):
    """Slide rails and the like; the input shape decides between classification and autoencoder."""

    name = "ad"
    metric = "AUC"
    architecture = "micronet_ad_s"
    augmentations = (Mixup(0.3),)
    recipe = Recipe(epochs=30, qat_epochs=8)

    def load(
        self,
        folder: Path | None,
        input_shape: Shape,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Data:
        """Folders of DCASE 2020 task 2, MIMII and ToyADMOS, one machine type; or synthetic ones."""
        if input_shape not in (IMAGE, VECTOR):
            raise InputRejected(
                f"the network takes inputs of {list(input_shape)}; anomaly detection has "
                f"{list(IMAGE)} to tell machines apart, {list(VECTOR)} for an autoencoder",
                f"train {self.architecture} or ad_autoencoder",
            )
        if folder is None:
            units = tuple(f"machine {i}" for i in range(machines.MACHINES))
            entries = _synthetic_entries(SYNTHETIC_TRAIN, SYNTHETIC_TEST)
        else:
            found = find_recordings(folder, seed)
            units = tuple(sorted({f.machine for f in found}))
            entries = [
                Entry(units.index(f.machine), f.abnormal, f.for_test, f.path, i)
                for i, f in enumerate(found)
            ]
        windows, problems = _windows(entries, folder, input_shape == VECTOR, seed, progress)
        usable = [i for i, w in enumerate(windows) if len(w)]
        if folder is not None:
            _check_usable(folder, units, [entries[i] for i in usable], problems)
            if len(units) < 2 and input_shape == IMAGE:
                raise InputRejected(
                    f"{folder} has recordings of one unit, and there is none to tell it from",
                    "train ad_autoencoder, or add the recordings of other units",
                )
        train, validation, test = _split(entries, usable, seed)
        return Data(
            _gathered(train, entries, windows),
            _gathered(validation, entries, windows),
            _gathered(test, entries, windows),
            classes=units,
            description=_description(folder, train, validation, test),
            synthetic=folder is None or is_synthetic(folder),
            target="inputs" if input_shape == VECTOR else "labels",
            problems=problems,
        )

    def score(self, outputs: npt.NDArray[np.float32], split: Split, data: Data) -> float:
        """The AUC of each machine's recordings, averaged over machines.

        Recordings are as suspicious as their windows on average: a window as the network does not
        think it of its own machine (minus the softmax's probability), or by the squared error of an
        autoencoder. Normal recordings alone, as for validation, have no AUC: the score then is the
        accuracy of the machine, or 1 / (1 + squared error).
        """
        if data.target == "inputs":
            errors = np.mean((outputs - split.features) ** 2, axis=1)
            suspicion, alone = errors, 1 / (1 + float(np.mean(errors)))
        else:
            exponentials = np.exp(outputs - outputs.max(axis=1, keepdims=True))
            shares = exponentials / exponentials.sum(axis=1, keepdims=True)
            suspicion = -shares[np.arange(len(split)), split.labels]
            alone = super().score(outputs, split, data)
        assert split.clips is not None and split.anomalous is not None
        if not split.anomalous.any():
            return alone
        clips = len(split.anomalous)
        counts = np.bincount(split.clips, minlength=clips)
        of_clips = np.bincount(split.clips, suspicion, clips) / counts
        machine = np.zeros(clips, np.int64)
        machine[split.clips] = split.labels
        return mean_auc(of_clips, split.anomalous, machine)

    def synthesize(
        self,
        folder: Path,
        *,
        examples: int | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> None:
        """Writes the synthetic machines in DCASE's layout; `examples` are training recordings."""
        train = SYNTHETIC_TRAIN if examples is None else -(-examples // machines.MACHINES)
        entries = _synthetic_entries(train, max(2, train * SYNTHETIC_TEST // SYNTHETIC_TRAIN))
        for split in ("train", "test"):
            (folder / split).mkdir()
        jobs = [Writing(folder, part, seed) for part in _parts(entries)]
        run_jobs(_write, jobs, "recordings", progress, lambda job: len(job.entries))
        write_note(folder, f"Synthesized by mcugen, seed {seed}: no recordings of machines.")


def _synthetic_entries(train: int, test: int) -> list[Entry]:
    return [
        Entry(m, i >= train and (i - train) % 2 == 1, i >= train, None, i)
        for m in range(machines.MACHINES)
        for i in range(train + test)
    ]


def _recorded(entry: Entry, seed: int) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng([seed, 2, entry.machine, entry.number])
    fault = str(rng.choice(machines.FAULTS)) if entry.abnormal else None
    return machines.record(machines.Machine.unit(entry.machine, seed), rng, fault)


def _write(job: Writing) -> None:
    for entry in job.entries:
        kind = "anomaly" if entry.abnormal else "normal"
        name = f"{kind}_id_{entry.machine:02d}_{entry.number:08d}.wav"
        place = job.folder / ("test" if entry.for_test else "train") / name
        place.write_bytes(wav_bytes(_recorded(entry, job.seed), machines.RATE))


def _windows(
    entries: Sequence[Entry], folder: Path | None, as_vectors: bool, seed: int, progress: Progress
) -> tuple[list[npt.NDArray[np.float32]], tuple[str, ...]]:
    """Every recording's windows, none for one that cannot be used; and why not."""

    def make() -> dict[str, npt.NDArray[np.generic]]:
        jobs = [Job(part, as_vectors, seed) for part in _parts(entries)]
        done = run_jobs(_windows_of, jobs, "recordings", progress, lambda job: len(job.entries))
        problems = Problems()
        for _, reasons in done:
            for path, reason in reasons:
                assert folder is not None
                problems.add(str(path.relative_to(folder)), reason)
        windows = [w for part, _ in done for w in part]
        return {
            "windows": np.concatenate(windows),
            "counts": np.array([len(w) for w in windows]),
            "problems": np.array(problems.sentences, np.str_),
        }

    key = {
        "version": VERSION,
        "vectors": as_vectors,
        "recordings": [_identity(entry, seed) for entry in entries],
    }
    arrays = cached("ad", key, make)
    ends = np.cumsum(arrays["counts"])[:-1]
    return np.split(arrays["windows"], ends), tuple(str(s) for s in arrays["problems"])


def _parts(entries: Sequence[Entry]) -> list[tuple[Entry, ...]]:
    """The entries of every job."""
    return [
        tuple(entries[i : i + RECORDINGS_A_JOB]) for i in range(0, len(entries), RECORDINGS_A_JOB)
    ]


def _identity(entry: Entry, seed: int) -> list[object]:
    """What a recording's windows depend on."""
    if entry.path is None:
        return [seed, entry.machine, entry.abnormal, entry.number]
    place = str(entry.path.absolute())
    try:
        status = entry.path.stat()
    except OSError:  # reading it will tell
        return [place]
    return [place, status.st_size, status.st_mtime_ns]


def _windows_of(job: Job) -> tuple[list[npt.NDArray[np.float32]], list[tuple[Path, str]]]:
    make: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
    make = vectors if job.vectors else images
    nothing = np.empty((0, *(VECTOR if job.vectors else IMAGE)), np.float32)
    windows, problems = [], []
    for entry in job.entries:
        if entry.path is None:
            windows.append(make(_recorded(entry, job.seed)))
            continue
        try:
            windows.append(make(_read(entry.path)))
        except BadWav as error:
            windows.append(nothing)
            problems.append((entry.path, error.message))
    return windows, problems


def _read(path: Path) -> npt.NDArray[np.float32]:
    """The first channel at 16 kHz; raises BadWav."""
    recording = read_wav(path)
    audio = resampled(recording.samples[:, 0], recording.rate, machines.RATE)
    if len(audio) < SHORTEST_SAMPLES:
        raise BadWav(f"shorter than {SHORTEST_SAMPLES / machines.RATE:.1f} seconds")
    if not np.isfinite(audio).all():
        raise BadWav("samples that are not finite numbers")
    return audio


def _check_usable(
    folder: Path, units: tuple[str, ...], entries: Sequence[Entry], problems: tuple[str, ...]
) -> None:
    """Every unit needs recordings to train on, and one of them both kinds to test with."""
    hint = "\n".join(problems) or "see the layouts in docs/training.md"
    counts = np.bincount([e.machine for e in entries if not e.for_test], minlength=len(units))
    kinds = {(e.machine, e.abnormal) for e in entries if e.for_test}
    for unit, count in zip(units, counts, strict=True):
        if count < 2:
            raise InputRejected(
                f"{folder} has {count} usable normal recordings of {printable(unit)} to train on, "
                "and at least 2 are needed",
                hint,
            )
    if not any({(i, False), (i, True)} <= kinds for i in range(len(units))):
        raise InputRejected(
            f"{folder} has no unit with both normal and abnormal recordings to test with", hint
        )


def _split(
    entries: Sequence[Entry], usable: Sequence[int], seed: int
) -> tuple[list[int], list[int], list[int]]:
    """Recordings to train, validate and test with, as indices; every machine's are in all."""
    test = [i for i in usable if entries[i].for_test]
    train, validation = [], []
    rng = np.random.default_rng([seed, 3])
    for machine in sorted({entries[i].machine for i in usable}):
        own = [i for i in usable if entries[i].machine == machine and not entries[i].for_test]
        order = rng.permutation(own).tolist()
        count = max(1, round(VALIDATION * len(own)))
        validation += order[:count]
        train += order[count:]
    return sorted(train), sorted(validation), test


def _gathered(
    chosen: Sequence[int], entries: Sequence[Entry], windows: Sequence[npt.NDArray[np.float32]]
) -> Split:
    counts = [len(windows[i]) for i in chosen]
    return Split(
        np.concatenate([windows[i] for i in chosen]),
        np.repeat([entries[i].machine for i in chosen], counts).astype(np.int32),
        np.repeat(np.arange(len(chosen)), counts).astype(np.int32),
        np.array([entries[i].abnormal for i in chosen], np.bool_),
    )


def _description(
    folder: Path | None, train: Sequence[int], validation: Sequence[int], test: Sequence[int]
) -> str:
    source = "synthetic machines with injected faults" if folder is None else str(folder)
    return (
        f"{source}: {len(train):,} recordings to train, {len(validation):,} to validate, "
        f"{len(test):,} to test with"
    )
