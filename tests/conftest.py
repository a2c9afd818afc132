"""Fixtures that tests of several folders share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from commerce.kernel.tables import Database
from sandbox.engines import dynoxide, has_dynoxide, ministack
from tests.support import engines
from tests.support.shop import Shop

# Time says nothing on a shared machine; what is generated, and how much of it, stays as Hypothesis has it.
settings.register_profile("salama", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("salama")


def missing(what: str) -> NoReturn:
    """Skip a test for want of an engine or a browser; where everything is required, as in CI, fail it."""
    if os.environ.get("SALAMA_REQUIRE_ALL"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session", autouse=True)
def _no_real_aws() -> None:
    """Tests never reach for somebody's account."""
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="af-south-1")


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a ministack of this run answers."""
    with ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture(scope="session")
def dynoxide_url() -> Iterator[str]:
    """Where a dynoxide of this run answers; skips where npm has not brought it."""
    if not has_dynoxide():
        missing("dynoxide is not installed: run `make install-engines` (needs npm)")
    with dynoxide() as url:
        yield url


@pytest.fixture(params=["ministack", pytest.param("dynoxide", marks=pytest.mark.dynoxide)])
def database(request: pytest.FixtureRequest) -> Database:
    """Return empty tables, on each of the two engines in turn."""
    return engines.fresh_database(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def shop(database: Database) -> Shop:
    """Return an empty shop, on each of the two engines in turn."""
    return Shop(database)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; skips where it is not installed."""
    path = shutil.which("chromium")
    return path if path else missing("chromium is not installed (Debian's package of that name)")
