from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from mcugen.errors import InputRejected
from mcugen.packs import archive as archive_module
from mcugen.packs.archive import unpack
from tests.unit.packs.maker import archive


def unpacked(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    target = tmp_path / "deep" / "er" / "target"
    target.mkdir(parents=True)
    unpack(archive(tmp_path / "a.pack", files), target)
    return target


def everything(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_files_and_folders(tmp_path: Path) -> None:
    target = unpacked(tmp_path, {"a/": "", "a/b c.h": "x", "d\\e.c": "y"})
    assert everything(target) == ["a", "a/b c.h", "d", "d/e.c"]
    assert (target / "d/e.c").read_text() == "y"


@pytest.mark.parametrize(
    "name",
    [
        *("../x", "a/../../x", "a/../x", "/x", "//x", "a//x", "./x", "..", "C:/x", "C:x", "a\nb"),
        *("..\\x", "\\x", "a\\..\\..\\x", "\x1b[2J"),
    ],
)
def test_paths_that_could_lead_out_are_rejected(tmp_path: Path, name: str) -> None:
    before = everything(tmp_path)
    with pytest.raises(InputRejected, match="not a plain relative one"):
        unpacked(tmp_path, {"fine": "x", name: "evil"})
    made = {"a.pack", "deep", "deep/er", "deep/er/target"}
    assert set(everything(tmp_path)) - set(before) == made


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_rejected(tmp_path: Path, kind: int) -> None:
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.pack", "w") as opened:
        opened.writestr(entry, "/etc/passwd")
    with pytest.raises(InputRejected, match="link or a device"):
        unpack(tmp_path / "a.pack", tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a/x.h", "A/y.h"), "two spellings"),
        (("x.h", "X.h"), "two spellings"),
        (("a", "a/b"), "file and a folder"),
    ],
)
def test_names_that_collide_are_rejected(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputRejected, match=message):
        unpacked(tmp_path, dict.fromkeys(names, "x"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_rejected(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pack", "w") as opened:
        opened.writestr("a", "1")
        opened.writestr("a", "2")
    with pytest.raises(InputRejected, match="twice"):
        unpack(tmp_path / "a.pack", tmp_path)


def test_too_much_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_BYTES", 1000)
    with pytest.raises(InputRejected, match="larger than"):
        unpacked(tmp_path, {"a": b"\0" * 600, "b": b"\0" * 600})


def test_a_size_that_lies_does_not_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_BYTES", 1000)
    path = archive(tmp_path / "a.pack", {"a": b"\0" * 100_000})
    data = path.read_bytes()
    path.write_bytes(data.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(InputRejected):
        unpack(path, tmp_path)


def test_too_many_files_are_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_FILES", 3)
    with pytest.raises(InputRejected, match="more than 3"):
        unpacked(tmp_path, {str(i): "" for i in range(4)})


def test_damage_is_rejected(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.pack", {"a": "some text that is here " * 100})
    data = path.read_bytes()
    for cut in range(0, len(data), 7):
        path.write_bytes(data[:cut])
        (tmp_path / "t").mkdir(exist_ok=True)
        with pytest.raises(InputRejected):
            unpack(path, tmp_path / "t")
    path.write_bytes(bytes(b ^ 0x55 if 35 < i < 60 else b for i, b in enumerate(data)))
    with pytest.raises(InputRejected):
        unpack(path, tmp_path / "t")


def test_an_encrypted_file_is_rejected(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.pack", {"a": "x"})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(InputRejected, match="encrypted"):
        unpack(path, tmp_path)
