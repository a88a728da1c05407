"""Writing a folder of generated files: what is replaced, what is kept, and that errors undo it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mcugen.errors import InputRejected, McugenError
from mcugen.project.tree import MANIFEST, read_manifest, write_tree

FILES: dict[str, str | bytes] = {"a.txt": "one", "src/main.c": "int x;\n", "blob.bin": b"\x00\xff"}


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    write_tree(folder, FILES, {"board": "qemu_m4"})
    found = snapshot(folder)
    assert found.pop(MANIFEST) and found == {
        "a.txt": b"one",
        "src/main.c": b"int x;\n",
        "blob.bin": b"\x00\xff",
    }
    manifest = read_manifest(folder)
    assert manifest["board"] == "qemu_m4"
    assert list(manifest["files"]) == sorted(FILES)  # type: ignore[call-overload]
    assert sorted(p.name for p in folder.parent.iterdir()) == ["yet"]


def test_rights_follow_the_umask(tmp_path: Path) -> None:
    (tmp_path / "reference").write_text("")
    write_tree(tmp_path / "p", FILES, {})
    write_tree(tmp_path / "p", FILES | {"a.txt": "two"}, {})
    expected = (tmp_path / "reference").stat().st_mode
    assert all(p.stat().st_mode == expected for p in (tmp_path / "p").rglob("*") if p.is_file())


def test_current_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-o .` fills the folder that the user stands in, and does not put another in its place."""
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    write_tree(Path("."), FILES, {})
    assert tmp_path.stat().st_ino == before
    assert set(snapshot(tmp_path)) == {*FILES, MANIFEST}


def test_same_bytes_twice(tmp_path: Path) -> None:
    write_tree(tmp_path / "a", FILES, {"x": 1})
    write_tree(tmp_path / "b" / "c", dict(reversed(FILES.items())), {"x": 1})
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b" / "c")


def test_unchanged_files_keep_their_time_stamp(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES, {})
    for path in tmp_path.rglob("*"):
        os.utime(path, (1, 1))
    write_tree(tmp_path, FILES | {"a.txt": "two"}, {})
    assert (tmp_path / "src" / "main.c").stat().st_mtime == 1
    assert (tmp_path / "a.txt").stat().st_mtime > 1
    assert (tmp_path / "a.txt").read_text() == "two"


def test_unchanged_project_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a temporary file: it may be read-only."""
    write_tree(tmp_path, FILES, {})
    os.utime(tmp_path, (1, 1))
    monkeypatch.setattr(os, "replace", None)
    write_tree(tmp_path, FILES, {})
    assert tmp_path.stat().st_mtime == 1


def test_stale_files_go_and_the_users_stay(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES | {"lib/old/old.c": "", "lib/old/old.h": ""}, {})
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "lib" / "old" / "old.h").write_text("edited")
    write_tree(tmp_path, FILES, {})
    assert set(snapshot(tmp_path)) == {*FILES, MANIFEST, "notes.txt", "lib/old/old.h"}


def test_emptied_folders_go(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES | {"lib/old/src/old.c": ""}, {})
    write_tree(tmp_path, FILES, {})
    assert not (tmp_path / "lib").exists()


@pytest.mark.parametrize("force", [False, True])
def test_foreign_folder_is_refused(tmp_path: Path, force: bool) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputRejected, match="not empty and is not a project that mcugen made"):
        write_tree(tmp_path, FILES, {}, force)
    assert snapshot(tmp_path) == {"thesis.tex": b"mine"}


def test_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("mine")
    with pytest.raises(InputRejected, match="is not a folder"):
        write_tree(tmp_path / "p", FILES, {})
    with pytest.raises(McugenError, match="cannot write"):
        write_tree(tmp_path / "p" / "q", FILES, {})
    assert snapshot(tmp_path) == {"p": b"mine"}


def test_edited_file(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES, {})
    (tmp_path / "a.txt").write_text("edited")
    (tmp_path / "blob.bin").write_text("edited")
    before = snapshot(tmp_path)
    with pytest.raises(InputRejected, match=r"a\.txt was changed since .*, and 1 more") as error:
        write_tree(tmp_path, FILES | {"src/main.c": "new"}, {})
    assert "--force" in error.value.hint
    assert snapshot(tmp_path) == before
    write_tree(tmp_path, FILES, {}, force=True)
    assert (tmp_path / "a.txt").read_text() == "one"


def test_edit_that_equals_the_new_content_is_none(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES, {})
    (tmp_path / "a.txt").write_text("two")
    write_tree(tmp_path, FILES | {"a.txt": "two"}, {})


def test_users_file_where_a_generated_one_comes(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES, {})
    (tmp_path / "new.txt").write_text("mine")
    with pytest.raises(InputRejected, match=r"new\.txt was changed"):
        write_tree(tmp_path, FILES | {"new.txt": "generated"}, {})


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"files": []}', "{", "[" * 100_000, "\ud800", "\x00"]
)
def test_damaged_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputRejected, match="no valid"):
        write_tree(tmp_path, FILES, {})
    with pytest.raises(InputRejected, match="no valid"):
        read_manifest(tmp_path)
    assert set(snapshot(tmp_path)) == {MANIFEST}


def test_tampered_manifest_reaches_nothing_outside(tmp_path: Path) -> None:
    """Neither do its entries remove what mcugen did not write."""
    digest = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"  # of "one"
    folder = tmp_path / "p"
    write_tree(folder, FILES, {})
    (tmp_path / "secret").write_text("one")
    (folder / "link").symlink_to(tmp_path)
    manifest = json.loads((folder / MANIFEST).read_text())
    paths: list[Any] = ["../secret", str(tmp_path / "secret"), "link/secret", "x/../../secret"]
    paths += ["./a.txt", "src//main.c", "src/../a.txt", "", ".", "..", "a\x00b", "\ud800", "src"]
    manifest["files"] |= dict.fromkeys(paths, digest) | {"b": 5, "c": None, MANIFEST: digest}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    write_tree(folder, FILES, {})
    assert (tmp_path / "secret").read_text() == "one"
    assert set(FILES) <= set(snapshot(folder))


@pytest.mark.parametrize("name", ["src", "a.txt", MANIFEST])
def test_links_are_not_followed(tmp_path: Path, name: str) -> None:
    folder, outside = tmp_path / "p", tmp_path / "outside"
    write_tree(folder, FILES, {})
    (folder / name).rename(outside)
    (folder / name).symlink_to(outside)
    before = snapshot(tmp_path)
    with pytest.raises(InputRejected, match="link"):
        write_tree(folder, {path: "changed" for path in FILES}, {}, force=True)
    assert snapshot(tmp_path) == before


def test_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "p").symlink_to(tmp_path / "nowhere")
    with pytest.raises(McugenError):
        write_tree(tmp_path / "p", FILES, {})
    assert not (tmp_path / "nowhere").exists()


def test_folder_where_a_file_comes(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES, {})
    (tmp_path / "new.c").mkdir()
    before = snapshot(tmp_path)
    with pytest.raises(McugenError, match="cannot write"):
        write_tree(tmp_path, FILES | {"new.c": "", "a.txt": "two"}, {}, force=True)
    assert snapshot(tmp_path) == before


class FailingReplace:
    """os.replace that fails at call number `at`, once."""

    def __init__(self, at: int, error: BaseException) -> None:
        self._left, self._error, self._replace = at, error, os.replace

    def __call__(self, source: Any, target: Any) -> None:
        self._left -= 1
        if self._left == -1:
            raise self._error
        self._replace(source, target)


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_error_in_the_middle_undoes_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, error: BaseException
) -> None:
    write_tree(tmp_path, FILES | {"lib/stale.c": "", "z": ""}, {})
    before = snapshot(tmp_path)
    monkeypatch.setattr(os, "replace", FailingReplace(at, error))
    changed: dict[str, str | bytes] = {"a.txt": "two", "src/new.c": "", "src/main.c": "two"}
    expected: Any = McugenError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_tree(tmp_path, changed | {"blob.bin": b""}, {})
    assert snapshot(tmp_path) == before
    write_tree(tmp_path, changed, {})
    assert set(snapshot(tmp_path)) == {*changed, MANIFEST}


@pytest.mark.parametrize("exists", [False, True])
def test_full_disk_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    folder = tmp_path / "p"
    if exists:
        write_tree(folder, {"a.txt": "old"}, {})
    before = snapshot(tmp_path)
    write_bytes = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "main.c":
            raise OSError(28, "No space left on device")
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(McugenError, match="No space left on device"):
        write_tree(folder, FILES, {})
    assert snapshot(tmp_path) == before
    assert folder.exists() == exists


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(McugenError, match="Permission denied"):
            write_tree(tmp_path / "p", FILES, {})
    finally:
        tmp_path.chmod(0o755)
