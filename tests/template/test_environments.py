"""Dev and prod are the same shop: they differ by the values of parameters, and by nothing else."""

from __future__ import annotations

import re

import pytest

from tests.template.stack import ENVIRONMENTS, overrides, samconfig, stack

DIFFERS = {"stack_name", "parameter_overrides"}


def test_environments_differ_by_parameters_only() -> None:
    config = samconfig()
    dev, prod = (config[environment] for environment in ENVIRONMENTS)
    assert dev.keys() == prod.keys() == {"deploy"}
    same = [{k: v for k, v in each["deploy"]["parameters"].items() if k not in DIFFERS} for each in (dev, prod)]
    assert same[0] == same[1]
    assert overrides("dev").keys() == overrides("prod").keys()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_value_is_one_its_parameter_takes(environment: str) -> None:
    declared = stack(environment).source["Parameters"]
    for name, value in overrides(environment).items():
        spec = declared[name]
        assert value in [str(each) for each in spec.get("AllowedValues", [value])]
        assert re.fullmatch(spec.get("AllowedPattern", ".*"), value)


def test_environments_share_no_secret_and_no_provider() -> None:
    dev, prod = overrides("dev"), overrides("prod")
    for name in ("DarajaSecretId", "StripeSecretId", "CarrierSecretId", "DoorSecretId", "IdentityProviders"):
        assert dev[name] != prod[name]
    assert dev["DarajaBaseUrl"] == "https://sandbox.safaricom.co.ke"
    assert prod["DarajaBaseUrl"] == "https://api.safaricom.co.ke"


def test_every_parameter_has_a_default_and_a_place_in_the_list() -> None:
    template = stack("dev").source
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    listed = [name for group in groups for name in group["Parameters"]]
    assert sorted(listed) == sorted(template["Parameters"])
    assert all("Default" in spec for spec in template["Parameters"].values())


@pytest.mark.parametrize("name", ["CheckDelaysSeconds", "RefundDelaysSeconds"])
def test_delays_fit_the_queue_and_end_before_lambdas_own_loop_limit(name: str) -> None:
    spec = stack("dev").source["Parameters"][name]
    assert re.fullmatch(spec["AllowedPattern"], spec["Default"])
    delays = [int(delay) for delay in spec["Default"].split(",")]
    assert max(delays) <= 900, "SQS delays a message by 15 minutes at most"
    assert not re.fullmatch(spec["AllowedPattern"], ",".join(["30"] * 13)), "Lambda stops a loop after about 16 turns"


def test_nothing_in_the_template_depends_on_the_name_of_the_stage() -> None:
    assert "Stage" not in str(stack("dev").source["Conditions"])
