"""The template as CloudFormation would receive it: SAM's transform applied, for one environment of samconfig.toml."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ("dev", "prod")

Properties = dict[str, Any]


@dataclass(frozen=True)
class Stack:
    """One environment's resources, and what is asked of them again and again."""

    source: dict[str, Any]
    template: dict[str, Any]
    parameters: dict[str, str]

    def of(self, kind: str) -> dict[str, Properties]:
        """Properties of each resource of a type, by logical id."""
        resources = self.template["Resources"]
        return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind}

    @property
    def functions(self) -> dict[str, Properties]:
        return self.of("AWS::Lambda::Function")

    @property
    def queues(self) -> dict[str, Properties]:
        return self.of("AWS::SQS::Queue")

    @property
    def alarms(self) -> dict[str, Properties]:
        return self.of("AWS::CloudWatch::Alarm")

    def statements(self, function: str) -> Iterator[dict[str, Any]]:
        """Every statement of the role of a function."""
        role = self.functions[function]["Role"]["Fn::GetAtt"][0]
        for policy in self.of("AWS::IAM::Role")[role]["Policies"]:
            yield from policy["PolicyDocument"]["Statement"]

    def permissions(self, function: str) -> dict[str, set[str]]:
        """What a function may do, by what it may do it to (as `named` writes it)."""
        allowed: dict[str, set[str]] = {}
        for statement in self.chosen(list(self.statements(function))):
            assert statement["Effect"] == "Allow"
            for resource in self.chosen(_listed(statement["Resource"])):
                allowed.setdefault(named(resource), set()).update(_listed(statement["Action"]))
        return allowed

    def leading_keys(self, function: str) -> dict[tuple[str, str], list[str]]:
        """The partitions that rights of a function are bound to, by resource and action, for those that are."""
        bound: dict[tuple[str, str], list[str]] = {}
        for statement in self.chosen(list(self.statements(function))):
            keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")
            for resource in self.chosen(_listed(statement["Resource"])) if keys else ():
                bound.update({(named(resource), action): list(keys) for action in _listed(statement["Action"])})
        return bound

    def chosen(self, values: list[Any]) -> list[Any]:
        """The members of a list as they are under this environment's conditions."""
        found = [self._chosen(value) for value in values]
        return [value for value in found if value != {"Ref": "AWS::NoValue"}]

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template holds in this environment."""
        return bool(self._value(self.template["Conditions"][condition]))

    @property
    def routes(self) -> dict[str, Properties]:
        """Operations of the API, preflight requests aside, by their route: `POST /checkout`."""
        (api,) = self.of("AWS::ApiGatewayV2::Api").values()
        return {
            f"{method.upper()} {path}": operation
            for path, methods in api["Body"]["paths"].items()
            for method, operation in methods.items()
            if method != "options"
        }

    def _chosen(self, value: Any) -> Any:
        match value:
            case {"Fn::If": [str() as condition, yes, no]}:
                return yes if self.holds(condition) else no
        return value

    def _value(self, expression: Any) -> Any:
        match expression:
            case {"Fn::Not": [inner]}:
                return not self._value(inner)
            case {"Fn::Equals": [first, second]}:
                return self._value(first) == self._value(second)
            case {"Ref": str() as name}:
                return self.parameters.get(name, str(self.template["Parameters"][name]["Default"]))
        return expression

    def mappings(self, kind: str) -> dict[str, Properties]:
        """Event source mappings from resources of a type, by the logical id of that resource."""
        sources = self.of(kind)
        found = {m["EventSourceArn"]["Fn::GetAtt"][0]: m for m in self.of("AWS::Lambda::EventSourceMapping").values()}
        return {name: mapping for name, mapping in found.items() if name in sources}

    def streamed_to(self) -> dict[str, Properties]:
        """Event source mappings from tables' streams, by the function that is called."""
        tables = self.of("AWS::DynamoDB::Table")
        found = self.of("AWS::Lambda::EventSourceMapping").values()
        streams = [m for m in found if m["EventSourceArn"]["Fn::GetAtt"][0] in tables]
        return {self.called_by(mapping): mapping for mapping in streams}

    def called_by(self, mapping: Properties) -> str:
        """Logical id of the function that a mapping or rule calls through its live alias."""
        alias = self.of("AWS::Lambda::Alias")[mapping["FunctionName"]["Ref"]]
        return str(alias["FunctionName"]["Ref"])


def named(value: Any) -> str:
    """A short name for a policy's resource: `OrdersTable`, `OrdersTable/index/due`, or an ARN without its account."""
    match value:
        case str():
            return value
        case {"Fn::GetAtt": [name, "Arn" | "StreamArn" as attribute]}:
            return str(name) if attribute == "Arn" else f"{name}/stream"
        case {"Fn::Sub": str() as text}:
            text = text.replace("arn:${AWS::Partition}:", "").replace("${AWS::Region}:${AWS::AccountId}:", "")
            return text.replace(".Arn}", "}").replace("${", "").replace("}", "")
    raise AssertionError(f"not a resource this project writes: {value}")


def samconfig() -> dict[str, Any]:
    """The parsed samconfig.toml."""
    return tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))


def overrides(environment: str) -> dict[str, str]:
    """The parameters an environment sets."""
    pairs = samconfig()[environment]["deploy"]["parameters"]["parameter_overrides"]
    # A value may be quoted, as in a shell.
    return dict(shlex.split(pair)[0].split("=", 1) for pair in pairs)


@cache
def stack(environment: str, **changed: str) -> Stack:
    """Transform the template with the parameters of one environment, some of them changed."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    source, document = yaml_parse(text), yaml_parse(text)
    for resource in document["Resources"].values():
        for field in ("CodeUri", "ContentUri"):
            if field in resource.get("Properties", {}):
                resource["Properties"][field] = "s3://code/package.zip"
    parameters = overrides(environment) | changed
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="eu-west-1"))
    return Stack(source, translator.translate(document, parameter_values=parameters), parameters)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
