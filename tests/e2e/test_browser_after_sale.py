"""What follows a sale, in a real browser against the real stack: parcels, returns, reviews, wishes, a saved cart."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sandbox.stack import Stack
from tests.e2e.browsing import (
    PATIENCE,
    SMALL_PHONE,
    Staff,
    at,
    buy,
    fill_details,
    order_number,
    panel_is,
    place,
    to_checkout,
)

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def sku_of(page: Page) -> str:
    """Return the SKU of the order's only line."""
    return page.locator(at(page, "order-item")).get_attribute("data-sku") or ""


def sign_in(page: Page, who: str) -> None:
    """Go through the sign-in page as one of its people."""
    page.click(at(page, "sign-in"))
    page.click(f"button:has-text('{who}')")
    page.wait_for_selector(at(page, "sign-out"), timeout=PATIENCE)


def test_parcels_are_followed_to_the_door(page: Page, stack: Stack) -> None:
    to_checkout(page, stack, "developer-sticker-pack")
    page.goto(f"{stack.base_url}/cart.html")
    page.click(at(page, "line-more"))
    page.click(at(page, "go-to-checkout"))
    fill_details(page, "0700000001")
    place(page)
    panel_is(page, "paid")
    number, sku, staff = order_number(page), sku_of(page), Staff(stack)

    staff.ship(number, [{"sku": sku, "quantity": 1}], tracking="JD1")
    page.reload()
    shipments = page.locator(at(page, "shipment"))
    expect(shipments).to_have_count(1)
    expect(page.locator(at(page, "still-to-send"))).to_contain_text("1 \u00d7")
    expect(page.locator(at(page, "tracking-link"))).to_have_attribute(
        "href", r"https://www.dhl.com/ke-en/home/tracking.html?tracking-id=JD1"
    )

    staff.ship(number, tracking="JD2")
    staff.report(number, 1, "delivered")
    staff.report(number, 2, "in_transit")
    page.reload()
    expect(shipments).to_have_count(2)
    expect(page.locator(at(page, "still-to-send"))).to_have_count(0)
    expect(shipments.nth(0)).to_have_attribute("data-status", "delivered")
    expect(shipments.nth(1)).to_have_attribute("data-status", "in_transit")


def test_goods_go_back_and_are_reviewed(page: Page, stack: Stack) -> None:
    buy(page, stack, "developer-sticker-pack", "0700000001")
    panel_is(page, "paid")
    number, sku, staff = order_number(page), sku_of(page), Staff(stack)
    staff.ship(number)
    staff.report(number, 1, "delivered")
    page.reload()

    page.click(f"{at(page, 'review-open')} summary")
    page.click(at(page, "rate-4"))
    page.fill(at(page, "review-title"), "Sticks well")
    page.fill(at(page, "review-text"), "On the laptop for a week now.")
    page.click(at(page, "review-send"))
    expect(page.locator(at(page, "review-thanks"))).to_be_visible()

    page.click(f"{at(page, 'return-open')} summary")
    page.click(at(page, "return-send"))
    expect(page.locator(at(page, "fault-items"))).to_be_visible()
    page.select_option(at(page, f"return-{sku}"), "1")
    page.select_option(at(page, "return-reason"), "damaged")
    page.check(at(page, "resolution-credit"), force=True)
    page.click(at(page, "return-send"))
    asked = page.locator(at(page, "return"))
    expect(asked).to_have_attribute("data-status", "requested")

    staff.take_back(number, [{"sku": sku, "quantity": 1, "fate": "restock"}])
    page.reload()
    expect(asked).to_have_attribute("data-status", "received")
    expect(page.locator(at(page, "refund"))).to_contain_text("store credit")


def test_a_wish_waits_for_the_sign_in(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.base_url}/product.html?slug=esp32-starter-kit")
    page.click(at(page, "wish"))
    page.click("button:has-text('Achieng')")
    heart = page.locator(at(page, "wish"))
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(page.locator(at(page, "added"))).to_contain_text("on your wishlist")
    assert "access_token" not in page.url
    page.click(at(page, "wishlist-link"))
    expect(page.locator(f"{at(page, 'wishes')} [data-slug=esp32-starter-kit]")).to_be_visible()
    page.click(at(page, "unwish"))
    expect(page.locator(at(page, "no-wishes"))).to_be_visible()


def test_a_token_nobody_asked_for_signs_nobody_in(page: Page, stack: Stack) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/me" in request.url else None)
    page.goto(f"{stack.base_url}/cart.html#access_token=e30.eyJzdWIiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5fQ.x")
    expect(page.locator(at(page, "cart-empty"))).to_be_visible()
    expect(page.locator(at(page, "sign-in"))).to_be_visible()
    assert "access_token" not in page.url
    assert asked == []


def test_a_saved_cart_is_offered_on_another_device(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.base_url}/product.html?slug=esp32-starter-kit")
    page.click(at(page, "add-to-cart"))
    page.wait_for_selector(at(page, "go-to-cart"))
    with page.expect_response(lambda answer: "/me/cart" in answer.url and answer.request.method == "PUT"):
        sign_in(page, "Wanjiku")

    browser = page.context.browser
    assert browser is not None
    other = browser.new_context(viewport=SMALL_PHONE).new_page()
    other.goto(f"{stack.base_url}/product.html?slug=developer-sticker-pack")
    other.click(at(other, "add-to-cart"))
    other.wait_for_selector(at(other, "go-to-cart"))
    other.click(at(other, "go-to-cart"))
    sign_in(other, "Wanjiku")
    other.click(at(other, "saved-cart-add"), timeout=PATIENCE)
    expect(other.locator(at(other, "cart-line"))).to_have_count(2)
