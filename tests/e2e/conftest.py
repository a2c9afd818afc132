"""One running shop for all end-to-end tests of a session."""

from collections.abc import Iterator

import pytest

from sandbox.stack import Stack, start

SPEED = 30


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "stack: runs against the whole local stack (about two seconds to start)")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The shop at thirty times the real speed, on a port of its own, with the sample products."""
    with start(speed=SPEED) as running:
        yield running
        assert running.failure is None
