"""A Speech Commands folder: which recording is in which split, and of which class.

Source of the layout, lists, hash and shares: Warden, "Speech Commands: A Dataset for Limited-
Vocabulary Speech Recognition", 2018, version 2 of the data set.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcugen.errors import InputRejected
from mcugen.tasks.hash_split import split_of
from mcugen.tasks.kws.labels import CLASSES, SILENCE, UNKNOWN, WORDS
from mcugen.tasks.problems import Problems

VALIDATION_LIST, TEST_LIST = "validation_list.txt", "testing_list.txt"
NOISE_FOLDER = "_background_noise_"

SILENCE_SHARE = 0.1
UNKNOWN_SHARE = 0.1
"""Of the number of recordings of the ten words, in each split."""

SYNTHETIC_HINT = "or train on keywords spoken by espeak-ng: --data synthetic"


@dataclass(frozen=True)
class Index:
    """What a folder has to offer. Paths are relative to `folder`.

    `splits` holds (path, class) pairs of every split; those of silence have the path "". `noises`
    are the background recordings. `stamp` changes when a file does.
    """

    folder: Path
    splits: dict[str, list[tuple[str, int]]]
    noises: tuple[str, ...]
    lists: bool
    stamp: str
    problems: Problems


def index_folder(folder: Path, seed: int) -> Index:
    """The index of a Speech Commands folder; `seed` draws the unknown words.

    Raises InputRejected for a folder without one of the ten words, with one of the two lists only,
    or with a split in which a class has no recording.
    """
    problems = Problems()
    files, stamp = _readable(folder, _recordings(folder), problems)
    place, lists = _placement(folder, files, problems)
    named: dict[str, list[tuple[str, int]]] = {"train": [], "validation": [], "test": []}
    others: dict[str, list[str]] = {split: [] for split in named}
    for path in files:
        word = path.split("/")[0]
        if word in WORDS:
            named[place(path)].append((path, CLASSES.index(word)))
        elif not word.startswith("_"):
            others[place(path)].append(path)
    for position, (split, pairs) in enumerate(named.items()):
        rng = np.random.default_rng([seed, position])
        wanted = math.ceil(UNKNOWN_SHARE * len(pairs))
        chosen = rng.permutation(len(others[split]))[:wanted]
        silent = math.ceil(SILENCE_SHARE * len(pairs))
        pairs += [(others[split][i], UNKNOWN) for i in chosen] + [("", SILENCE)] * silent
    noises = tuple(path for path in files if path.startswith(NOISE_FOLDER + "/"))
    index = Index(folder, named, noises, lists, stamp, problems)
    for split, pairs in named.items():
        require_every_class(index, split, (label for _, label in pairs))
    return index


def require_every_class(index: Index, split: str, labels: Iterable[int]) -> None:
    """Raises InputRejected if a class has no example in a split."""
    present = set(labels)
    missing = [name for label, name in enumerate(CLASSES) if label not in present]
    if missing:
        what = "what is not one of the ten words" if missing == ["unknown"] else missing[-1]
        source = f"{VALIDATION_LIST} and {TEST_LIST}" if index.lists else "the files' names"
        raise InputRejected(
            f"{index.folder} has no usable recording of {what} for the {split} split",
            "\n".join(
                [
                    *index.problems.sentences[:3],
                    f"{source} say what is in which split",
                    SYNTHETIC_HINT,
                ]
            ),
        )


def _recordings(folder: Path) -> list[str]:
    """All WAV files one folder down, sorted."""
    if not folder.is_dir():
        raise InputRejected(
            f"{folder} is not a folder",
            f"name the unpacked Speech Commands folder with --data\n{SYNTHETIC_HINT}",
        )
    try:
        words = {
            entry.name: sorted(n for n in os.listdir(entry) if n.lower().endswith(".wav"))
            for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
            if entry.is_dir()
        }
    except OSError as error:
        raise InputRejected(
            f"{error.filename} cannot be read: {error.strerror}", "check its permissions"
        ) from None
    missing = [word for word in WORDS if not words.get(word)]
    if missing:
        inside = [name for name in words if (folder / name / WORDS[0]).is_dir()]
        raise InputRejected(
            f"{folder} has no recordings in {', '.join(f'{word}/' for word in missing)}",
            (f"did you mean {folder / inside[0]}?\n" if inside else "")
            + f"Speech Commands has a folder of WAV files for every word\n{SYNTHETIC_HINT}",
        )
    return [f"{word}/{name}" for word, names in words.items() for name in names]


def _placement(
    folder: Path, files: Sequence[str], problems: Problems
) -> tuple[Callable[[str], str], bool]:
    """What tells a file's split: the lists, which is the second result, or else its name."""
    there = [name for name in (VALIDATION_LIST, TEST_LIST) if (folder / name).is_file()]
    if not there:
        return _split_by_name, False
    if len(there) == 1:
        (missing,) = {VALIDATION_LIST, TEST_LIST} - set(there)
        raise InputRejected(
            f"{folder} has {there[0]} but no {missing}",
            f"add {missing}, or remove {there[0]}: then a hash of the speaker's name decides",
        )
    listed = {}
    known = set(files)
    for split, name in (("validation", VALIDATION_LIST), ("test", TEST_LIST)):
        try:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise InputRejected(
                f"{folder / name} cannot be read: {error.strerror}", "check its permissions"
            ) from None
        for path in filter(None, map(str.strip, text.splitlines())):
            if path not in known:
                problems.add(path, f"named in {name}, but not there")
            listed[path] = split
    return lambda path: listed.get(path, "train"), True


def _split_by_name(path: str) -> str:
    """The data set's own hash: it keeps a speaker's recordings together."""
    return split_of(path.split("/")[-1].split("_nohash_")[0].encode())


def _readable(folder: Path, files: Sequence[str], problems: Problems) -> tuple[list[str], str]:
    """The files that are there and have names, and a digest of these, sizes and times of change."""
    digest = hashlib.sha256()
    found = []
    for path in files:
        try:
            name = path.encode()
            status = (folder / path).stat()
        except UnicodeEncodeError:
            problems.add(path, "a name that is not UTF-8")
        except OSError as error:
            problems.add(path, f"not readable: {error.strerror}")
        else:
            digest.update(name + f"\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
            found.append(path)
    return found, digest.hexdigest()
