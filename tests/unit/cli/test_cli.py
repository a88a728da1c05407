"""The command line: options, exit codes, JSON, and the mistakes that people make."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import mcugen.api
from mcugen import building
from mcugen.cli import COMMANDS, main
from mcugen.errors import DoesNotFit, InputRejected, McugenError
from tests.unit.report import results
from tests.unit.report.results import HOSTILE


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def only_object(result: Result) -> dict[str, Any]:
    """Standard output's one JSON object; nothing else may be there or on standard error."""
    assert result.stderr == ""
    assert "\x1b" not in result.stdout
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def stub(monkeypatch: pytest.MonkeyPatch, verb: str, answer: Any) -> list[dict[str, Any]]:
    """Makes `mcugen.api.<verb>` return or raise `answer`; gives the calls' arguments."""
    calls: list[dict[str, Any]] = []

    def replacement(*arguments: Any, progress: Any, **options: Any) -> Any:
        calls.append({"arguments": arguments, **options})
        progress("working", 1, 2)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(mcugen.api, verb, replacement)
    return calls


def test_help_without_a_command() -> None:
    result = run()
    assert result.exit_code == 0
    for name in COMMANDS:
        assert f"  {name}" in result.stdout


def full_names() -> list[tuple[str, ...]]:
    """Every command's name as it is typed; of a group, its commands' names."""
    names: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        below = command.commands if isinstance(command, click.Group) else ()
        names += [(name, sub) for sub in below] or [(name,)]
    return names


@pytest.mark.parametrize("name", full_names(), ids=" ".join)
def test_every_command_has_help_and_output_options(name: tuple[str, ...]) -> None:
    result = run(*name, "--help")
    assert result.exit_code == 0
    assert "--json" in result.stdout and "--quiet" in result.stdout and "--debug" in result.stdout
    assert "mcugen " in result.stdout.split("Options:")[0]


def test_version() -> None:
    assert run("--version").stdout == f"mcugen {mcugen.__version__}\n"


def test_a_misspelt_command_names_the_nearest() -> None:
    result = run("bulid", "model.tflite")
    assert result.exit_code == 2
    assert "there is no command 'bulid'" in result.stderr and "  - mcugen build" in result.stderr
    assert only_object(run("bulid", "--json"))["error"]["exit_code"] == 2


@pytest.mark.parametrize(
    "words",
    [
        ["build"],
        ["build", "x.tflite"],
        ["build", "x.tflite", "--bord", "qemu_m4"],
        ["verify", "x.tflite", "--board", "qemu_m4", "--inputs", "0"],
        ["verify", "x.tflite", "--board", "qemu_m4", "--seed", "-1"],
        ["build", "x.tflite", "--board", "qemu_m4", "--runtime", "other"],
        ["boards", "one", "two"],
        ["--nonsense"],
    ],
)
def test_usage_errors_are_rejections_in_json_too(words: list[str]) -> None:
    plain = run(*words)
    assert plain.exit_code == 2
    assert plain.stdout == "" and plain.stderr.startswith("error: ")
    coded = run(*words, "--json")
    assert coded.exit_code == 2
    assert only_object(coded)["error"]["message"]


def test_a_missing_board_is_explained() -> None:
    assert "mcugen boards  lists the boards" in run("build", "x.tflite").stderr


def test_build(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = stub(monkeypatch, "build", results.build_result(True))
    words = ["build", "m.tflite", "-b", "qemu_m4", "-o", "out", "--name", "kws", "--no-compile"]
    result = run(*words, "--optimize", "os", "--force", "--json")
    assert result.exit_code == 0
    document = only_object(result)
    keys = {"fits", "flash_bytes", "ram_bytes", "arena_bytes", "stack_bytes", "project_dir"}
    assert keys <= set(document)
    assert calls == [
        {
            "arguments": (Path("m.tflite"), "qemu_m4"),
            "compile": False,
            "runtime": "aot",
            "framework": None,
            "output": Path("out"),
            "prefix": "kws",
            "optimize": "Os",
            "int4_kernels": None,
            "arena_bytes": None,
            "force": True,
        }
    ]


def test_build_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "build", building.BuildDoesNotFit(results.build_result(False)))
    words = ["build", "m.tflite", "--board", "qemu_m4"]
    result = run(*words)
    assert result.exit_code == 3
    assert result.stdout.startswith("✗ does not fit qemu_m4")
    assert "Things to try:" in result.stdout
    coded = run(*words, "--json")
    assert coded.exit_code == 3
    document = only_object(coded)
    assert document["fits"] is False and document["error"]["exit_code"] == 3


def test_a_refusal_without_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "build", DoesNotFit("too big", "try less"))
    result = run("build", "m.tflite", "--board", "qemu_m4")
    assert result.exit_code == 3
    assert result.stderr.endswith("error: too big\nThings to try:\n  - try less\n")


def test_run_writes_its_outputs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls = stub(monkeypatch, "run", results.run_result())
    out = tmp_path / "answers.npz"
    words = ["run", "m.tflite", "--board", "qemu_m4", "--input", "a.npy", "--input", "b.npy"]
    result = run(*words, "--seed", "7", "--inputs", "2", "-o", str(out), "--json")
    assert result.exit_code == 0 and out.is_file()
    assert only_object(result)["ticks"] == [7_000_001, 7_000_002]
    assert calls[0]["inputs"] == (Path("a.npy"), Path("b.npy"))
    assert (calls[0]["seed"], calls[0]["count"]) == (7, 2)


@pytest.mark.parametrize(("mismatches", "code"), [(0, 0), (17, 1)])
def test_verify(monkeypatch: pytest.MonkeyPatch, mismatches: int, code: int) -> None:
    calls = stub(monkeypatch, "verify", results.verify_result(mismatches))
    result = run("verify", "m.tflite", "--board", "qemu_m4", "--json")
    assert result.exit_code == code
    document = only_object(result)
    assert (document["inputs"], document["output_bytes"]) == (20, 240)
    assert document["mismatches"] == mismatches
    assert (calls[0]["count"], calls[0]["seed"]) == (20, 0)


def test_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "profile", results.profile_result())
    document = only_object(run("profile", "m.tflite", "--board", "qemu_m4", "--json"))
    assert document["instructions"] == 1_113_944
    assert {"name", "op", "kernel", "macs", "instructions"} <= set(document["layers"][0])


def test_inspect_kernels() -> None:
    sine = str(Path(__file__).parents[3] / "examples" / "sine" / "sine.tflite")
    document = only_object(run("inspect", sine, "--kernels", "--board", "qemu_m3", "--json"))
    assert document["instruction_set"] == "portable"
    assert all(operator["kernel"] and operator["reason"] for operator in document["operators"])
    shown = run("inspect", sine, "--kernels").output
    assert "Kernels, in order of execution" in shown and "DSP extension" in shown


def test_quiet_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "build", results.build_result(True))
    result = run("build", "m.tflite", "--board", "qemu_m4", "-q")
    assert (result.stdout, result.stderr) == ("✓ fits qemu_m4\n", "")


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (InputRejected(f"tensor '{HOSTILE}' is odd"), 2, "tensor"),
        (McugenError("failed"), 1, "failed"),
        (PermissionError(13, "Permission denied", "out"), 1, "'out': Permission denied"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError(HOSTILE), 1, "this is a mistake in mcugen: ZeroDivisionError"),
        (RecursionError("deep"), 1, "RecursionError"),
    ],
)
def test_every_failure_has_its_code_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, words: str
) -> None:
    stub(monkeypatch, "profile", raised)
    arguments = ["profile", "m.tflite", "--board", "qemu_m4"]
    plain = run(*arguments)
    assert plain.exit_code == code
    assert plain.stdout == "" and words in plain.stderr
    assert "Traceback" not in plain.stderr and "\x1b" not in plain.stderr
    coded = run(*arguments, "--json")
    assert coded.exit_code == code
    assert only_object(coded)["error"]["exit_code"] == code


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "profile", McugenError("failed"))
    result = run("profile", "m.tflite", "--board", "qemu_m4", "--debug")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr and "error: failed" in result.stderr


VERBS = (
    ["build", "--board", "qemu_m4", "--no-compile", "-o"],
    ["run", "--board", "qemu_m4"],
    ["verify", "--board", "qemu_m4"],
    ["profile", "--board", "qemu_m4"],
    ["inspect"],
    ["quantize", "-o"],
)


@pytest.mark.parametrize("verb", VERBS, ids=lambda words: words[0])
@pytest.mark.parametrize("mistake", ["missing", "folder", "text", "empty"])
def test_what_is_not_a_model_is_rejected(tmp_path: Path, verb: list[str], mistake: str) -> None:
    model = tmp_path / "model.tflite"
    if mistake == "folder":
        model.mkdir()
    elif mistake != "missing":
        model.write_text("not a model at all" if mistake == "text" else "")
    words = [*verb, str(tmp_path / "out")] if verb[-1] == "-o" else verb
    result = run(words[0], str(model), *words[1:])
    assert result.exit_code == 2, result.output
    assert "error: " in result.stderr and "mistake in mcugen" not in result.stderr
    assert only_object(run(words[0], str(model), *words[1:], "--json"))["error"]["exit_code"] == 2
    assert not (tmp_path / "out").exists()


def test_boards() -> None:
    document = only_object(run("boards", "--json"))
    ids = [board["id"] for board in document["boards"]]
    assert "qemu_m4" in ids and "host" in ids
    shown = run("boards").stdout
    assert all(name in shown for name in ids)


def test_one_board() -> None:
    document = only_object(run("boards", "qemu_m4", "--json"))
    assert (document["core"], document["flash_bytes"]) == ("cortex-m4", 4 << 20)
    assert "cortex-m4" in run("boards", "qemu_m4").stdout


def test_a_misspelt_board_names_the_nearest() -> None:
    for words in (["boards", "qemu_m44"], ["boards", "qemu-m4"]):
        result = run(*words)
        assert result.exit_code == 2
        assert "qemu_m4" in result.stderr


def test_doctor_is_one_object() -> None:
    result = run("doctor", "--json")
    document = only_object(result)
    assert result.exit_code == (0 if document["ok"] else 1)
    assert {"name", "needed_for", "required", "ok", "found", "hint"} == set(document["checks"][0])


def test_flash_needs_a_project(tmp_path: Path) -> None:
    result = run("flash", str(tmp_path))
    assert result.exit_code == 2
    assert "not a PlatformIO project" in result.stderr and "mcugen build" in result.stderr


def test_a_reader_that_goes_away_is_no_failure_to_report() -> None:
    code = "import sys; from mcugen.cli import main; main(['boards'])"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) in (0, 1)
    assert errors == ""


def test_a_process_prints_one_object(tmp_path: Path) -> None:
    code = "import sys; from mcugen.cli import main; main()"
    model = str(tmp_path / HOSTILE.replace("/", "_"))
    done = subprocess.run(
        [sys.executable, "-c", code, "build", model, "--board", "qemu_m4", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == ""
    assert json.loads(done.stdout)["error"]["exit_code"] == 2
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (results.compare_result(), 0),
        (results.compare_result(mismatches=1), 1),
        (results.compare_result(fits=False), 0),
    ],
)
def test_compare(monkeypatch: pytest.MonkeyPatch, answer: Any, code: int) -> None:
    calls = stub(monkeypatch, "compare", answer)
    result = run("compare", "kws.tflite", "--board", "qemu_m4", "--inputs", "5", "--json")
    assert result.exit_code == code
    document = only_object(result)
    assert [each["runtime"] for each in document["runtimes"]] == ["aot", "tflm"]
    assert document["runtimes"][1]["build"]["arena_tail_bytes"] == 6824
    assert calls[0]["count"] == 5


def test_compare_where_nothing_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = results.compare_result(fits=False)
    misfit = answer.runtimes[1]
    stub(monkeypatch, "compare", replace(answer, runtimes=(misfit, misfit)))
    assert run("compare", "kws.tflite", "--board", "qemu_m4", "--quiet").exit_code == 3


def test_compare_writes_a_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stub(monkeypatch, "compare", results.compare_result())
    page = tmp_path / "page.html"
    result = run("compare", "kws.tflite", "--board", "qemu_m4", "--html", str(page))
    assert result.exit_code == 0 and "</html>" in page.read_text(encoding="utf-8")
