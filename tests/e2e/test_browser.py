"""A whole purchase in a real browser, on a small phone, against the real stack."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from sandbox.stack import Stack
from tests.e2e.browsing import PATIENCE, Staff, at, buy, fill_details, panel_is, place, to_checkout

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def test_the_catalogue_is_shown_searched_and_paged(page: Page, stack: Stack) -> None:
    page.goto(stack.base_url)
    cards = page.locator(at(page, "product-card"))
    expect(cards).to_have_count(24)
    page.click(at(page, "load-more"))
    expect(cards).not_to_have_count(24)
    page.fill(at(page, "search"), "thinkpad t480")
    page.click(at(page, "search-submit"))
    expect(page.locator(f"{at(page, 'product-card')}[data-slug=lenovo-thinkpad-t480]")).to_be_visible()


def test_what_is_typed_while_the_shelves_load_is_searched(page: Page, stack: Stack) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/categories", hold)
    page.goto(stack.base_url)
    expect(page.locator(at(page, "product-card"))).to_have_count(24)
    page.fill(at(page, "search"), "thinkpad t480")
    with page.expect_response("**/api/categories"):
        for route in held:
            route.continue_()
    page.wait_for_selector(at(page, "category-laptops"))
    assert page.input_value(at(page, "search")) == "thinkpad t480"


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


def test_a_voucher_is_applied_and_paid(page: Page, stack: Stack) -> None:
    Staff(stack).offer_voucher("KARIBU20", 20)
    to_checkout(page, stack, "esp32-starter-kit")
    fill_details(page, "0700000001")
    page.fill(at(page, "voucher"), "nosuch")
    page.click(at(page, "voucher-apply"))
    expect(page.locator(at(page, "fault-voucher"))).to_be_visible()
    page.fill(at(page, "voucher"), "karibu20")
    page.click(at(page, "voucher-apply"))
    expect(page.locator(at(page, "bill-discount"))).to_have_text("\u2212KES\u00a0760")
    place(page)
    panel_is(page, "paid")
    expect(page.locator(at(page, "order-discount"))).to_have_text("\u2212KES\u00a0760")
    expect(page.locator(at(page, "total-changed"))).to_have_count(0)


def test_a_removed_voucher_takes_nothing_off(page: Page, stack: Stack) -> None:
    Staff(stack).offer_voucher("KARIBU30", 30)
    to_checkout(page, stack, "esp32-starter-kit")
    fill_details(page, "0700000001")
    page.fill(at(page, "voucher"), "karibu30")
    # A code that stood there before the scripts came is applied by itself; then Enter asks nothing more.
    page.press(at(page, "voucher"), "Enter")
    page.click(at(page, "voucher-remove"), timeout=PATIENCE)
    expect(page.locator(at(page, "bill-discount"))).to_have_count(0)
    place(page)
    panel_is(page, "paid")
    expect(page.locator(at(page, "order-discount"))).to_have_count(0)


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
