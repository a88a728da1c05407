"""Builds a project for one board: compiler, flags, board support, linker script, upload.

SCons runs this file. Everything that differs between boards comes from the "mcugen" section of the
board's manifest.
"""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import which
from typing import Any

from SCons.Script import COMMAND_LINE_TARGETS, AlwaysBuild, Default, DefaultEnvironment

env: Any = DefaultEnvironment()
PLATFORM = Path(env.PioPlatform().get_dir())
sys.dont_write_bytecode = True
sys.path.insert(0, str(PLATFORM / "builder"))

from linker_script import linker_script  # type: ignore[import-not-found] # noqa: E402
from manifest import cpu_flags, qemu_command  # type: ignore[import-not-found] # noqa: E402
from upload import Uploader, UploadError  # type: ignore[import-not-found] # noqa: E402

board: Any = env.BoardConfig()
section: dict[str, Any] = board.get("mcugen")
is_host = section["kind"] == "host"
PREFIX = "" if is_host else "arm-none-eabi-"
DEBIAN_PACKAGES = "gcc" if is_host else "gcc-arm-none-eabi libnewlib-arm-none-eabi"


def stop(message: str) -> None:
    """Ends the build with one sentence."""
    sys.stderr.write(f"Error: {message}\n")
    env.Exit(1)


def check_compiler() -> None:
    """Says at once what to install."""
    if which(f"{PREFIX}gcc", path=env["ENV"]["PATH"]) is None:
        stop(f"{PREFIX}gcc is not on PATH; on Debian or Ubuntu: apt install {DEBIAN_PACKAGES}")


def set_tools() -> None:
    env.Replace(
        AR=f"{PREFIX}gcc-ar",
        AS=f"{PREFIX}gcc",
        CC=f"{PREFIX}gcc",
        CXX=f"{PREFIX}g++",
        # gcc, not g++: C++ without its library is what bare metal can rely on.
        LINK=f"{PREFIX}gcc" if not is_host else "$SMARTLINK",
        RANLIB=f"{PREFIX}gcc-ranlib",
        OBJCOPY=f"{PREFIX}objcopy",
        SIZETOOL=f"{PREFIX}size",
        SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
        SIZEPROGREGEXP=r"^\.(?:vectors|text|rodata|ARM\.\w+|init_array|data\w*)\s+(\d+)",
        SIZEDATAREGEXP=r"^\.(?:stack|data\w*|bss\w*|noinit|mcugen_arena)\s+(\d+)",
        PROGNAME="firmware",
        PROGSUFFIX=".elf",
    )


def set_flags() -> None:
    """The CPU's flags go to assembler, compiler and linker: they choose the C library too."""
    cpu = cpu_flags(section)
    project = env.subst("$PROJECT_DIR")
    env.Append(
        ASFLAGS=[*cpu, "-x", "assembler-with-cpp"],
        CCFLAGS=[
            *cpu,
            "-O2",
            "-ffunction-sections",
            "-fdata-sections",
            "-fno-common",
            # Loops stay loops: the C library's memset and strlen are hundreds of bytes.
            "-fno-tree-loop-distribute-patterns",
            "-fstack-usage",
            # No path of this machine in the image: the same project gives the same bytes anywhere.
            f"-ffile-prefix-map={project}=.",
            f"-ffile-prefix-map={PLATFORM.as_posix()}=platform",
        ],
        CFLAGS=["-std=gnu99"],
        CXXFLAGS=["-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"],
        CPPPATH=[str(PLATFORM / "support" / "include")],
        LINKFLAGS=[*cpu, "-O2", "-Wl,--gc-sections", "-Wl,--build-id=none"],
        LIBS=["m"],
    )
    if not is_host:
        env.Append(
            LINKFLAGS=[
                "-nostartfiles",
                "--specs=nano.specs",
                "-Wl,-Map=" + env.subst("$BUILD_DIR/firmware.map"),
            ]
        )


def write_linker_script() -> None:
    """In the build folder, unless the project brings one (`board_build.ldscript`)."""
    own = board.get("build.ldscript", "")
    if own:
        env.Replace(LDSCRIPT_PATH=own)
        return
    stack_bytes = int(board.get("build.stack_bytes", section["stack_bytes"]))
    path = Path(env.subst("$BUILD_DIR")) / "firmware.ld"
    text = linker_script(section, stack_bytes)
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)
    env.Replace(LDSCRIPT_PATH=str(path))


def add_support() -> None:
    """Compiles the board's port, with defines that the project does not see."""
    port = section["port"]
    own = env.Clone()
    own.ProcessFlags(env.get("BUILD_FLAGS"))
    folders = sorted({str(Path(name).parent) for name in port["sources"]})
    own.Append(
        CCFLAGS=["-Os"],  # nothing here is hot
        CPPPATH=[str(PLATFORM / "support" / folder) for folder in folders],
        CPPDEFINES=[(name, value) for name, value in port["defines"].items()],
    )
    wanted = ["-<*>", *(f"+<{name}>" for name in port["sources"])]
    objects = own.CollectBuildFiles("$BUILD_DIR/support", str(PLATFORM / "support"), wanted)
    env.Append(PIOBUILDFILES=[own.Object(item) for item in objects])


def upload(target: list[Any], source: list[Any], env: Any) -> int | None:
    """Runs the image in its emulator or on the host, or flashes the board."""
    del target
    if "__test" in COMMAND_LINE_TARGETS and section["kind"] != "board":
        return None  # the test runner starts the emulator itself
    elf = str(source[0])
    is_emulated = section["kind"] == "emulator"
    uploader = Uploader(
        section,
        emulator=qemu_command(section, elf) if is_emulated else [],
        protocol=env.GetProjectOption("upload_protocol", ""),
        port=env.subst("$UPLOAD_PORT"),
        path=env["ENV"]["PATH"],
    )
    try:
        commands = uploader.commands(elf, env.subst("$OBJCOPY"))
    except UploadError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    for command in commands:
        status = int(uploader.run(command, env["ENV"]))
        if status:
            return status
    return None


check_compiler()
set_tools()
set_flags()
if not is_host:
    write_linker_script()
add_support()

program = env.BuildProgram()
if not is_host:
    env.Depends(program, env["LDSCRIPT_PATH"])
size = env.Alias("checkprogsize", program)
env.AddPlatformTarget("upload", program, [env.VerboseAction(upload, "Uploading $SOURCE")], "Upload")
AlwaysBuild(size)
Default([program, size])
