"""The offline set as a folder like Speech Commands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen.progress import Progress
from mcugen.tasks.audio import wav_bytes
from mcugen.tasks.jobs import run_jobs
from mcugen.tasks.kws import synthetic
from mcugen.tasks.kws.acoustics import coloured_noise, hum, scaled
from mcugen.tasks.kws.labels import OTHER_WORDS, RATE, WORDS
from mcugen.tasks.kws.speech_commands import NOISE_FOLDER, TEST_LIST, VALIDATION_LIST
from mcugen.tasks.synthetic_note import write_note

NOISE_FILES = 6
NOISE_SECONDS = 60


@dataclass(frozen=True)
class _Job:
    folder: Path
    batch: synthetic.Batch


def write(folder: Path, sizes: Mapping[str, int], seed: int, progress: Progress) -> None:
    """Writes WAV files, background noise and lists into the empty `folder`.

    `sizes` are the clips of every split; those of silence are not written, since a loader cuts
    silence from the background noise.
    """
    for word in (*WORDS, *OTHER_WORDS, NOISE_FOLDER):
        (folder / word).mkdir()
    for i in range(NOISE_FILES):
        rng = np.random.default_rng([synthetic.VERSION, seed, i])
        samples = NOISE_SECONDS * RATE
        noise = scaled(coloured_noise(samples, rng) + rng.uniform() * hum(samples, rng))
        content = wav_bytes(noise * np.float32(0.05), RATE)
        (folder / NOISE_FOLDER / f"noise_{i}.wav").write_bytes(content)
    jobs = [
        _Job(folder, batch)
        for split, clips in sizes.items()
        for batch in synthetic.batches(split, seed, clips)
    ]
    parts = run_jobs(_write_batch, jobs, "speaking keywords", progress, lambda j: j.batch.count)
    for split, name in (("validation", VALIDATION_LIST), ("test", TEST_LIST)):
        own = [p for p, job in zip(parts, jobs, strict=True) if job.batch.split == split]
        (folder / name).write_text("".join(f"{path}\n" for part in own for path in sorted(part)))
    write_note(folder, f"Spoken by espeak-ng for mcugen, seed {seed}: no recordings of people.")


def _write_batch(job: _Job) -> list[str]:
    """Writes a batch's clips; gives their paths. A voice is a speaker of Speech Commands."""
    paths = []
    for number, clip in enumerate(synthetic.speak(job.batch), job.batch.first):
        if clip.word:
            speaker = hashlib.sha1(clip.speaker.encode()).hexdigest()[:8]
            path = f"{clip.word}/{speaker}_nohash_{number}.wav"
            (job.folder / path).write_bytes(wav_bytes(clip.audio, RATE))
            paths.append(path)
    return paths
