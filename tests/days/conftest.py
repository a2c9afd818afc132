"""What all days have: an engine, and quiet."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from sandbox.engines import has_dynoxide


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """Where an engine answers: the quicker one, where it is installed."""
    address: str = request.getfixturevalue("dynoxide_url" if has_dynoxide() else "ministack_url")
    return address


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Thousands of lines of logs would hide the story."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
