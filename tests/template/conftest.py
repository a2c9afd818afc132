"""The transformed template, for each environment."""

from __future__ import annotations

import pytest

from tests.template.stack import ENVIRONMENTS, Stack, stack


@pytest.fixture(params=ENVIRONMENTS)
def shop(request: pytest.FixtureRequest) -> Stack:
    """Each environment in turn."""
    return stack(request.param)


@pytest.fixture
def dev() -> Stack:
    return stack("dev")


@pytest.fixture
def prod() -> Stack:
    return stack("prod")
