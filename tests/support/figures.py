"""The figures that code wrote to the log, checked against CloudWatch's embedded metric format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

_TEXT = {"type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[ -~]*[!-~][ -~]*$"}
#: The document's structure as its specification describes it (CloudWatch user guide, "Specification: Embedded metric
#: format"): a namespace, sets of at most 30 dimensions, metrics with a unit (the two that are used, of those it knows).
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["CloudWatchMetrics", "Timestamp"],
            "additionalProperties": False,
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 1_000_000_000_000},
                "CloudWatchMetrics": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "additionalProperties": False,
                        "properties": {
                            "Namespace": _TEXT | {"maxLength": 256, "not": {"pattern": "^AWS/"}},
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "array",
                                    "maxItems": 30,
                                    "uniqueItems": True,
                                    "items": _TEXT | {"maxLength": 250, "not": {"pattern": "^:"}},
                                },
                            },
                            "Metrics": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "additionalProperties": False,
                                    "properties": {
                                        "Name": _TEXT,
                                        "Unit": {"enum": ["Seconds", "Count"]},
                                        "StorageResolution": {"enum": [1, 60]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One value of a metric, under each of its sets of dimensions."""

    name: str
    value: float
    unit: str
    sets: tuple[dict[str, str], ...]

    @property
    def detail(self) -> dict[str, str]:
        """The most that is said of it, apart from the service and the stage."""
        longest = max(self.sets, key=len)
        return {name: value for name, value in longest.items() if name not in ("service", "stage")}


def measured(log: str) -> list[Measured]:
    """Return what lines on standard output measure; lines that are no figures are passed over.

    Raises
    ------
    AssertionError
        When a line that means to be one breaks the format.
    """
    return [one for line in log.splitlines() if '"_aws"' in line for one in _read(json.loads(line))]


def _read(document: dict[str, Any]) -> list[Measured]:
    faults = [fault.message for fault in Draft202012Validator(SCHEMA).iter_errors(document)]
    assert not faults, faults
    found = []
    for directive in document["_aws"]["CloudWatchMetrics"]:
        assert directive["Namespace"] == "Salama"
        sets = tuple({name: document[name] for name in names} for names in directive["Dimensions"])
        for each in sets:
            assert all(isinstance(value, str) and value.strip() for value in each.values()), "CloudWatch drops it"
        for metric in directive["Metrics"]:
            values = document[metric["Name"]]
            values = values if isinstance(values, list) else [values]
            assert len(values) <= 100
            assert all(type(value) in (int, float) for value in values)
            found += [Measured(metric["Name"], value, metric["Unit"], sets) for value in values]
    return found
