from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from mcugen.errors import McugenError
from mcugen.packs import install as install_module
from mcugen.packs.install import install
from mcugen.packs.pins import file_sha256, pins
from mcugen.packs.store import Store
from tests.unit.packs.maker import archive, pdsc

PINS = tuple(
    replace(pins()[0], vendor="Acme", name=name, version="1.2.3", accepts="", sha256=None)
    for name in ("Box", "Toys")
)


class FakeManager(ModuleType):
    """cmsis-pack-manager with a publisher that has the packs of `published`."""

    def __init__(self, published: set[str]) -> None:
        super().__init__("cmsis_pack_manager")
        self.published = published
        self.asked: list[str] = []
        manager = self

        class CmsisPackRef:
            def __init__(self, vendor: str, pack: str, version: str) -> None:
                self.key = (vendor, pack, version)

        class Cache:
            def __init__(self, silent: bool, unused: bool, *, json_path: str, data_path: str):
                self.path = Path(data_path)

            def download_pack_list(self, refs: list[CmsisPackRef]) -> None:
                for ref in refs:
                    vendor, name, version = ref.key
                    text = (self.path / f"{vendor}.{name}.{version}.pdsc").read_text()
                    assert f"<url>{PINS[0].url}</url>" in text
                    manager.asked.append(name)
                    if name in manager.published:
                        target = self.path / vendor / name / f"{version}.pack"
                        target.parent.mkdir(parents=True, exist_ok=True)
                        archive(target, {f"{vendor}.{name}.pdsc": pdsc(name=name)})

        self.Cache, self.CmsisPackRef = Cache, CmsisPackRef


def fake(monkeypatch: pytest.MonkeyPatch, *published: str) -> FakeManager:
    manager = FakeManager(set(published))
    monkeypatch.setitem(sys.modules, "cmsis_pack_manager", manager)
    monkeypatch.setattr(install_module, "pins", lambda: PINS)
    return manager


def test_all_pinned_packs_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = fake(monkeypatch, "Box", "Toys")
    store = Store(tmp_path)
    stages: list[tuple[str, int, int]] = []
    hashes = install(store, lambda *stage: stages.append(stage))
    assert [str(s.pack) for s in store.packs()] == ["Acme::Box 1.2.3", "Acme::Toys 1.2.3"]
    assert list(hashes) == ["Acme.Box.1.2.3.pack", "Acme.Toys.1.2.3.pack"]
    assert stages == [("fetching Acme::Box 1.2.3", 0, 2), ("fetching Acme::Toys 1.2.3", 1, 2)]
    assert [p.name for p in tmp_path.iterdir()] == ["Acme"]
    assert install(store) == {}
    assert manager.asked == ["Box", "Toys"]


def test_it_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = fake(monkeypatch, "Box")
    store = Store(tmp_path)
    with pytest.raises(McugenError, match=r"could not fetch https://.*/Acme\.Toys\.1\.2\.3\.pack"):
        install(store)
    manager.published.add("Toys")
    install(store)
    assert manager.asked == ["Box", "Toys", "Toys"]
    assert len(store.packs()) == 2


def test_a_pack_with_another_hash_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(monkeypatch, "Box")
    pin = replace(PINS[0], sha256="0" * 64)
    monkeypatch.setattr(install_module, "pins", lambda: (pin,))
    monkeypatch.setattr("mcugen.packs.pins.pins", lambda: (pin,))
    with pytest.raises(McugenError, match="is not the Acme::Box"):
        install(Store(tmp_path))
    assert not list(tmp_path.rglob("*.pack"))


def test_without_cmsis_pack_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cmsis_pack_manager", None)
    with pytest.raises(McugenError, match="cmsis-pack-manager") as caught:
        install(Store(tmp_path))
    assert "packs add" in caught.value.hint


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"")
    assert file_sha256(path).startswith("e3b0c442")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a web server for `folder`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_the_real_cmsis_pack_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cmsis_pack_manager")
    site = tmp_path / "site"
    site.mkdir()
    archive(site / PINS[0].file_name, {"Acme.Box.pdsc": pdsc(name="Box")})
    with served(site) as url:
        pins = tuple(replace(pin, url=url) for pin in PINS)
        monkeypatch.setattr(install_module, "pins", lambda: pins)
        store = Store(tmp_path / "store")
        with pytest.raises(McugenError, match=r"could not fetch .*Acme\.Toys"):
            install(store)
    assert [str(s.pack) for s in store.packs()] == ["Acme::Box 1.2.3"]
