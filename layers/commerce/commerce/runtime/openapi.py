"""One OpenAPI 3.1 document of the whole API, made from the models that check requests and write answers.

``python -m commerce.runtime.openapi docs/openapi.json docs/events`` writes it, and the schemas of the events. No
function imports this module.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from commerce.runtime import catalog_api, customer_api, openapi_door, openapi_orders, openapi_webhooks, staff_api
from commerce.runtime.event_schemas import write_event_schemas
from commerce.runtime.once import REQUIRED
from commerce.runtime.openapi_answers import REFS, Json, refusals
from commerce.runtime.openapi_parts import (
    BEARER,
    INFO,
    KEY,
    NO_KEYS,
    NOT_SIGNED_IN,
    REPLAYED,
    SERVERS,
    SIGNED_IN,
    TAGS,
    TOKEN,
)

MODELS = [*openapi_orders.MODELS, *openapi_webhooks.MODELS]
#: Whatever is below these addresses is for those who signed in.
OWN = ("/me", "/admin")
STAFF = "/admin"


class _AsFastApiWrites(GenerateJsonSchema):
    """Leaves out that a member is null unless it is said, as FastAPI does: both describe some models."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        return {name: value for name, value in described.items() if name != "default" or value is not None}


def document() -> Json:
    """Return the whole API's document.

    Raises
    ------
    ValueError
        When two parts of it call different things by one name.
    """
    apps = [make(_no_dependencies).openapi() for make in _MAKERS]
    schemas = [app["components"]["schemas"] for app in apps]
    written = models_json_schema(MODELS, ref_template=REFS + "{model}", schema_generator=_AsFastApiWrites)
    schemas.append(written[1]["$defs"])
    # Catalogue first, then orders, customers and staff; a path may be shared by several functions.
    paths: Json = {}
    for part in (apps[0]["paths"], openapi_orders.order_paths(), *(app["paths"] for app in apps[1:])):
        for path, operations in part.items():
            paths.setdefault(path, {}).update(operations)
    for path, operation in _operations(paths):
        operation["responses"] |= refusals(RuntimeError())
        if _below(OWN, path):
            operation["security"] = SIGNED_IN
            operation["responses"] |= refusals(NOT_SIGNED_IN)
            for status, unavailable in refusals(NO_KEYS).items():
                operation["responses"].setdefault(status, unavailable)
        if _below((STAFF,), path):
            _mark_as_staffs(operation)
    for operations in paths.values():
        for method, operation in operations.items():
            openapi_door.put_behind_door(method, operation)
    return {
        "openapi": apps[0]["openapi"],
        "info": INFO,
        "servers": SERVERS,
        "tags": TAGS,
        "paths": paths | openapi_webhooks.webhook_paths(),
        "components": {"schemas": _together(schemas), "securitySchemes": {BEARER: TOKEN} | openapi_door.SCHEMES},
    }


def _no_dependencies() -> Any:
    raise RuntimeError("a document is made without a shop")


_MAKERS = (catalog_api.create_app, customer_api.create_app, staff_api.create_app)


def _operations(paths: Json) -> Iterator[tuple[str, Json]]:
    for path, operations in paths.items():
        for operation in operations.values():
            yield path, operation


def _below(addresses: Sequence[str], path: str) -> bool:
    return any(path == address or path.startswith(f"{address}/") for address in addresses)


def _mark_as_staffs(operation: Json) -> None:
    """Tell staff's operations from the public ones of the same name, and say whether their keys are a choice."""
    operation["operationId"] = f"staff_{operation['operationId']}"
    operation["tags"] = [f"staff: {tag}" for tag in operation["tags"]]
    parameters = operation.get("parameters", [])
    for place, parameter in enumerate(parameters):
        if parameter["name"] == KEY["name"]:
            parameters[place] = KEY if parameter["description"] == REQUIRED else {**KEY, "required": False}
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    answer["headers"] = answer.get("headers", {}) | REPLAYED


def _together(parts: Sequence[Json]) -> Json:
    found: Json = {}
    for part in parts:
        different = sorted(name for name in found.keys() & part.keys() if found[name] != part[name])
        if different:
            raise ValueError(f"two schemas are called {', '.join(different)}")
        found |= part
    return dict(sorted(found.items()))


def main(arguments: Sequence[str]) -> None:
    """Write the document to the first path, and the events' schemas into the folder that the second one names."""
    path = Path(arguments[0])
    path.write_text(json.dumps(document(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for folder in arguments[1:]:
        write_event_schemas(Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
