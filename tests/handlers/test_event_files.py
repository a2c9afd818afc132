"""The files of `events/`: complete, in the shapes that AWS sends, and each played by a test."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.stack.template import FUNCTION, Template
from tests.handlers.event_files import FOLDER, PLACEHOLDER, cases, load
from tests.handlers.world import World, body_of

ROOT = Path(__file__).resolve().parents[2]
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))


@cache
def triggers() -> dict[str, list[dict[str, Any]]]:
    """Return each function's events in the template, by its folder."""
    found = {}
    for _, properties in Template.read(ROOT / "template.yaml").resources(FUNCTION):
        found[Path(properties["CodeUri"]).name] = list(properties["Events"].values())
    return found


def test_every_function_has_events() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {function for function, _ in cases()} == folders == triggers().keys()


@pytest.mark.parametrize(("function", "case"), cases())
def test_an_event_is_of_the_kind_that_calls_its_function(function: str, case: str) -> None:
    event = json.loads((FOLDER / function / f"{case}.json").read_text(encoding="utf-8"))
    called_by = triggers()[function]
    match called_by[0]["Type"]:
        case "HttpApi":
            routes = {f"{one['Properties']['Method']} {one['Properties']['Path']}" for one in called_by}
            assert event["version"] == "2.0"
            assert event["routeKey"] == event["requestContext"]["routeKey"]
            assert event["routeKey"] in routes
            assert event["rawPath"] == event["requestContext"]["http"]["path"]
            assert event["headers"] == {name.lower(): value for name, value in event["headers"].items()}
        case "SQS":
            assert {record["eventSource"] for record in event["Records"]} == {"aws:sqs"}
            queue = called_by[0]["Properties"]["Queue"]["Fn::GetAtt"][0]
            assert all(record["eventSourceARN"].endswith(f"-{queue}") for record in event["Records"])
            assert len({record["messageId"] for record in event["Records"]}) == len(event["Records"])
        case "DynamoDB":
            assert {record["eventSource"] for record in event["Records"]} == {"aws:dynamodb"}
        case "Schedule" if function == "verify_audit" and event.keys() <= {"day", "order"}:
            assert len(event) == 1, "called by hand"
        case "Schedule":
            assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
        case kind:
            raise AssertionError(f"a trigger this test does not know: {kind}")


@pytest.mark.parametrize(("function", "case"), cases())
def test_an_event_is_played_by_a_test(function: str, case: str) -> None:
    assert f'"{case}"' in TESTS


def test_the_readme_names_every_case_and_placeholder() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for function, case in cases():
        assert f"`{case}`" in readme, f"{function}/{case}"
        for name in PLACEHOLDER.findall((FOLDER / function / f"{case}.json").read_text(encoding="utf-8")):
            assert f"`{{{{{name}}}}}`" in readme


def test_a_placeholder_that_nobody_fills_is_an_error() -> None:
    with pytest.raises(AssertionError, match="order_number"):
        load("show_order", "by_number_and_email")


@pytest.mark.parametrize(
    ("case", "status", "told"),
    [
        ("products", 200, "items"),
        ("products_of_category", 200, "items"),
        ("wrong_limit", 422, "errors"),
        ("product", 200, "variants"),
        ("unknown_product", 404, "detail"),
        ("categories", 200, "items"),
        ("shipping_quotes", 200, "items"),
        ("unknown_zone", 422, "errors"),
    ],
)
def test_the_catalogue_answers_its_events(world: World, case: str, status: int, told: str) -> None:
    if case == "product":
        world.shop.sell("LENOVO-THINKPAD-T480", stock=1)
    answer = world.play("browse_catalog", case)
    assert answer["statusCode"] == status, answer
    assert body_of(answer)[told] is not None
