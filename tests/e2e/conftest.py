"""One running shop for all end-to-end tests of a session."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from sandbox.stack import Stack, start
from tests.e2e.browsing import PATIENCE, SMALL_PHONE, is_complaint

SPEED = 30


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "stack: runs against the whole local stack (about two seconds to start)")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The shop at thirty times the real speed, on a port of its own, with the sample products."""
    with start(speed=SPEED) as running:
        yield running
        assert running.failure is None


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page on a small phone; a script error or a broken content policy fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_context(viewport=SMALL_PHONE).new_page()
        opened.set_default_timeout(PATIENCE)
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
        yield opened
        browser.close()
        assert complaints == []
