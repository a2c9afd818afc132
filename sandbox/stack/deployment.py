"""Deploys the real template to the emulator, through CloudFormation as on AWS."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from botocore.exceptions import ClientError
from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
from mypy_boto3_apigatewayv2.type_defs import CorsTypeDef
from mypy_boto3_cloudformation import CloudFormationClient
from mypy_boto3_s3 import S3Client

from sandbox.stack import packaging
from sandbox.stack.engine import ACCOUNT, REGION, Engine
from sandbox.stack.template import FUNCTION, TABLE, Template

STACK_NAME = "salama-local"
BUCKET = "salama-local-code"


class DeploymentError(Exception):
    """The template did not deploy; the message names the resource and its reason."""


@dataclass(frozen=True)
class Deployment:
    """What was deployed: physical ids by the template's logical ids."""

    resources: dict[str, str]
    outputs: dict[str, str]
    template: Template
    parameters: Mapping[str, str]

    def of_kind(self, kind: str) -> dict[str, str]:
        """Physical ids of the resources of one type, e.g. `AWS::DynamoDB::Table`."""
        return {name: self.resources[name] for name, _ in self.template.resources(kind) if name in self.resources}

    @cached_property
    def functions(self) -> dict[str, str]:
        """Logical ids of the functions by the name of their folder, e.g. `start_checkout`."""
        return {unit.folder.name: unit.logical_id for unit in self.template.code() if unit.kind == FUNCTION}

    @cached_property
    def tables(self) -> dict[str, str]:
        """Physical table names by what the shop calls them: `catalog`, `stock`, `orders`, `events`, `guards`."""
        return {logical.removesuffix("Table").lower(): name for logical, name in self.of_kind(TABLE).items()}

    @property
    def api_id(self) -> str:
        """The HTTP API's id."""
        return self.resources[self.template.http_api()]

    def function_target(self, logical_id: str) -> str:
        """ARN that traffic to a function is sent to: its alias when the template publishes one."""
        name = self.resources[logical_id]
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        alias = self.template.alias(logical_id)
        return f"{arn}:{alias}" if alias else arn


def deploy(
    engine: Engine,
    root: Path,
    template: Template,
    parameters: Mapping[str, str],
    *,
    speed: int = 1,
) -> Deployment:
    """Package, upload, create the stack and wait for it.

    Raises:
        DeploymentError: code is missing, CloudFormation refused the template, or a resource failed.
    """
    try:
        packages = packaging.package_all(root, template.code())
    except FileNotFoundError as error:
        raise DeploymentError(str(error)) from error
    s3: S3Client = engine.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    locations = packaging.upload(packages, s3, BUCKET)
    local = template.localised(locations, speed)
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(local).encode())

    cloudformation: CloudFormationClient = engine.client("cloudformation")
    try:
        cloudformation.create_stack(
            StackName=STACK_NAME,
            TemplateURL=f"{engine.url}/{BUCKET}/template.json",
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        raise DeploymentError(str(error)) from error
    outputs = _wait(cloudformation)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    resources = {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for page in pages
        for one in page["StackResourceSummaries"]
        if one.get("PhysicalResourceId")
    }
    return Deployment(resources, outputs, template, parameters)


def add_routes(engine: Engine, deployment: Deployment) -> int:
    """Add what the emulator does not take from SAM's HTTP API: integrations, routes and CORS settings.

    Returns how many routes there are.
    """
    gateway: ApiGatewayV2Client = engine.client("apigatewayv2")
    integrations: dict[tuple[str, int, str], str] = {}
    routes = deployment.template.routes()
    for route in routes:
        target = (route.function, route.timeout_ms, route.payload_format)
        if target not in integrations:
            integrations[target] = gateway.create_integration(
                ApiId=deployment.api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=deployment.function_target(route.function),
                PayloadFormatVersion=route.payload_format,
                TimeoutInMillis=route.timeout_ms,
            )["IntegrationId"]
        gateway.create_route(ApiId=deployment.api_id, RouteKey=route.key, Target=f"integrations/{integrations[target]}")
    cors = deployment.template.cors(deployment.parameters)
    if cors:
        gateway.update_api(ApiId=deployment.api_id, CorsConfiguration=cast(CorsTypeDef, cors))
    return len(routes)


def _wait(cloudformation: CloudFormationClient, timeout: float = 120) -> dict[str, str]:
    deadline = time.monotonic() + timeout
    while True:
        stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        status = stack["StackStatus"]
        if status == "CREATE_COMPLETE":
            return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
        if "IN_PROGRESS" not in status or time.monotonic() > deadline:
            raise DeploymentError(f"the stack is {status}: {_reasons(cloudformation)}")
        time.sleep(0.1)


def _reasons(cloudformation: CloudFormationClient) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    failed = [
        f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason', 'no reason given')}"
        for one in reversed(events)
        if one.get("ResourceStatus", "").endswith("FAILED")
    ]
    return "; ".join(failed) or "it took too long"
