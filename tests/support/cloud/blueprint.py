"""What the template says of who calls whom: functions and their environment, queues, rules, streams, schedules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.stack.template import FUNCTION, QUEUE, Template

ROOT = Path(__file__).resolve().parents[3]
QUEUE_URL = "https://sqs.test/"
BUS = "salama-test"
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class QueuePlan:
    """A queue: seconds before a message is seen first and again, and where it goes after so many deliveries."""

    delay: int
    visibility: int
    most_deliveries: int | None
    dead_letters: str | None


@dataclass(frozen=True)
class RulePlan:
    """A rule of the bus: what it takes, and the queue that gets it."""

    pattern: dict[str, Any]
    queue: str


@dataclass(frozen=True)
class Blueprint:
    """The template, as far as it moves anything; functions by the name of their folder."""

    environments: dict[str, dict[str, str]]
    queues: dict[str, QueuePlan]
    workers: dict[str, str]
    rules: tuple[RulePlan, ...]
    stream_readers: tuple[str, ...]
    schedules: dict[str, timedelta]
    routes: tuple[tuple[str, str], ...]


@cache
def _document() -> Template:
    return Template.read(ROOT / "template.yaml")


def blueprint(tables: Mapping[str, str], overrides: Mapping[str, str]) -> Blueprint:
    """Read the template, with these physical tables (by the shop's own names) and these parameters."""
    template = _document()
    resolve = _Resolver(template, tables, overrides)
    environments, workers, readers, schedules = {}, {}, [], {}
    names = {}
    shared = template.document["Globals"]["Function"]["Environment"]["Variables"]
    for logical, properties in template.resources(FUNCTION):
        name = Path(properties["CodeUri"]).name
        names[logical] = name
        own = (properties.get("Environment") or {}).get("Variables") or {}
        environments[name] = {key: resolve.text(value) for key, value in {**shared, **own}.items()}
        for event in (properties.get("Events") or {}).values():
            given = event.get("Properties") or {}
            if event["Type"] == "SQS":
                workers[given["Queue"]["Fn::GetAtt"][0]] = name
            elif event["Type"] == "DynamoDB":
                readers.append(name)
            elif event["Type"] in ("Schedule", "ScheduleV2"):
                schedules[name] = _interval(given.get("Schedule") or given["ScheduleExpression"])
    return Blueprint(
        environments,
        {name: _queue(properties, resolve) for name, properties in template.resources(QUEUE)},
        workers,
        tuple(
            RulePlan(properties["EventPattern"], properties["Targets"][0]["Arn"]["Fn::GetAtt"][0])
            for _, properties in template.resources("AWS::Events::Rule")
            if "EventPattern" in properties
        ),
        tuple(readers),
        schedules,
        tuple((route.key, names[route.function]) for route in template.routes()),
    )


def _queue(properties: Mapping[str, Any], resolve: _Resolver) -> QueuePlan:
    redrive = properties.get("RedrivePolicy")
    return QueuePlan(
        int(resolve.text(properties.get("DelaySeconds", 0))),
        int(properties.get("VisibilityTimeout", 30)),
        int(redrive["maxReceiveCount"]) if redrive else None,
        redrive["deadLetterTargetArn"]["Fn::GetAtt"][0] if redrive else None,
    )


def _interval(expression: str) -> timedelta:
    found = _RATE.fullmatch(expression)
    # What runs at an hour of the day runs once a day.
    return int(found[1]) * _UNITS[found[2]] if found else timedelta(days=1)


@dataclass(frozen=True)
class _Resolver:
    """Fills in what CloudFormation would."""

    template: Template
    tables: Mapping[str, str]
    overrides: Mapping[str, str]

    def text(self, value: Any) -> str:
        match value:
            case {"Ref": str() as name}:
                return self._named(name)
            case {"Fn::If": [_, yes, _]}:
                return self.text(yes)
            case {"Fn::GetAtt": [name, *_]}:
                return str(name)
            case {"Fn::Sub": str() as text}:
                return re.sub(r"\$\{(\w+)(?:\.\w+)?\}", lambda found: self._named(found[1]), text)
        return str(value)

    def _named(self, name: str) -> str:
        parameters = self.template.document["Parameters"]
        if name in parameters:
            return str(self.overrides.get(name, parameters[name].get("Default", "")))
        kind = self.template.document["Resources"].get(name, {}).get("Type", "")
        if kind == QUEUE:
            return QUEUE_URL + name
        if kind == "AWS::DynamoDB::Table":
            return self.tables[name.removesuffix("Table").lower()]
        return BUS if kind == "AWS::Events::EventBus" else name
