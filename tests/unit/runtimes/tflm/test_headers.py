"""The table of kernels and the generated C++, compiled against TFLM's own headers.

They come from the packs that MCUGEN_PACKS holds, or else from the wheel `xmos-ai-tools`. Its TFLM
is somewhat older, lives in another namespace, does not compile with TF_LITE_STATIC_MEMORY, and
lacks gemmlowp and ruy: what its headers mention of these is declared here.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcugen.runtimes.tflm.emit import Library, emit_library
from mcugen.runtimes.tflm.int4 import Int4
from mcugen.runtimes.tflm.kernels import CUSTOM_METHODS, KERNELS
from mcugen.runtimes.tflm.resolver import Registration, registrations
from mcugen.tflite.reader import load
from mcugen.tflite.verifier import verify
from tests.paths import DIGITS, SINE

COMPILER = "arm-none-eabi-g++"
FLAGS = (
    *("-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-Os", "-w"),
    *("-mcpu=cortex-m4", "-mthumb", "-DCMSIS_NN", "-fsyntax-only"),
)
NEWER = {"AddDynamicUpdateSlice", "AddReduceAll", "AddReduceMin", "AddReverseV2"}
"""Methods that the wheel's TFLM does not have yet; it lacks many small registrations, too."""

FIXEDPOINT = """
#pragma once
#include <cstdint>
namespace gemmlowp {
template <typename T> struct FixedPointRawTypeTraits { using ScalarRawType = T; };
template <typename T, int kBits> struct FixedPoint {
  static constexpr int kFractionalBits = 31 - kBits;
  T raw() const;
  T &raw();
  static FixedPoint FromRaw(T);
  static FixedPoint FromScalarRaw(T);
  template <int kExponent> static FixedPoint ConstantPOT();
  static FixedPoint Zero();
  static FixedPoint One();
};
template <typename T, int a, int b>
FixedPoint<T, a + b> operator*(FixedPoint<T, a>, FixedPoint<T, b>);
template <typename T, int a> FixedPoint<T, a> operator+(FixedPoint<T, a>, FixedPoint<T, a>);
template <typename T, int a> FixedPoint<T, a> operator-(FixedPoint<T, a>, FixedPoint<T, a>);
template <int kTo, typename T, int kFrom> FixedPoint<T, kTo> Rescale(FixedPoint<T, kFrom>);
template <typename T> T Dup(T);
template <typename T> T MaskIfGreaterThan(T, T);
template <typename T> T MaskIfLessThan(T, T);
template <typename T> T SelectUsingMask(T, T, T);
template <typename T> T ShiftLeft(T, int);
template <typename T> T RoundingHalfSum(T, T);
template <typename T> T RoundingDivideByPOT(T, int);
template <typename T> T SaturatingRoundingDoublingHighMul(T, T);
template <int kExponent, typename T> T SaturatingRoundingMultiplyByPOT(T);
template <typename T> FixedPoint<T, 0> one_over_one_plus_x_for_x_in_0_1(FixedPoint<T, 0>);
}
#define GEMMLOWP_CHECKED_FIXEDPOINT_CONSTANT(Type, raw, value) (Type::FromScalarRaw(raw))
"""
"""Declarations only: nothing is linked."""

PROFILER = """
#pragma once
namespace ruy { namespace profiler {
struct ScopeLabel { template <typename... T> explicit ScopeLabel(T...) {} };
} }
"""


@dataclass(frozen=True)
class Headers:
    folders: tuple[Path, ...]
    is_current: bool
    defines: tuple[str, ...] = ()

    def compile(self, *words: str) -> subprocess.CompletedProcess[str]:
        include = [f"-I{folder}" for folder in self.folders]
        command = [COMPILER, *FLAGS, *self.defines, *include, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> Headers:
    if not shutil.which(COMPILER):
        pytest.skip(f"{COMPILER} is not installed")
    probe = [COMPILER, "-E", "-x", "c++", "-include", "cstddef", os.devnull]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip(f"{COMPILER} has no headers of the C++ library")
    packs = Path(os.environ.get("MCUGEN_PACKS", "")) / "tensorflow"
    found = sorted(packs.glob("tensorflow-lite-micro/*/tensorflow"))
    if os.environ.get("MCUGEN_PACKS") and found:
        others = [*packs.glob("flatbuffers/*/src/include"), *packs.glob("*/*/src")]
        return Headers((found[-1].parent, *others), True, ("-DTF_LITE_STATIC_MEMORY=1",))
    spec = importlib.util.find_spec("xmos_ai_tools")
    if spec is None or spec.origin is None:
        pytest.skip("neither MCUGEN_PACKS is set nor the wheel xmos-ai-tools installed")
    stubs = tmp_path_factory.mktemp("stubs")
    for name, text in (
        ("fixedpoint/fixedpoint.h", FIXEDPOINT),
        ("ruy/profiler/instrumentation.h", PROFILER),
    ):
        (stubs / name).parent.mkdir(parents=True)
        (stubs / name).write_text(text)
    folders = (Path(spec.origin).parent / "runtime" / "include", stubs)
    return Headers(folders, False, ("-Dtflite=tflite_micro",))


def test_every_registration_of_the_table_exists(headers: Headers, tmp_path: Path) -> None:
    plain = [Registration(name, kernel.method) for name, kernel in KERNELS.items()]
    plain += [Registration(code, method, is_custom=True) for code, method in CUSTOM_METHODS.items()]
    small = [
        Registration(name, kernel.method, f"Register_{name}_{variant}")
        for name, kernel in KERNELS.items()
        for variant in kernel.variants
        if headers.is_current
    ]
    lines = [f"  resolver.{r.call};" for r in (*plain, *small)]
    lines += [f"  (void)resolver.FindOp({r.key});" for r in plain]
    source = tmp_path / "all.cpp"
    include = ["tensorflow/lite/micro/micro_mutable_op_resolver.h"]
    include += [r.header for r in small if r.header]
    source.write_text(
        "".join(f'#if __has_include("{n}")\n#include "{n}"\n#endif\n' for n in include)
        + f"void fill(tflite::MicroMutableOpResolver<{len(plain)}> &resolver) {{\n"
        + "\n".join(lines)
        + "\n}\n"
    )
    outcome = headers.compile(str(source))
    missing = set(re.findall(r"error: .*?'(Add\w+|Register_\w+)'", outcome.stderr))
    assert missing <= (set() if headers.is_current else NEWER), outcome.stderr
    assert bool(missing) == bool(outcome.returncode), outcome.stderr


@pytest.mark.parametrize("hooks", [(), ("-DMCUGEN_LAYER_HOOKS",)], ids=["release", "hooks"])
@pytest.mark.parametrize("model", [DIGITS, SINE], ids=lambda path: path.stem)
def test_generated_code_compiles(
    headers: Headers, tmp_path: Path, model: Path, hooks: tuple[str, ...]
) -> None:
    if hooks and not headers.is_current:
        pytest.skip("the wheel's interpreter does not tell which operator runs")
    data, graph = model.read_bytes(), load(model).graph
    file = verify(data)
    operators = len(file.subgraphs[0].operators)
    library = Library(
        graph=graph,
        layer_count=len(graph.operators),
        layer_bytes=(4,) * len(graph.operators),
        layer_of=tuple(range(operators)),
        int4=Int4(data),
        registrations=registrations(file),
        variables=0,
        folders=(),
        arena_bytes=4096,
    )
    files = emit_library(library, "net", "ab" * 32)
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    options = [f"-I{tmp_path / 'include'}", f"-I{tmp_path / 'src'}", "-Wall", *hooks]
    outcome = headers.compile(*options, str(tmp_path / "src" / "net.cpp"))
    assert outcome.returncode == 0, outcome.stderr
