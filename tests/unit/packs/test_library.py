from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcugen.errors import McugenError
from mcugen.packs import Context, PackLibrary, Request, Store, library
from tests.unit.packs.maker import component, folder, pdsc, source

CONTEXT = Context({"Tcompiler": "GCC"})
BALL = (Request("Toy", "Ball"),)
FILES = {
    **{f"src/{name}": "" for name in ("a.c", "b.cpp", "c.S", "d e.c", "notes.txt", "old.c")},
    **{"inc/ball.h": "", "inc/sub/deep.h": "", "cfg/ball_config.h": "", "cfg/time.c": ""},
    **{"pre/local.h": "", "pre/global.h": ""},
}
ENTRIES = (
    "".join(source(f"src/{name}") for name in ("a.c", "b.cpp", "c.S", "d e.c", "notes.txt"))
    + '<file category="header" name="inc/ball.h"/>'
    + '<file category="header" name="inc/sub/deep.h" path="inc"/>'
    + '<file category="include" name="pre/"/>'
    + '<file category="doc" name="nowhere.html"/>'
    + '<file category="header" name="cfg/ball_config.h" attr="config"/>'
    + '<file category="source" name="cfg/time.c" attr="config"/>'
    + '<file category="source" name="cfg/template.c" attr="template"/>'
)
GLOBAL = """<Pre_Include_Global_h>
  // text
  #define STATIC 1 /* why */
  #define EMPTY
</Pre_Include_Global_h>"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))
    return Store(tmp_path / "store")


def add(store: Store, tmp_path: Path, entries: str = ENTRIES, more: str = GLOBAL) -> None:
    store.add(folder(tmp_path / "unpacked", pdsc(component("Ball", entries, more)), FILES))


def make(store: Store, **options: Any) -> PackLibrary:
    return library(store, BALL, CONTEXT, name="toys", **options)


def sources(made: PackLibrary) -> list[str]:
    manifest = json.loads((made.folder / "library.json").read_text())
    return list(manifest["build"]["srcFilter"])


def test_the_library_holds_what_the_components_list(tmp_path: Path, store: Store) -> None:
    add(store, tmp_path)
    made = make(store)
    root = store.folder / "Acme" / "Toys" / "1.2.3"
    names = [f"+<packs/Acme.Toys/src/{name}>" for name in ("a.c", "b.cpp", "c.S", "d e.c")]
    assert sources(made) == ["-<*>", *names]
    assert (made.folder / "packs/Acme.Toys/src/d e.c").is_file()
    assert made.include_dirs == (root / "inc", root / "pre", made.folder / "rte")
    assert made.defines == {"STATIC": "1", "EMPTY": ""}
    assert [str(p) for p in made.packs] == ["Acme::Toys 1.2.3"]
    expected = [(n, root / n) for n in ("cfg/ball_config.h", "cfg/time.c")]
    assert [(c.name, c.path) for c in made.config_files] == expected


def test_sources_can_be_left_out(tmp_path: Path, store: Store) -> None:
    add(store, tmp_path)
    made = make(store, exclude=("*.cpp", "Acme.Toys/src/[cd]*"))
    assert sources(made) == ["-<*>", "+<packs/Acme.Toys/src/a.c>"]


def test_single_sources_get_more_flags(tmp_path: Path, store: Store) -> None:
    add(store, tmp_path)
    script = (make(store, source_flags={"*/src/a.*": ("-O0",)}).folder / "build.py").read_text()
    assert "SOURCE_FLAGS = {'packs/Acme.Toys/src/a.c': ['-O0']}" in script


def test_the_same_gives_the_same_and_anything_else_another(tmp_path: Path, store: Store) -> None:
    add(store, tmp_path)
    first = make(store)
    content = {p.name: p.read_bytes() for p in first.folder.iterdir() if p.is_file()}
    assert make(store) == first
    assert make(store, build_flags=("-Os",)).folder != first.folder
    (store.folder / "Acme/Toys/1.2.3/src/a.c").write_text("int changed;")
    again = make(store)
    assert again.folder != first.folder
    assert {p.name: p.read_bytes() for p in again.folder.iterdir() if p.is_file()} == content


def test_local_and_global_pre_includes(tmp_path: Path, store: Store) -> None:
    more = "<Pre_Include_Local_Component_h>#define ONLY_HERE 1</Pre_Include_Local_Component_h>"
    entries = (
        source("src/a.c")
        + '<file category="preIncludeLocal" name="pre/local.h"/>'
        + '<file category="preIncludeGlobal" name="pre/global.h"/>'
    )
    add(store, tmp_path, entries, more)
    made = make(store)
    root = store.folder / "Acme" / "Toys" / "1.2.3"
    assert made.pre_includes == (root / "pre/global.h",)
    assert (made.folder / "rte/local_0.h").read_text() == "#define ONLY_HERE 1\n"
    script = (made.folder / "build.py").read_text()
    assert "$PACKS_LIBRARY/rte/local_0.h" in script and str(root / "pre/local.h") in script


def test_rte_components_are_collected(tmp_path: Path, store: Store) -> None:
    add(store, tmp_path, more="<RTE_Components_h>\n #define RTE_BALL\n</RTE_Components_h>")
    assert "\n#define RTE_BALL\n" in (make(store).folder / "rte/RTE_Components.h").read_text()


@pytest.mark.parametrize(
    ("entries", "more", "message"),
    [
        (source("src/gone.c"), "", "incomplete: it lists src/gone.c"),
        ('<file category="header" name="inc/gone.h"/>', "", "incomplete"),
        ('<file category="library" name="x.a"/>', "", "the compiled file x.a"),
        ("", "<Pre_Include_Global_h>#include <x.h></Pre_Include_Global_h>", "before every source"),
        ("", "<Pre_Include_Global_h>#define F(x) x</Pre_Include_Global_h>", "before every source"),
    ],
)
def test_what_cannot_be_a_library(
    tmp_path: Path, store: Store, entries: str, more: str, message: str
) -> None:
    more = more.replace("<x.h>", "&lt;x.h&gt;")
    add(store, tmp_path, entries, more)
    with pytest.raises(McugenError, match=message):
        make(store)


def test_components_that_define_the_same_differently(tmp_path: Path, store: Store) -> None:
    texts = [f"<Pre_Include_Global_h>#define N {n}</Pre_Include_Global_h>" for n in (1, 2)]
    parts = component("Ball", more=texts[0]) + component("Box", more=texts[1])
    store.add(folder(tmp_path / "a", pdsc(parts), {}))
    with pytest.raises(McugenError, match="defines N as '2'"):
        library(store, (*BALL, Request("Toy", "Box")), CONTEXT, name="toys")


def test_a_cache_that_cannot_be_written(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, tmp_path)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(McugenError, match="cannot write the library"):
        make(store)
