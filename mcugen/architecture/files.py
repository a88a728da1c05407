"""arch.json: reads and writes architectures. A file is hostile until it is checked."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from mcugen.architecture.architecture import HINT, MAXIMUM_BLOCKS, Architecture, block_place
from mcugen.architecture.blocks import BLOCKS, Block
from mcugen.architecture.fields import OneOf, Rule, rules_of, shown
from mcugen.architecture.named import named
from mcugen.errors import InputRejected
from mcugen.output_file import write_output
from mcugen.text import printable

FORMAT = "mcugen-architecture"
VERSION = 1
_MAXIMUM_BYTES = 1 << 20


def read_architecture(path_or_name: str | Path) -> Architecture:
    """The named architecture, or the one that a .json file holds.

    Raises InputRejected, naming file, block and field, or the names that come nearest.
    """
    text = str(path_or_name)
    if not text.endswith(".json") and "/" not in text and "\\" not in text:
        return named(text)
    path = Path(text)
    if not path.is_file():
        raise InputRejected(f"{path}: there is no such file", HINT)
    try:
        if path.stat().st_size > _MAXIMUM_BYTES:
            raise InputRejected(f"{path}: too large for an architecture", HINT)
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputRejected(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InputRejected(f"{path}: not JSON: {error}") from None
    try:
        return architecture_from_json(content)
    except InputRejected as error:
        raise InputRejected(f"{path}: {error.message}", error.hint) from None


def write_architecture(architecture: Architecture, path: str | Path) -> None:
    """Writes arch.json, a block a line: the whole file, or nothing and McugenError."""
    write_output(Path(path), _text(architecture).encode())


def architecture_to_json(architecture: Architecture) -> dict[str, Any]:
    """What arch.json holds; fields that have their defaults are left out of blocks."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": architecture.name,
        "input": list(architecture.input),
        "outputs": architecture.outputs,
        "activation": architecture.activation,
        "blocks": [_block_to_json(block) for block in architecture.blocks],
    }


def architecture_from_json(content: Any) -> Architecture:
    """Checks and takes what arch.json holds. Raises InputRejected, naming block and field."""
    if not isinstance(content, dict):
        _reject("the file", "must hold an object")
    for key, value in (("format", FORMAT), ("version", VERSION)):
        _parse(OneOf((value,)), content.get(key), key)
    header = {key: content[key] for key in content if key not in ("format", "version", "blocks")}
    values = _values(Architecture, header, str)
    blocks = content.get("blocks")
    if not isinstance(blocks, list) or len(blocks) > MAXIMUM_BLOCKS:
        _reject("blocks", f"must be a list of 1 to {MAXIMUM_BLOCKS}")
    return Architecture(
        **values, blocks=tuple(_block_from_json(i, block) for i, block in enumerate(blocks))
    )


def _text(architecture: Architecture) -> str:
    content = architecture_to_json(architecture)
    blocks = ",\n".join(f"    {json.dumps(block)}" for block in content.pop("blocks"))
    header = "".join(
        f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in content.items()
    )
    return f'{{\n{header}  "blocks": [\n{blocks}\n  ]\n}}\n'


def _block_to_json(block: Block) -> dict[str, Any]:
    values = {f.name: (getattr(block, f.name), f.default) for f in dataclasses.fields(block)}
    return {
        "block": block.block,
        **{name: value for name, (value, default) in values.items() if value != default},
    }


def _block_from_json(index: int, content: Any) -> Block:
    if not isinstance(content, dict):
        _reject(f"blocks[{index}]", f"must be an object, and is {shown(content)}")
    kind = _parse(OneOf(tuple(BLOCKS)), content.get("block"), f"blocks[{index}].block")
    fields = {key: content[key] for key in content if key != "block"}
    return BLOCKS[kind](**_values(BLOCKS[kind], fields, lambda f: block_place(index, kind, f)))


def _values(owner: type, content: dict[str, Any], place: Callable[[str], str]) -> dict[str, Any]:
    """The fields of a dataclass that `content` gives; all that have no default must be there."""
    rules = rules_of(owner)
    for key in content:
        if key not in rules:
            near = difflib.get_close_matches(key[:80], rules, n=1)
            _reject(
                place(printable(key)), "is unknown" + (f": is {near[0]} meant?" if near else "")
            )
    for name, parameter in inspect.signature(owner).parameters.items():
        if name in rules and name not in content and parameter.default is parameter.empty:
            _reject(place(name), "is missing")
    return {name: _parse(rules[name], content[name], place(name)) for name in content}


def _parse(rule: Rule, value: Any, place: str) -> Any:
    try:
        return rule.parse(value)
    except ValueError as error:
        _reject(place, str(error))


def _reject(place: str, reason: str) -> NoReturn:
    raise InputRejected(f"{place} {reason}", HINT)
