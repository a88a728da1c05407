from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.errors import InputRejected, McugenError
from mcugen.packs import pins as pins_module
from mcugen.packs.pins import file_sha256, pins
from mcugen.packs.store import Store
from tests.unit.packs.maker import archive, component, folder, pdsc, source

FILES = {"src/ball.c": "int ball;\n"}
DESCRIPTION = pdsc(component("Ball", source("src/ball.c")))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_an_absent_store_is_empty(store: Store) -> None:
    assert store.packs() == ()


def test_the_folder_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path))
    monkeypatch.delenv("MCUGEN_PACKS", raising=False)
    assert Store.default().folder == tmp_path / "packs"
    monkeypatch.setenv("MCUGEN_PACKS", str(tmp_path / "mine"))
    assert Store.default().folder == tmp_path / "mine"


def test_an_archive_and_a_folder_give_the_same_pack(tmp_path: Path, store: Store) -> None:
    (added,) = store.add(archive(tmp_path / "x.pack", {"Acme.Toys.pdsc": DESCRIPTION, **FILES}))
    assert added.folder == store.folder / "Acme" / "Toys" / "1.2.3"
    first = store.packs()[0].version
    store.add(folder(tmp_path / "unpacked", DESCRIPTION, FILES))
    assert [s.version for s in store.packs()] == [first]
    assert str(first) == "Acme::Toys 1.2.3"


def test_the_digest_is_of_paths_and_contents(tmp_path: Path, store: Store) -> None:
    digests = set()
    for files in ({"a": "x"}, {"a": "y"}, {"b": "x"}, {}):
        store.add(folder(tmp_path / str(len(digests)), DESCRIPTION, files))
        digests.add(store.packs()[0].version.sha256)
    assert len(digests) == 4


def test_a_folder_of_packs(tmp_path: Path, store: Store) -> None:
    drop = tmp_path / "drop"
    folder(drop / "Acme" / "Box" / "1", pdsc(name="Box"), {}, "Acme.Box")
    folder(drop / "Toys", DESCRIPTION, FILES)
    archive(drop / "Acme.Bag.1.0.0.pack", {"Acme.Bag.pdsc": pdsc(name="Bag", version="2.0.0")})
    assert len(store.add(drop)) == 3
    found = [str(s.pack) for s in store.packs()]
    assert found == ["Acme::Bag 2.0.0", "Acme::Box 1.2.3", "Acme::Toys 1.2.3"]


def test_files_in_the_store_are_unpacked_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))
    mine = tmp_path / "mine"
    folder(mine / "Acme" / "Toys", DESCRIPTION, FILES)
    contents = {"Acme.Toys.pdsc": DESCRIPTION, **FILES}
    archive(mine / "Acme.Toys.1.2.3.pack", contents)
    (mine / "more").mkdir()
    box = archive(mine / "more" / "Acme.Box.pack", {"Acme.Box.pdsc": pdsc(name="Box"), **FILES})
    for _ in range(2):
        found = Store(mine).packs()
        assert [str(s.pack) for s in found] == ["Acme::Box 1.2.3", "Acme::Toys 1.2.3"]
        assert found[0].folder.is_relative_to(tmp_path / "cache")
        assert found[1].folder == mine / "Acme" / "Toys"
    box.write_bytes(b"PK")
    with pytest.raises(InputRejected, match="sound"):
        Store(mine).packs()


def test_the_newest_version_comes_first(tmp_path: Path, store: Store) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        store.add(folder(tmp_path / version, pdsc(version=version), {}))
    assert [s.pack.version for s in store.packs()] == ["1.10.0", "1.9.0", "1.2.0"]


def test_a_version_is_replaced(tmp_path: Path, store: Store) -> None:
    store.add(folder(tmp_path / "a", DESCRIPTION, {"old.c": ""}))
    store.add(folder(tmp_path / "b", DESCRIPTION, {"new.c": ""}))
    (found,) = store.packs()
    assert sorted(p.name for p in found.folder.iterdir()) == ["Acme.Toys.pdsc", "new.c"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no pack description"),
        ({"deep/Acme.Toys.pdsc": DESCRIPTION}, "no pack description"),
        ({"a.pdsc": DESCRIPTION, "b.pdsc": DESCRIPTION}, "several pack descriptions"),
        ({"a.pdsc": "<package"}, "not valid XML"),
        ({"a.pdsc": DESCRIPTION.replace("<vendor>Acme", "<vendor>../x")}, "vendor"),
        ({"a.pdsc": DESCRIPTION, "../x": ""}, "plain relative"),
    ],
)
def test_a_pack_that_is_not_sound_leaves_nothing(
    tmp_path: Path, store: Store, files: dict[str, str | bytes], message: str
) -> None:
    with pytest.raises(InputRejected, match=message) as caught:
        store.add(archive(tmp_path / "x.pack", files))
    assert "x.pack" in caught.value.message
    assert list(store.folder.iterdir()) == []


def test_a_broken_pack_does_not_replace_a_sound_one(tmp_path: Path, store: Store) -> None:
    store.add(folder(tmp_path / "a", DESCRIPTION, FILES))
    before = store.packs()[0].version
    broken = {"Acme.Toys.pdsc": DESCRIPTION, "src/x.c": "", "src/X.c": ""}
    with pytest.raises(InputRejected):
        store.add(archive(tmp_path / "x.pack", broken))
    assert store.packs()[0].version == before


def test_links_in_a_folder_are_rejected(tmp_path: Path, store: Store) -> None:
    source_folder = folder(tmp_path / "a", DESCRIPTION, FILES)
    (source_folder / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(InputRejected, match="link or a device"):
        store.add(source_folder)
    assert store.packs() == ()


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_nothing_to_add(tmp_path: Path, store: Store, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputRejected, match=name):
        store.add(tmp_path / name)


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(McugenError, match="cannot write"):
        Store(tmp_path / "file" / "store").add(folder(tmp_path / "a", DESCRIPTION, FILES))


def test_a_damaged_store_names_the_file(tmp_path: Path, store: Store) -> None:
    store.add(folder(tmp_path / "a", DESCRIPTION, FILES))
    path = store.folder / "Acme" / "Toys" / "1.2.3" / "Acme.Toys.pdsc"
    path.write_text("<package>")
    with pytest.raises(InputRejected, match=str(path)):
        store.packs()


def test_a_pinned_archive_must_have_the_pinned_hash(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = replace(pins()[0], vendor="Acme", name="Toys", version="1.2.3", sha256="0" * 64)
    monkeypatch.setattr(pins_module, "pins", lambda: (pin,))
    path = archive(tmp_path / "x.pack", {"Acme.Toys.pdsc": DESCRIPTION})
    with pytest.raises(InputRejected, match="is not the Acme::Toys") as caught:
        store.add(path)
    assert file_sha256(path) in caught.value.hint
    pin = replace(pin, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    assert store.add(path)


def test_pins_are_sound() -> None:
    names = [pin.file_name for pin in pins()]
    assert len(set(names)) == 6
    for pin in pins():
        assert pin.url.startswith("https://") and pin.url.endswith("/")
        assert pin.sha256 is None or len(pin.sha256) == 64


def test_dates_in_an_archive_do_not_count(tmp_path: Path, store: Store) -> None:
    digests = set()
    for year in (1990, 2020):
        entry = zipfile.ZipInfo("Acme.Toys.pdsc", (year, 1, 1, 0, 0, 0))
        with zipfile.ZipFile(tmp_path / "x.pack", "w") as opened:
            opened.writestr(entry, DESCRIPTION)
        store.add(tmp_path / "x.pack")
        digests.add(store.packs()[0].version.sha256)
    assert len(digests) == 1
