"""Addresses that were cut off, or typed by hand: the page shows what there is to show, and breaks nowhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sandbox.stack import Stack
from tests.e2e.browsing import at

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.mark.parametrize(
    ("fragment", "asked_for"),
    [("100%", "100%"), ("%E0%A4%A", "%E0%A4%A"), ("7k2m%209qx4td", "7k2m 9qx4td")],
    ids=["no code", "half a letter", "a space"],
)
def test_an_odd_order_number_is_asked_about_as_it_is(page: Page, stack: Stack, fragment: str, asked_for: str) -> None:
    page.goto(f"{stack.base_url}/order.html#{fragment}")
    expect(page.locator(at(page, "lookup-number"))).to_have_value(asked_for)
    expect(page.locator(at(page, "lookup-submit"))).to_be_visible()
