"""What the written parts of the API document are made of: bodies, answers and refusals."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from commerce.runtime.openapi_parts import RETRY_AFTER
from commerce.runtime.problems import PROBLEM, problem, title_of

Json = dict[str, Any]

REFS = "#/components/schemas/"


def body(model: str, examples: dict[str, Json]) -> Json:
    """Describe a request's body by its model, with examples by what they show."""
    shown = {name.lower().replace(" ", "-"): {"summary": name, "value": value} for name, value in examples.items()}
    content = {"schema": {"$ref": REFS + model}, "examples": shown}
    return {"required": True, "content": {"application/json": content}}


def answer(description: str, model: str, headers: Json | None = None, example: str | None = None) -> Json:
    """Describe an answer by its model."""
    content: Json = {"schema": {"$ref": REFS + model}}
    if example is not None:
        content["example"] = json.loads(example)
    described: Json = {"description": description, "content": {"application/json": content}}
    return described | ({"headers": headers} if headers else {})


def refusals(*errors: Exception, schema: str = "Problem") -> Json:
    """Describe refusals by what they are really answered with."""
    answers: Json = {}
    for status, headers, shown in map(problem, errors):
        refusal = answers.setdefault(str(status), _refusal(status, schema))
        example = {"summary": shown["detail"], "value": shown}
        refusal["content"][PROBLEM]["examples"][shown["type"].rsplit(":", 1)[1]] = example
        if "Retry-After" in headers:
            refusal["headers"] = RETRY_AFTER
    return answers


def _refusal(status: int, schema: str) -> Json:
    content = {PROBLEM: {"schema": {"$ref": REFS + schema}, "examples": {}}}
    return {"description": title_of(HTTPStatus(status)), "content": content}
