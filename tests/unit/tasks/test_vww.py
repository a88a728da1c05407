"""Visual wake words: images that are decoded, scenes that are drawn, and folders of them."""

from __future__ import annotations

import filecmp
import io
import shutil
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from mcugen.architecture import read_architecture
from mcugen.errors import InputRejected, McugenError
from mcugen.tasks.base import Shape
from mcugen.tasks.cache import data_dir
from mcugen.tasks.jobs import run_jobs
from mcugen.tasks.vww import Vww, coco, figures, pillow, scenes, task
from tests.unit.tasks import vww_folders as make
from tests.unit.tasks.work import run_here

Image = pytest.importorskip("PIL.Image")
ImageDraw = pytest.importorskip("PIL.ImageDraw")

GRAY, COLOUR = (50, 50, 1), (32, 32, 3)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(coco, "run_jobs", run_here)
    monkeypatch.setattr(task, "run_jobs", run_here)


def encoded(
    colour: object, mode: str = "RGB", size: tuple[int, int] = (64, 48), form: str = "PNG"
) -> bytes:
    content = io.BytesIO()
    Image.new(mode, size, colour).save(content, form)
    return content.getvalue()


RED = encoded((255, 0, 0))


def claims(width: int, height: int) -> bytes:
    """A small PNG file that says it is large."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    checksum = struct.pack(">I", zlib.crc32(header))
    start = RED.index(b"IHDR")
    return RED[: start - 4] + struct.pack(">I", 13) + header + checksum + RED[start + 21 :]


def read(tmp_path: Path, content: bytes, shape: Shape = COLOUR) -> pillow.Pixels:
    path = tmp_path / "image.jpg"
    path.write_bytes(content)
    return pillow.read_image(path, shape)


def test_images_of_all_kinds_become_the_input(tmp_path: Path) -> None:
    assert (read(tmp_path, RED) == [255, 0, 0]).all()
    assert (read(tmp_path, RED, GRAY) == 76).all()  # ITU-R 601: 0.299 of red
    assert (read(tmp_path, encoded(7, "L")) == 7).all()
    assert (read(tmp_path, encoded((9, 8, 7, 100), "RGBA")) == [9, 8, 7]).all()
    assert read(tmp_path, encoded(0, "P")).shape == COLOUR
    assert read(tmp_path, encoded(1, "1")).shape == COLOUR
    assert read(tmp_path, encoded((0, 0, 0, 0), "CMYK", form="JPEG")).min() > 250
    assert read(tmp_path, encoded((255, 0, 0), size=(1, 1), form="JPEG")).shape == COLOUR


def test_the_whole_image_is_squeezed_into_the_square(tmp_path: Path) -> None:
    image = Image.new("L", (640, 320))
    image.paste(255, (320, 0, 640, 320))
    for form in ("PNG", "JPEG"):
        content = io.BytesIO()
        image.save(content, form)
        pixels = read(tmp_path, content.getvalue(), (32, 32, 1))
        assert pixels[:, :15].max() < 8
        assert pixels[:, 17:].min() > 247


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no JPEG or PNG image"),
        (b"GIF89a" + bytes(100), "no JPEG or PNG image"),
        (encoded(0, "L", form="BMP"), "no JPEG or PNG image"),
        (RED[:60], "no JPEG or PNG image"),
        (RED[:40] + bytes(50), "no JPEG or PNG image"),
        (encoded(3, "L", (640, 480), "JPEG")[:700], "no JPEG or PNG image"),
        (claims(64, 400), "no JPEG or PNG image"),
        (claims(8_000, 8_000), "more than 50 million pixels"),
        (claims(12_000, 12_000), "more than 50 million pixels"),
        (claims(2**31 - 1, 2**31 - 1), "more than 50 million pixels"),
    ],
)
def test_files_that_are_no_images(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(pillow.BadImage, match=reason):
        read(tmp_path, content)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(pillow.BadImage, match="not readable: No such file"):
        pillow.read_image(tmp_path / "gone.jpg", GRAY)


def test_without_pillow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(McugenError, match="needs Pillow") as caught:
        Vww(2).load(None, GRAY)
    assert caught.value.hint == "pip install 'mcugen[data]'"


@pytest.mark.parametrize("shape", [(50,), (50, 40, 1), (50, 50, 2), (31, 31, 1), (225, 225, 3)])
def test_other_inputs_are_refused(shape: Shape) -> None:
    with pytest.raises(InputRejected, match="square images of 32 to 224 pixels"):
        Vww().load(None, shape)


def test_what_does_not_fit_into_memory_is_refused() -> None:
    with pytest.raises(InputRejected, match="of memory, and this machine has"):
        Vww(10**9).load(None, (224, 224, 3))


def test_its_architecture_takes_its_images() -> None:
    assert read_architecture(Vww.architecture).input == GRAY


def test_folders_of_classes(tmp_path: Path) -> None:
    folder = make.by_class(tmp_path / "images", RED)
    data = Vww().load(folder, COLOUR)
    for split in (data.train, data.validation, data.test):
        assert split.features.shape == (4, *COLOUR)
        assert split.features.dtype == np.float32
        assert split.labels.tolist() == [0, 0, 1, 1]
        assert split.features.max() == 1.0
    assert data.classes == ("non_person", "person")
    assert not data.synthetic
    assert data.problems == ()


def test_coco(tmp_path: Path) -> None:
    data = Vww().load(make.coco(tmp_path / "coco", RED), GRAY, seed=2)
    sizes = [len(split) for split in (data.train, data.validation, data.test)]
    assert sizes == [6, 2, 8]
    assert np.bincount(data.validation.labels).tolist() == [1, 1]
    assert data.test.features == pytest.approx(76 / 255)


def test_bad_files_are_left_out_and_named(tmp_path: Path) -> None:
    folder = make.by_class(tmp_path / "images", RED, each=4)
    bad = [p for _, p in zip(range(3), make.names("train"), strict=False)]
    for name, content in zip(bad, (b"", RED[:50], claims(20_000, 20_000)), strict=True):
        (folder / "person" / name).write_bytes(content)
    for _ in range(2):  # the second time from the cache
        data = Vww().load(folder, COLOUR)
        assert len(data.train) == 5
        assert data.problems == (
            f"2 files left out: no JPEG or PNG image that can be decoded (such as person/{bad[0]})",
            f"1 file left out: more than 50 million pixels (such as person/{bad[2]})",
        )


def test_a_class_whose_files_are_all_bad(tmp_path: Path) -> None:
    folder = make.by_class(tmp_path / "images", RED)
    for path in (folder / "person").iterdir():
        path.write_bytes(b"text")
    with pytest.raises(InputRejected, match="no usable person image for the train") as caught:
        Vww().load(folder, COLOUR)
    assert "6 files left out: no JPEG or PNG" in caught.value.hint


def test_decoded_images_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make.by_class(tmp_path / "images", RED)
    first = Vww().load(folder, COLOUR)
    monkeypatch.setattr(task, "run_jobs", None)
    again = Vww().load(folder, COLOUR, seed=9)
    assert np.array_equal(first.train.features, again.train.features)


def test_drawn_scenes() -> None:
    data = Vww(40).load(None, GRAY, seed=3)
    assert [len(split) for split in (data.train, data.validation, data.test)] == [40, 4, 8]
    assert data.train.features.shape == (40, *GRAY)
    assert data.train.features.dtype == np.float32
    assert 0 <= data.train.features.min() < data.train.features.max() <= 1
    assert data.test.labels.tolist() == [0, 1] * 4
    assert data.synthetic
    assert not np.array_equal(data.train.features[:4], data.validation.features)


def test_the_same_seed_draws_the_same_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Vww(8).load(None, COLOUR, seed=3)
    shutil.rmtree(data_dir())
    monkeypatch.setattr(scenes, "IMAGES_A_BATCH", 3)
    again, other = Vww(8).load(None, COLOUR, seed=3), Vww(8).load(None, COLOUR, seed=4)
    assert np.array_equal(first.train.features, again.train.features)
    assert not np.array_equal(first.train.features, other.train.features)


def test_scenes_are_the_same_at_every_size() -> None:
    small, large = (
        scenes.draw(scenes.Batch("test", 1, 0, 6, shape)).astype(float)
        for shape in ((32, 32, 3), (96, 96, 3))
    )
    shrunk = large.reshape(6, 32, 3, 32, 3, 3).mean(axis=(2, 4))
    for a, b in zip(small, shrunk, strict=True):
        assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("figure", [figures.person, *figures.THINGS])
def test_every_figure_stands_where_it_should(figure: figures.Figure) -> None:
    for seed in range(8):
        image = Image.new("RGB", (200, 200), (255, 0, 255))
        figure(
            figures.Canvas(ImageDraw.Draw(image), 200), np.random.default_rng(seed), 0.5, 0.9, 0.6
        )
        rows, columns = np.nonzero((np.asarray(image) != (255, 0, 255)).any(axis=2))
        assert rows.max() == pytest.approx(180, abs=25)
        assert 20 < rows.min() < 150
        assert columns.min() < 100 < columns.max()


def test_a_written_set_is_the_drawn_one(tmp_path: Path) -> None:
    folder = tmp_path / "drawn"
    folder.mkdir()
    Vww().synthesize(folder, examples=20, seed=3)
    drawn, written = Vww(20).load(None, (96, 96, 3), seed=3), Vww().load(folder, (96, 96, 3))
    assert written.synthetic
    assert written.problems == ()
    for kind in ("train", "validation", "test"):
        own, other = getattr(drawn, kind), getattr(written, kind)
        order = np.argsort(own.labels, kind="stable")  # files are listed class by class
        assert np.array_equal(own.labels[order], other.labels)
        assert np.abs(own.features[order] - other.features).mean() < 0.05  # JPEG


def test_the_same_seed_writes_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Vww().synthesize(tmp_path / name, examples=6, seed=1)
        monkeypatch.setattr(scenes, "IMAGES_A_BATCH", 4)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 6 + 2 + 2 + 1
    _, different, missing = filecmp.cmpfiles(
        tmp_path / "a", tmp_path / "b", map(str, files), shallow=False
    )
    assert not different and not missing


def test_in_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Vww(6).load(None, COLOUR)
    shutil.rmtree(data_dir())
    monkeypatch.setattr(task, "run_jobs", run_jobs)
    there = Vww(6).load(None, COLOUR)
    assert np.array_equal(here.train.features, there.train.features)
