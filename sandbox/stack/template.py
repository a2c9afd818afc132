"""Reads `template.yaml` and makes the copy of it that is deployed to this machine.

The real template stays as AWS wants it. Here the code locations become objects in the local bucket,
durations are divided by the stack's speed, queues start fewer invocations at once (each is a process
on this machine), and what the emulator has not is left out: alarms on metric math, and the gradual
deployments that watch them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
HTTP_API = "AWS::Serverless::HttpApi"
QUEUE = "AWS::SQS::Queue"
TABLE = "AWS::DynamoDB::Table"

QUEUE_CONCURRENCY = 2
"""Invocations at once for one queue, the least that AWS allows; each is a process here, and starting it costs most."""

MIN_VISIBILITY = 30
"""Seconds; a quicker clock does not make the work on a message quicker."""

MIN_TIMEOUT = 180
"""Seconds that a function may take here. Where all share two processors the emulator would end what is only slow, and
start its process anew: dearer than all the work in it."""

# Durations of the network, not of the shop: a quicker clock makes no call to a provider quicker.
UNSCALED_PARAMETERS = frozenset({"DarajaTimeoutSeconds", "StripeTimeoutSeconds", "SignatureWindowSeconds"})


@dataclass(frozen=True)
class Route:
    """One HTTP API route of the template: which function answers it."""

    key: str
    """As API Gateway writes it: `POST /checkout`, or `$default`."""
    function: str
    """Logical id of the function."""
    timeout_ms: int
    payload_format: str


@dataclass(frozen=True)
class CodeUnit:
    """A function or layer whose code is a folder of the project."""

    logical_id: str
    kind: str
    folder: Path
    """Relative to the project's root."""


@dataclass(frozen=True)
class Template:
    """The parsed template, CloudFormation's short tags (`!Ref`, `!Sub`) written out in full."""

    document: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Template:
        """Parse a CloudFormation or SAM template."""
        document = _CloudFormationLoader(path.read_text(encoding="utf-8")).get_single_data()
        if not isinstance(document, dict) or "Resources" not in document:
            raise ValueError(f"{path} is not a CloudFormation template")
        return cls(document)

    def resources(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Logical id and properties of each resource of one type."""
        for logical_id, resource in self.document["Resources"].items():
            if resource.get("Type") == kind:
                yield logical_id, resource.get("Properties", {})

    def http_api(self) -> str:
        """Logical id of the one HTTP API."""
        names = [name for name, _ in self.resources(HTTP_API)]
        if len(names) != 1:
            raise ValueError(f"expected one {HTTP_API} in the template, found {len(names)}")
        return names[0]

    def routes(self) -> list[Route]:
        """The routes that SAM would make from the functions' HttpApi events, in the template's order."""
        found: list[Route] = []
        for function, properties in self.resources(FUNCTION):
            for event in (properties.get("Events") or {}).values():
                if event.get("Type") != "HttpApi":
                    continue
                details = event.get("Properties") or {}
                path, method = details.get("Path"), str(details.get("Method", "ANY")).upper()
                found.append(
                    Route(
                        key=f"{method.replace('X-AMAZON-APIGATEWAY-ANY-METHOD', 'ANY')} {path}" if path else "$default",
                        function=function,
                        timeout_ms=int(details.get("TimeoutInMillis", 30_000)),
                        payload_format=str(details.get("PayloadFormatVersion", "2.0")),
                    )
                )
        return found

    def cors(self, parameters: Mapping[str, str]) -> dict[str, Any] | None:
        """The HTTP API's CORS settings with its parameters filled in, or None without any."""
        settings = self.document["Resources"][self.http_api()]["Properties"].get("CorsConfiguration")
        return {name: self._filled(setting, parameters) for name, setting in settings.items()} if settings else None

    def _filled(self, setting: Any, parameters: Mapping[str, str]) -> Any:
        """A setting with each `Ref` to a parameter replaced by its value."""
        if isinstance(setting, list):
            return [self._filled(one, parameters) for one in setting]
        if not isinstance(setting, dict):
            return setting
        if setting.keys() != {"Ref"}:
            return {name: self._filled(one, parameters) for name, one in setting.items()}
        declared: dict[str, dict[str, Any]] = self.document.get("Parameters", {})
        name = setting["Ref"]
        text = str(parameters.get(name, declared[name].get("Default", "")))
        return text.split(",") if declared[name]["Type"] == "CommaDelimitedList" else text

    def alias(self, function: str) -> str | None:
        """The alias that traffic to a function goes through (`AutoPublishAlias`), if it has one."""
        own = self.document["Resources"][function].get("Properties", {}).get("AutoPublishAlias")
        shared = self.document.get("Globals", {}).get("Function", {}).get("AutoPublishAlias")
        name = own or shared
        return str(name) if name else None

    def code(self) -> list[CodeUnit]:
        """Every function and layer with a folder of code."""
        units: list[CodeUnit] = []
        for kind, field in ((FUNCTION, "CodeUri"), (LAYER, "ContentUri")):
            for logical_id, properties in self.resources(kind):
                folder = properties.get(field)
                if not isinstance(folder, str):
                    raise ValueError(f"{logical_id} has no {field} that names a folder")
                units.append(CodeUnit(logical_id, kind, Path(folder)))
        return units

    def parameters(self, speed: int, overrides: Mapping[str, str]) -> dict[str, str]:
        """The value of each parameter that differs from its default.

        Every parameter whose name ends in `Seconds` is divided by `speed`, one number or a comma
        list, and never below 1. An override for a parameter the template does not have is an error:
        it would silently do nothing.
        """
        declared: dict[str, dict[str, Any]] = self.document.get("Parameters", {})
        unknown = sorted(set(overrides) - set(declared))
        if unknown:
            raise ValueError(f"the template has no parameter {', '.join(unknown)}")
        values = {
            name: scaled(str(spec["Default"]), speed)
            for name, spec in declared.items()
            if name.endswith("Seconds") and name not in UNSCALED_PARAMETERS and "Default" in spec
        }
        return {**values, **overrides}

    def localised(self, locations: Mapping[str, tuple[str, str]], speed: int) -> dict[str, Any]:
        """The document to deploy here; this one is not changed.

        Each unit's code is at its (bucket, key). Queues give a failed message back after their
        visibility time-out divided by `speed`, at least `MIN_VISIBILITY`, and feed at most
        `QUEUE_CONCURRENCY` invocations at once. Functions may take `MIN_TIMEOUT`.
        """
        local = Template(copy.deepcopy(self.document))
        for logical_id, (bucket, key) in locations.items():
            resource = local.document["Resources"][logical_id]
            field = "CodeUri" if resource["Type"] == FUNCTION else "ContentUri"
            resource["Properties"][field] = {"Bucket": bucket, "Key": key}
        for logical_id, properties in list(local.resources("AWS::CloudWatch::Alarm")):
            if "Metrics" in properties:
                del local.document["Resources"][logical_id]
        for _, properties in local.resources(FUNCTION):
            properties.pop("DeploymentPreference", None)
            properties["Timeout"] = max(properties.get("Timeout", 0), MIN_TIMEOUT)
            for event in (properties.get("Events") or {}).values():
                if event["Type"] == "SQS":
                    event["Properties"]["ScalingConfig"] = {"MaximumConcurrency": QUEUE_CONCURRENCY}
        for _, properties in local.resources(QUEUE):
            if "VisibilityTimeout" in properties:
                shorter = int(scaled(str(properties["VisibilityTimeout"]), speed))
                properties["VisibilityTimeout"] = min(properties["VisibilityTimeout"], max(shorter, MIN_VISIBILITY))
        return local.document


def scaled(durations: str, speed: int) -> str:
    """Each duration of a comma list divided by `speed`: whole seconds, rounded up, at least 1."""
    return ",".join(str(max(1, -(-int(part) // speed))) for part in durations.split(","))


class _CloudFormationLoader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, and its dates kept as the strings they are."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        value: Any = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        assert isinstance(node, yaml.ScalarNode)
        value = loader.construct_scalar(node)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    return {name: value}


def _text(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.ScalarNode)
    return str(loader.construct_scalar(node))


_CloudFormationLoader.add_multi_constructor("!", _intrinsic)
_CloudFormationLoader.add_constructor("tag:yaml.org,2002:timestamp", _text)
