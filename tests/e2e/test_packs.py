"""A library of packs, built by PlatformIO in two projects."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import mcugen
from mcugen.packs import Context, PackLibrary, Request, Store, library
from mcugen.toolchain.pio import run_pio
from tests.paths import SINE
from tests.unit.packs.maker import component, folder, pdsc, source

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

GLOBAL = "<Pre_Include_Global_h>#define BALL_SIZE 3</Pre_Include_Global_h>"
LOCAL = "<Pre_Include_Local_Component_h>#define BALL_SECRET 4</Pre_Include_Local_Component_h>"
FILES = {
    "inc/ball.h": "int ball(void);\nint box(void);\n",
    "src/a ball.c": '#include "ball.h"\nint ball(void) { return BALL_SIZE * BALL_SECRET; }\n',
    "src/box.cpp": (
        '#include "RTE_Components.h"\nextern "C" {\n#include "ball.h"\n}\n'
        "#ifdef BALL_SECRET\n#error not for this component\n#endif\n"
        "#ifdef MCUGEN_OF_THE_PROJECT\n#error not for packs\n#endif\n"
        "int box(void) { return RTE_BOX; }\n"
    ),
    "src/unlisted.c": "#error not listed\n",
}
PARTS = component(
    "Ball", source("src/a ball.c") + '<file category="header" name="inc/ball.h"/>', GLOBAL + LOCAL
) + component(
    "Box", source("src/box.cpp"), "<RTE_Components_h>#define RTE_BOX 5</RTE_Components_h>"
)
USER = """\
#include "ball.h"
_Static_assert(BALL_SIZE == 3, "");
int user(void) { return ball() + box(); }
"""


def build(place: Path, made: PackLibrary) -> str:
    """Builds a project that uses the library; gives PlatformIO's output."""
    mcugen.build(SINE, "host", output=place, compile=False)
    defines = " ".join(f"-D{name}={value}" for name, value in made.defines.items())
    with (place / "platformio.ini").open("a") as ini:
        ini.write(
            f"\n[env:packs]\nbuild_flags = {defines} -DMCUGEN_OF_THE_PROJECT\n"
            f"lib_deps = symlink://{made.folder}\n"
        )
    (place / "src" / "user.c").write_text(USER)
    result = run_pio(place, "packs")
    assert result.returncode == 0, result.output
    return result.output


def test_two_projects_share_the_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUGEN_CACHE", str(tmp_path / "cache"))
    store = Store(tmp_path / "my packs")
    store.add(folder(tmp_path / "unpacked", pdsc(PARTS), FILES))
    requests = [Request("Toy", "Ball"), Request("Toy", "Box")]
    made = library(store, requests, Context({}), name="toys", build_flags=("-Os",))
    first, second = tmp_path / "first", tmp_path / "second"
    assert "Retrieved" not in build(first, made)
    output = build(second, made)
    assert output.count("Retrieved") == 3, output  # two objects and their archive
    images = [place / ".pio" / "build" / "packs" / "firmware.elf" for place in (first, second)]
    assert images[0].read_bytes() == images[1].read_bytes()
