"""The schemas in `docs/events/`: as the code has them, and true of the events that the shop writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from commerce.audit.store import EventRow, to_event
from commerce.kernel.events import Event
from commerce.notifications.mails import MAILED
from commerce.runtime.event_schemas import emitters, event_files, event_schema, event_types, write_event_schemas
from sandbox.stack.template import Template
from tests.support import engines
from tests.support.happenings import everything_happens
from tests.support.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "events"
PERSONAL = ("name", "email", "phone", "address", "payer", "customer", "payment_id", "request_id")


def validator(name: str) -> Any:
    schema = event_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_folder_is_what_the_code_makes() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert committed == event_files(), "docs/events is out of date: run `make docs`"


def test_it_can_be_written_anew(tmp_path: Path) -> None:
    write_event_schemas(tmp_path / "events")
    assert {path.name for path in (tmp_path / "events").iterdir()} == event_files().keys()


@pytest.mark.parametrize("name", sorted(event_types()))
def test_every_type_says_when_and_is_written_somewhere(name: str) -> None:
    assert event_types()[name].__doc__
    assert emitters().get(name), "nobody writes this event"


@pytest.mark.parametrize("name", sorted(event_types()))
def test_no_event_has_room_for_a_person(name: str) -> None:
    members = set(event_types()[name].model_fields)
    about_people = members & set(PERSONAL)
    assert about_people == ({"name"} if name in ("CategoryPublished", "ProductPublished") else set())


def test_rules_and_mails_speak_of_events_that_exist() -> None:
    assert event_types().keys() >= MAILED
    for _, rule in Template.read(ROOT / "template.yaml").resources("AWS::Events::Rule"):
        assert event_types().keys() >= set(rule["EventPattern"].get("detail-type", []))


@pytest.fixture(scope="module")
def written(ministack_url: str) -> list[Event]:
    """Return the events of a shop to which everything happened."""
    shop = Shop(engines.fresh_database(ministack_url))
    everything_happens(shop)
    return [to_event(row) for row in shop.database.bind(EventRow, "events").scan(consistent_read=True)]


def test_every_event_that_is_written_keeps_to_its_schema(written: list[Event]) -> None:
    for event in written:
        validator(event.type).validate(event.model_dump(exclude_none=True))


def test_every_type_was_written(written: list[Event]) -> None:
    assert {event.type for event in written} == event_types().keys()


def test_a_schema_refuses_what_the_shop_does_not_say(written: list[Event]) -> None:
    placed = next(event for event in written if event.type == "OrderPlaced").model_dump()
    check = validator("OrderPlaced")
    for wrong in (
        {"type": "OrderExpired"},
        {"data": {**placed["data"], "phone": "254712345678"}},
        {"data": {**placed["data"], "total": "1800"}},
        {"data": {name: value for name, value in placed["data"].items() if name != "attempt"}},
        {"data": {**placed["data"], "total": None}},
    ):
        assert not check.is_valid({**placed, **wrong}), wrong


def test_no_function_pays_for_the_documents() -> None:
    """The generators are imported by nothing that a function imports."""
    names = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    program = (
        "import importlib, json, sys\n"
        f"for name in {names}: importlib.import_module(f'functions.{{name}}.app')\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('commerce.runtime.')]))"
    )
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'commerce'}", "POWERTOOLS_SERVICE_NAME": "salama"}
    found = subprocess.run([sys.executable, "-c", program], env=path, capture_output=True, text=True, check=True)
    loaded = set(json.loads(found.stdout.splitlines()[-1]))
    assert "commerce.runtime.wiring" in loaded
    assert not loaded & {
        f"commerce.runtime.{path.stem}"
        for pattern in ("openapi*.py", "event_schemas.py")
        for path in (ROOT / "layers" / "commerce" / "commerce" / "runtime").glob(pattern)
    }
