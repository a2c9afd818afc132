"""Fixtures that tests of several folders share, and the options of a whole run."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from commerce.kernel.tables import Database
from sandbox.engines import dynoxide, has_dynoxide, ministack
from tests.support import engines
from tests.support.shop import Shop
from tests.support.tally import Tally, lines

# Time says nothing on a shared machine; what is generated, and how much of it, stays as Hypothesis has it.
settings.register_profile("salama", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("salama")


#: What chance chooses by where nobody says otherwise.
USUAL_SEED = 20261130


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("salama")
    group.addoption("--thorough", action="store_true", help="try every fault and every order of calls, not a share")
    group.addoption(
        "--seed", type=int, help="what chance chooses by; with --thorough a new one each time, else always one"
    )
    group.addoption("--dynamodb", metavar="URL", help="run what runs on two engines on this DynamoDB as well")


def pytest_configure(config: pytest.Config) -> None:
    # One seed for all processes of a run: the one that starts the others chooses it. Whoever changes a line is not told
    # of what chance found elsewhere: a share is the same for everybody.
    if config.option.seed is None:
        config.option.seed = random.randrange(10**9) if config.option.thorough else USUAL_SEED
    if config.option.dynamodb:
        engines.use_elsewhere(config.option.dynamodb)


def pytest_report_header(config: pytest.Config) -> str:
    return f"chance: --seed {config.option.seed}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_url" in metafunc.fixturenames:
        names = ["ministack", pytest.param("dynoxide", marks=pytest.mark.dynoxide)]
        names += ["elsewhere"] if metafunc.config.option.dynamodb else []
        metafunc.parametrize("engine_url", names, indirect=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counted = lines(terminalreporter.getreports("passed"))
    if counted:
        terminalreporter.section("tried, and survived")
        for line in counted:
            terminalreporter.line(line)


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Return what counts what a test tries; the end of the run says how much it was in all."""
    return Tally(request.node.user_properties)


@pytest.fixture
def thorough(request: pytest.FixtureRequest) -> bool:
    """Whether everything is to be tried, however long it takes (`--thorough`)."""
    return bool(request.config.option.thorough)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Return chance that `--seed` repeats, for each test its own."""
    return random.Random(f"{request.config.option.seed} {request.node.nodeid}")


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


@pytest.fixture(scope="session")
def elsewhere_url(request: pytest.FixtureRequest) -> str:
    """Where the DynamoDB answers that `--dynamodb` names."""
    return str(request.config.option.dynamodb)


@pytest.fixture
def engine_url(request: pytest.FixtureRequest) -> str:
    """Where an engine answers: each of the two in turn, and the one that `--dynamodb` names."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(engine_url: str) -> Iterator[Database]:
    """Return empty tables, on each engine in turn."""
    made = engines.fresh_database(engine_url)
    yield made
    engines.drop_elsewhere(made, engine_url)


@pytest.fixture
def shop(database: Database) -> Shop:
    """Return an empty shop, on each engine in turn."""
    return Shop(database)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; skips where it is not installed."""
    path = shutil.which("chromium")
    return path if path else missing("chromium is not installed (Debian's package of that name)")
