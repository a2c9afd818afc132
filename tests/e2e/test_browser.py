"""A whole purchase in a real browser, on a small phone, against the real stack."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect, sync_playwright

from sandbox.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SMALL_PHONE: ViewportSize = {"width": 360, "height": 740}
#: Milliseconds; a story at speed 30 takes a second or two.
PATIENCE = 30_000


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page on a small phone; a script error or a broken content policy fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_context(viewport=SMALL_PHONE).new_page()
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield opened
        browser.close()
        assert complaints == []


def at(page: Page, name: str) -> str:
    """Return the selector of an element by its stable name."""
    return f"[data-test={name}]"


def to_checkout(page: Page, stack: Stack, slug: str) -> None:
    """Put a product into the cart and go to the checkout."""
    page.goto(f"{stack.base_url}/product.html?slug={slug}")
    page.click(at(page, "add-to-cart"))
    page.wait_for_selector(at(page, "added"))
    page.goto(f"{stack.base_url}/cart.html")
    page.click(at(page, "go-to-checkout"))


def fill_details(page: Page, phone: str) -> None:
    """Fill what the buyer types, in the page's order."""
    page.fill(at(page, "name"), "Wanjiku Kamau")
    page.fill(at(page, "email"), "wanjiku@example.com")
    page.fill(at(page, "phone"), phone)
    page.fill(at(page, "line1"), "Moi Avenue 12")
    page.fill(at(page, "city"), "Nairobi")


def place(page: Page) -> None:
    """Choose the delivery and press the button once."""
    page.check(at(page, "zone-nairobi_metro"), force=True)
    page.click(at(page, "place-order"), timeout=PATIENCE)
    page.wait_for_selector(at(page, "payment-panel"), timeout=PATIENCE)


def buy(page: Page, stack: Stack, slug: str, phone: str) -> None:
    """Put a product into the cart and check out."""
    to_checkout(page, stack, slug)
    fill_details(page, phone)
    place(page)


def panel_is(page: Page, state: str) -> None:
    """Wait until the payment panel shows a state."""
    page.wait_for_selector(f"{at(page, 'payment-panel')}[data-state={state}]", timeout=PATIENCE)


def test_the_catalogue_is_shown_searched_and_paged(page: Page, stack: Stack) -> None:
    page.goto(stack.base_url)
    cards = page.locator(at(page, "product-card"))
    expect(cards).to_have_count(24)
    page.click(at(page, "load-more"))
    expect(cards).not_to_have_count(24)
    page.fill(at(page, "search"), "thinkpad t480")
    page.click(at(page, "search-submit"))
    expect(page.locator(f"{at(page, 'product-card')}[data-slug=lenovo-thinkpad-t480]")).to_be_visible()


def test_an_order_is_paid_and_shows_its_receipt(page: Page, stack: Stack) -> None:
    buy(page, stack, "developer-sticker-pack", "0700000001")
    panel_is(page, "paid")
    expect(page.locator(at(page, "receipt"))).to_contain_text("U")
    expect(page.locator(at(page, "order-status"))).to_have_attribute("data-status", "processing")


def test_what_is_typed_before_the_scripts_arrive_counts(page: Page, stack: Stack) -> None:
    held: list[Route] = []
    scripts = "**/js/checkout.js"

    def hold(route: Route) -> None:
        held.append(route)

    page.route(scripts, hold)
    to_checkout(page, stack, "developer-sticker-pack")
    fill_details(page, "0700000001")
    assert page.input_value(at(page, "mpesa-phone")) == "", "the page's script must not have run yet"
    page.route(scripts, Route.continue_)
    for route in held:
        route.continue_()
    place(page)
    panel_is(page, "paid")


def test_a_cancelled_payment_is_tried_again(page: Page, stack: Stack) -> None:
    buy(page, stack, "developer-sticker-pack", "0700000002")
    panel_is(page, "failed")
    page.fill(at(page, "retry-phone"), "0700 000 001")
    page.click(at(page, "retry-payment"))
    panel_is(page, "paid")


def test_a_reload_while_waiting_makes_no_second_order(page: Page, stack: Stack) -> None:
    buy(page, stack, "developer-sticker-pack", "0700000015")
    number = page.locator(at(page, "order-number")).inner_text()
    page.reload()
    panel_is(page, "paid")
    assert page.locator(at(page, "order-number")).inner_text() == number


def test_the_pin_typed_on_the_phone_in_the_browser_pays(page: Page, stack: Stack) -> None:
    # A person needs longer than a prompt lasts at the stack's speed.
    speed = f"{stack.base_url}/sandbox/daraja/api/speed"
    httpx.post(speed, json={"speed": 2}, trust_env=False).raise_for_status()
    try:
        buy(page, stack, "developer-sticker-pack", "0712 345 678")
        phone = page.context.new_page()
        phone.goto(f"{stack.base_url}/sandbox/phone")
        phone.wait_for_selector("#prompt", timeout=PATIENCE)
        phone.fill("#pin", "1234")
        phone.click("#pay")
        panel_is(page, "paid")
    finally:
        httpx.post(speed, json={"speed": stack.speed}, trust_env=False)
