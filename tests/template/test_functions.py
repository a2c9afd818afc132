"""Functions: each has its code, its settings, and a way for a new version to reach the traffic."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest

from commerce.identity.providers import read_providers
from commerce.runtime.settings import Settings
from tests.template.stack import ROOT, Stack, stack

ROUTES = {
    "GET /products": "BrowseCatalog",
    "GET /products/{slug}": "BrowseCatalog",
    "GET /products/{slug}/reviews": "BrowseCatalog",
    "GET /categories": "BrowseCatalog",
    "GET /shipping-quotes": "BrowseCatalog",
    "POST /checkout": "StartCheckout",
    "POST /orders/{number}/payments": "RetryPayment",
    "GET /orders/{number}": "ShowOrder",
    "POST /hooks/stk/{token}": "ReceiveStkCallback",
    "POST /hooks/daraja/{token}/{kind}": "ReceiveDarajaResult",
    "POST /vouchers/check": "CheckVoucher",
    "GET /payment-methods": "OfferPaymentMethods",
    "POST /orders/{number}/returns": "RequestReturn",
    "POST /hooks/stripe": "ReceiveStripeEvent",
    "POST /hooks/carriers/{carrier}": "ReceiveCarrierEvent",
    "POST /products/{slug}/reviews": "ServeCustomer",
}
# Whatever is below these addresses is for those who signed in.
SIGNED_IN: dict[str, str] = {
    "/me": "ServeCustomer",
    "/admin": "ServeStaff",
}
# Read by Powertools and by people.
COMMON = {"STAGE", "LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
FUNCTIONS = sorted(stack("dev").functions)
# Read by name, without pydantic: from the environment itself, or from what a provider is built from.
BY_NAME = {
    str(node.value)
    for folder in (ROOT / "layers" / "commerce" / "commerce", ROOT / "functions")
    for path in folder.rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch("[A-Z]+(_[A-Z]+)+", node.value)
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_handler_exists(function: str, dev: Stack) -> None:
    properties = dev.source["Resources"][function]["Properties"]
    folder = re.sub(r"(?<!^)([A-Z])", r"_\1", function).lower()
    assert properties["CodeUri"] == f"functions/{folder}/"
    assert properties["Handler"] == f"functions.{folder}.app.lambda_handler"
    code = (ROOT / "functions" / folder / "app.py").read_text(encoding="utf-8")
    assert re.search(r"^(def lambda_handler\(|lambda_handler\b.*=)", code, re.MULTILINE)


def test_every_folder_of_functions_is_deployed(dev: Stack) -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    named = {dev.source["Resources"][function]["Properties"]["CodeUri"].split("/")[1] for function in FUNCTIONS}
    assert folders == named


@pytest.mark.parametrize("function", FUNCTIONS)
def test_code_keeps_its_package_when_it_is_built(function: str, dev: Stack) -> None:
    assert dev.source["Resources"][function]["Metadata"]["BuildProperties"] == {"ParentPackageMode": "auto"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_runtime(function: str, shop: Stack) -> None:
    properties = shop.functions[function]
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["arm64"]
    assert properties["MemorySize"] == 1024
    assert "ReservedConcurrentExecutions" not in properties
    # What runs at night has many objects to read, and healing has five minutes; nobody waits for them.
    longest = {"AnchorAudit": 900, "VerifyAudit": 900, "HealFailures": 299}
    assert properties["Timeout"] <= longest.get(function, 55)


@pytest.mark.parametrize("provider", ["Daraja", "Stripe"])
def test_buyers_wait_longer_than_a_provider_is_given(provider: str, shop: Stack) -> None:
    longest = shop.template["Parameters"][f"{provider}TimeoutSeconds"]["MaxValue"]
    for function in ("StartCheckout", "RetryPayment"):
        assert shop.functions[function]["Timeout"] > longest


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_change_of_the_layer_alone_reaches_the_traffic(function: str, dev: Stack) -> None:
    # Either of the two alone leaves the alias on the old layer.
    resources = dev.source["Resources"]
    assert dev.source["Globals"]["Function"]["AutoPublishAlias"] == "live"
    assert resources[function]["Properties"]["AutoPublishAliasAllProperties"] is True
    assert resources["CommerceLayer"]["Properties"]["PublishLambdaVersion"] is True


def test_the_layer_is_built_for_lambdas_processor(dev: Stack) -> None:
    layer = dev.source["Resources"]["CommerceLayer"]
    assert layer["Metadata"] == {"BuildMethod": "makefile", "BuildArchitecture": "arm64"}
    assert layer["Properties"]["CompatibleArchitectures"] == ["arm64"]
    assert "\nbuild-CommerceLayer:" in (ROOT / "layers" / "commerce" / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_settings_are_names_and_never_secrets(function: str, shop: Stack) -> None:
    for name, value in _settings(shop, function).items():
        assert name == "POWERTOOLS_SERVICE_NAME" or set(value) == {"Ref"}, f"{name} is written out"


def test_settings_are_ones_that_the_code_reads(shop: Stack) -> None:
    read = BY_NAME | {field.upper() for kind in _subclasses(Settings) for field in kind.model_fields}
    for function in FUNCTIONS:
        assert _settings(shop, function).keys() - COMMON <= read


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_function_reads_it_is_given(function: str, shop: Stack) -> None:
    """Also what has a default in the code: a parameter that does not reach a function could not change anything."""
    folder = shop.source["Resources"][function]["Properties"]["CodeUri"]
    module = ast.parse((ROOT / folder / "app.py").read_text(encoding="utf-8"))
    named = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    read = {field.upper() for kind in _subclasses(Settings) if kind.__name__ in named for field in kind.model_fields}
    assert read <= _settings(shop, function).keys()


def test_no_parameter_takes_a_secret(shop: Stack) -> None:
    for name, parameter in shop.template["Parameters"].items():
        assert not parameter.get("NoEcho"), f"{name}: secrets are in Secrets Manager, by name"
        assert not re.search("Password|Passkey|Token|Credential|ApiKey|ConsumerKey", name)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_function_may_touch_it_is_told_of(function: str, shop: Stack) -> None:
    told = {value["Ref"] for value in _settings(shop, function).values() if isinstance(value, dict)}
    for resource, actions in shop.permissions(function).items():
        table = resource.split("/")[0]
        if table in shop.of("AWS::DynamoDB::Table") and "/stream" not in resource:
            assert table in told
        # Where events go that a stream or a schedule gives up; Lambda itself sends them there.
        given_up = {"RelayDeadLetters", "ArchiveDeadLetters", "ScheduleDeadLetters"}
        if "sqs:SendMessage" in actions and resource not in given_up:
            assert resource in told
        if resource.startswith("secretsmanager:"):
            assert resource.removeprefix("secretsmanager:secret:").removesuffix("-??????") in told


def test_routes(shop: Stack) -> None:
    found = {route: _function_of(operation) for route, operation in shop.routes.items()}
    signed_in = {route: function for prefix, function in SIGNED_IN.items() for route in found if _below(prefix, route)}
    assert found == {route: f"{function}Aliaslive" for route, function in (ROUTES | signed_in).items()}
    assert set(SIGNED_IN.values()) == set(signed_in.values())


def test_api_gateway_proves_nobody(shop: Stack) -> None:
    """Tokens are verified in one place, the functions: what passed API Gateway's own check would leave no event."""
    (api,) = shop.of("AWS::ApiGatewayV2::Api").values()
    assert "securitySchemes" not in api["Body"].get("components", {})
    assert not any("security" in operation for operation in shop.routes.values())


def test_who_reads_tokens_knows_the_issuers(shop: Stack) -> None:
    """A function without the variable takes every caller for a guest."""
    variables = {name: each["Environment"]["Variables"] for name, each in shop.functions.items()}
    knowing = {name for name, given in variables.items() if given.get("IDENTITY_PROVIDERS")}
    assert knowing == {*SIGNED_IN.values(), "StartCheckout", "RetryPayment"}
    for provider in read_providers(shop.parameters["IdentityProviders"]):
        assert provider.issuer.startswith("https://")


def test_throttles_name_routes_that_exist(shop: Stack) -> None:
    (stage,) = shop.of("AWS::ApiGatewayV2::Stage").values()
    for limits in (stage["DefaultRouteSettings"], *stage["RouteSettings"].values()):
        assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"]
    assert set(stage["RouteSettings"]) <= set(shop.routes)


def test_pages_of_other_sites_may_not_call_the_api(shop: Stack) -> None:
    (api,) = shop.of("AWS::ApiGatewayV2::Api").values()
    cors = api["Body"]["x-amazon-apigateway-cors"]
    assert cors["allowOrigins"] == [shop.parameters["AllowedOrigins"]]
    assert not re.fullmatch(shop.template["Parameters"]["AllowedOrigins"]["AllowedPattern"], "*")
    assert not cors.get("allowCredentials")
    assert set(cors["allowHeaders"]) == {
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "x-client-key",
        "x-correlation-id",
        "x-one-time-code",
    }
    assert set(cors["allowMethods"]) == {route.split()[0] for route in shop.routes}
    assert {"etag", "idempotent-replayed", "retry-after"} <= set(cors["exposeHeaders"])


def test_the_stack_fits_into_clouds_limits(shop: Stack) -> None:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    assert len(shop.template["Resources"]) <= 400, "500 are allowed; `sam deploy` uploads the template to S3"
    assert len(json.dumps(shop.template)) <= 500_000, "1 MB is allowed"
    assert len(shop.template["Parameters"]) <= 200
    for function, properties in shop.functions.items():
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        policy = json.dumps(list(shop.statements(function)), separators=(",", ":"))
        assert len(policy) <= 8_000, "10,240 characters of inline policies are allowed, names filled in"
        # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        calls = [p for p in shop.of("AWS::Lambda::Permission").values() if function in str(p["FunctionName"])]
        assert len(calls) <= 44, "20,480 bytes of calling rights are allowed, about 450 each"
        assert len(properties["Environment"]["Variables"]) <= 50, "4 KB of settings are allowed, about 70 bytes each"


def _settings(shop: Stack, function: str) -> dict[str, Any]:
    return dict(shop.functions[function]["Environment"]["Variables"])


def _subclasses(kind: type[Settings]) -> set[type[Settings]]:
    return {kind}.union(*(_subclasses(below) for below in kind.__subclasses__()))


def _below(prefix: str, route: str) -> bool:
    path = route.split()[1]
    return path == prefix or path.startswith(f"{prefix}/")


def _function_of(operation: dict[str, Any]) -> str:
    uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    (alias,) = re.findall(r"functions/\$\{(\w+)\}/", uri)
    return str(alias)
