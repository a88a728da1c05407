"""Writes mcugen/tflite/schema.json: the facts of the TFLite schema, read off an installed wheel.

Only names, slots, types and numbers are taken. The Python accessors in `ai_edge_litert` do not say
which enum a scalar field holds, so that is told here (`ENUM_FIELDS`).

    python tools/gen_schema.py
"""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).resolve().parents[1] / "mcugen" / "tflite" / "schema.json"

ENUM_FIELDS = {
    "fused_activation_function": "ActivationFunctionType",
    "padding": "Padding",
    "builtin_code": "BuiltinOperator",
    "weights_format": "FullyConnectedOptionsWeightsFormat",
    "kernel_type": "LSTMKernelType",
    "combiner": "CombinerType",
    "out_type": "TensorType",
    "output_type": "TensorType",
    "in_data_type": "TensorType",
    "out_data_type": "TensorType",
    "idx_out_type": "TensorType",
    "quantized_bias_type": "TensorType",
    "Tensor.type": "TensorType",
    "VariantSubType.type": "TensorType",
    "LSHProjectionOptions.type": "LSHProjectionType",
    "DimensionMetadata.format": "DimensionType",
    "MirrorPadOptions.mode": "MirrorPadMode",
}
"""Enum of a scalar field, by its name or by table and name."""

SPELLINGS = {
    "builtin_options2": "builtin_options_2",
    "builtin_options2_type": "builtin_options_2_type",
}


def snake_case(name: str) -> str:
    spelled = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return SPELLINGS.get(spelled, spelled)


def scalar_of(text: str) -> str:
    match = re.search(r"number_types\.(Bool|Int\d+|Uint\d+|Float\d+)Flags", text)
    return match.group(1).lower() if match else ""


def kind_of(text: str) -> str:
    """The field's type from its accessor: a scalar, string, table:X, [element], or union."""
    table = re.search(r"obj = (\w+)\(\)", text)
    if "_tab.Union(" in text:
        return "union"
    if "_tab.Vector(" in text:
        if table:
            return f"[table:{table.group(1)}]"
        return f"[{'string' if '_tab.String(' in text else scalar_of(text)}]"
    if table:
        return f"table:{table.group(1)}"
    return "string" if "_tab.String(" in text else scalar_of(text)


def default_of(method: ast.FunctionDef) -> Any:
    last = method.body[-1]
    assert isinstance(last, ast.Return) and last.value is not None
    return ast.literal_eval(last.value)


def table_fields(table: ast.ClassDef, unions: dict[str, str]) -> list[list[Any]]:
    """[slot, name, kind, default, enum or union name] of every field."""
    fields = []
    for method in table.body:
        text = ast.unparse(method)
        # A vector has helpers beside its accessor.
        helper = "AsNumpy(" in text or "VectorLen(" in text or text.endswith("return o == 0")
        if not isinstance(method, ast.FunctionDef) or helper:
            continue
        offset = re.search(r"_tab\.Offset\((\d+)\)", text)
        if offset is None:
            continue
        name, kind = snake_case(method.name), kind_of(text)
        plain = kind in ("bool", "string") or not kind[0].isalpha() or ":" in kind
        enum = "" if plain else ENUM_FIELDS.get(f"{table.name}.{name}", ENUM_FIELDS.get(name, ""))
        if kind == "union":
            enum = unions[f"{table.name}.{name}"]
        elif name.endswith("_type") and f"{table.name}.{name.removesuffix('_type')}" in unions:
            enum = unions[f"{table.name}.{name.removesuffix('_type')}"]
        default = default_of(method) if kind[0] != "[" and scalar_of(text) else None
        fields.append([(int(offset.group(1)) - 4) // 2, name, kind, default, enum])
    return sorted(fields)


def facts(source: str) -> dict[str, Any]:
    """The schema's enums and tables."""
    classes = {n.name: n for n in ast.parse(source).body if isinstance(n, ast.ClassDef)}
    unions = {}
    for name, node in classes.items():
        if name.endswith("T") and name[:-1] in classes:
            for field, union in re.findall(r"self\.(\w+) = (\w+)Creator\(", ast.unparse(node)):
                unions[f"{name[:-1]}.{snake_case(field)}"] = union
    enums: dict[str, dict[str, int]] = {}
    tables: dict[str, list[list[Any]]] = {}
    for name, node in classes.items():
        if all(isinstance(statement, ast.Assign) for statement in node.body):
            assigns = [s for s in node.body if isinstance(s, ast.Assign)]
            values = {
                s.targets[0].id: s.value for s in assigns if isinstance(s.targets[0], ast.Name)
            }
            if "__slots__" not in values:
                enums[name] = {k: ast.literal_eval(v) for k, v in values.items()}
                continue
        if any(isinstance(m, ast.FunctionDef) and m.name == "GetRootAs" for m in node.body):
            tables[name] = table_fields(node, unions)
    return {"file_identifier": "TFL3", "root": "Model", "enums": enums, "tables": tables}


def main() -> None:
    spec = importlib.util.find_spec("ai_edge_litert")
    assert spec is not None and spec.submodule_search_locations is not None
    source = Path(spec.submodule_search_locations[0]) / "schema_py_generated.py"
    found = facts(source.read_text())
    lines = []
    for section in ("enums", "tables"):
        rows = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(found[section].items())]
        lines.append(f'"{section}": {{\n' + ",\n".join(rows) + "\n}")
    head = f'"file_identifier": "{found["file_identifier"]}",\n"root": "{found["root"]}"'
    OUTPUT.write_text("{\n" + ",\n".join([head, *lines]) + "\n}\n")


if __name__ == "__main__":
    main()
