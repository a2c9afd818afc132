"""JSON Schemas of the events, made from the models that write them, and a table of who writes what."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

import commerce
from commerce.kernel.events import Event, EventData

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Where the events of an area are said.
FACTS = "events"


class _WithoutNull(GenerateJsonSchema):
    """Events leave out what is None, so their schemas know no null. Titles would only repeat the names."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        return {name: value for name, value in described.items() if name != "default" or value is not None}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def event_types() -> dict[str, type[EventData]]:
    """Return the data model of each of the shop's event types, by name."""
    for module in _modules():
        if module.rsplit(".", 1)[1] == FACTS:
            importlib.import_module(module)
    return {name: kind for name, kind in sorted(EventData.types.items()) if kind.__module__.startswith("commerce.")}


def event_schema(name: str) -> Json:
    """Return the schema of one type of event, as the bus delivers it in `detail`."""
    data = event_types()[name].model_json_schema(schema_generator=_WithoutNull)
    definitions = data.pop("$defs", {})
    whole = Event.model_json_schema()
    described = {
        "id": "Subject and sequence: the same however often the event is delivered.",
        "type": "What happened.",
        "version": "Of this schema.",
        "subject": "What it is about, as in order/7K2M9QX4TD.",
        "sequence": "Its place among the subject's events; text that sorts.",
        "at": "When, ISO 8601 in UTC.",
    }
    members = {
        field: {"type": whole["properties"][field]["type"], "description": text} for field, text in described.items()
    }
    members["type"] = {"const": name, "description": described["type"]}
    members["data"] = data
    required = list(members)
    members |= {
        "hash": {
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
            "description": "SHA-256 over the event and the hash before it (ADR 17).",
        },
        "correlation_id": {
            "type": "string",
            "description": "The click, message or schedule that it comes from: the same on all that follows.",
        },
    }
    schema: Json = {
        "$schema": DIALECT,
        "$id": f"urn:salama:event:{name}",
        "title": name,
        "description": _sentence(event_types()[name]),
        "type": "object",
        "properties": members,
        "required": required,
    }
    return schema | ({"$defs": definitions} if definitions else {})


def write_event_schemas(folder: Path) -> None:
    """Write a schema for each type of event, and the table of all, into a folder of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in event_files().items():
        (folder / name).write_text(text, encoding="utf-8")


def event_files() -> dict[str, str]:
    """Return the text of each file by its name."""
    schemas = {
        f"{name}.json": json.dumps(event_schema(name), indent=2, ensure_ascii=False) + "\n" for name in event_types()
    }
    return schemas | {"README.md": _table()}


def emitters() -> dict[str, list[str]]:
    """Return the modules that write each type of event, as ``payments/settle_payment``.

    A module writes an event when it names the event's class, or calls a function that returns one.
    """
    types = event_types()
    trees = {module: _parsed(module) for module in _modules() if module.rsplit(".", 1)[1] != FACTS}
    makers = {
        (module, node.name): node.returns.id
        for module, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id in types
    }
    found: dict[str, set[str]] = defaultdict(set)
    for module, tree in trees.items():
        known = {name: kind for (maker, name), kind in makers.items() if maker == module} | {
            name.asname or name.name: makers[node.module or "", name.name]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for name in node.names
            if (node.module or "", name.name) in makers
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in types:
                found[node.id].add(module)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
                found[known[node.func.id]].add(module)
    return {kind: sorted("/".join(module.split(".")[1:]) for module in modules) for kind, modules in found.items()}


def _modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(commerce.__path__, "commerce."):
        if not found.ispkg and not found.name.startswith(("commerce.kernel.", "commerce.runtime.")):
            yield found.name


def _parsed(module: str) -> ast.Module:
    specification = find_spec(module)
    if specification is None or specification.origin is None:
        raise LookupError(module)
    return ast.parse(Path(specification.origin).read_text(encoding="utf-8"))


def _sentence(kind: type[EventData]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _table() -> str:
    lines = [
        "# Events",
        "",
        "What the shop says on its bus (source `salama`). Each event was written in the commit of the change it tells",
        "of, and is delivered at least once: `id` is the same every time. Events hold no personal data.",
        "",
        "Made by `make docs` from the code; a test fails when this page or a schema is out of date.",
        "",
        "| Type | When | Emitted by | Data |",
        "|---|---|---|---|",
    ]
    written_by = emitters()
    for name, kind in event_types().items():
        modules = ", ".join(f"`{module}`" for module in written_by.get(name, []))
        data = ", ".join(
            f"`{field}`" + ("" if info.is_required() else "?") for field, info in kind.model_fields.items()
        )
        lines.append(f"| [{name}]({name}.json) | {_sentence(kind)} | {modules} | {data} |")
    lines += ["", "A member with `?` may be missing.", ""]
    return "\n".join(lines)
