"""Paying by card in a real browser, with the stand-in for Stripe.js, against the real stack."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sandbox.stack import Stack
from tests.e2e.browsing import (
    PATIENCE,
    at,
    buy_by_card,
    fill_details,
    order_number,
    panel_is,
    pay_with,
    place,
    to_checkout,
)

pytestmark = [pytest.mark.browser, pytest.mark.stack]

GOOD, DECLINED, ASKS_THE_HOLDER = "4242424242424242", "4000000000000002", "4000002760003184"


def test_a_card_pays_and_the_shop_itself_says_so(page: Page, stack: Stack) -> None:
    buy_by_card(page, stack, "developer-sticker-pack")
    pay_with(page, GOOD)
    panel_is(page, "paid")
    expect(page.locator(at(page, "order-status"))).to_have_attribute("data-status", "processing")


def test_a_card_s_number_is_never_the_shop_s(page: Page, stack: Stack) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    buy_by_card(page, stack, "developer-sticker-pack")
    pay_with(page, GOOD)
    panel_is(page, "paid")
    told = [request for request in sent if GOOD in request]
    assert told, "the card was given to somebody"
    assert all("/stripe/" in request.split()[0] for request in told)
    assert "_secret_" not in page.url


def test_a_declined_card_is_followed_by_another_for_the_same_payment(page: Page, stack: Stack) -> None:
    buy_by_card(page, stack, "developer-sticker-pack")
    pay_with(page, DECLINED)
    expect(page.locator(at(page, "card-refused"))).to_contain_text("declined")
    pay_with(page, GOOD)
    panel_is(page, "paid")
    restarted = page.locator(f"{at(page, 'timeline')} [data-type=PaymentRestarted]")
    expect(restarted).to_have_count(0)


def test_the_bank_asks_the_card_s_holder(page: Page, stack: Stack) -> None:
    buy_by_card(page, stack, "developer-sticker-pack")
    pay_with(page, ASKS_THE_HOLDER)
    bank = page.frame_locator("dialog iframe")
    bank.locator("[data-test=threeds-fail]").click(timeout=PATIENCE)
    expect(page.locator(at(page, "card-refused"))).to_be_visible()
    pay_with(page, ASKS_THE_HOLDER)
    bank.locator("[data-test=threeds-approve]").click(timeout=PATIENCE)
    panel_is(page, "paid")


def test_an_order_in_dollars_goes_abroad(page: Page, stack: Stack) -> None:
    to_checkout(page, stack, "developer-sticker-pack")
    fill_details(page, "+44 20 7946 0958")
    page.click(at(page, "currency-USD"))
    page.check(at(page, "zone-international"), force=True)
    page.select_option(at(page, "country"), "GB")
    expect(page.locator(at(page, "method-mpesa"))).to_be_disabled()
    place(page, "international")
    page.wait_for_selector(f"{at(page, 'card-pay')}:enabled", timeout=PATIENCE)
    pay_with(page, GOOD)
    panel_is(page, "paid")
    expect(page.locator(at(page, "order-total"))).to_contain_text("$")


def test_a_reload_goes_on_where_it_was(page: Page, stack: Stack) -> None:
    buy_by_card(page, stack, "developer-sticker-pack")
    number = order_number(page)
    page.reload()
    page.wait_for_selector(f"{at(page, 'card-pay')}:enabled", timeout=PATIENCE)
    pay_with(page, ASKS_THE_HOLDER)
    bank = page.frame_locator("dialog iframe")
    bank.locator("[data-test=threeds-approve]").wait_for(timeout=PATIENCE)
    page.reload()
    bank.locator("[data-test=threeds-approve]").click(timeout=PATIENCE)
    panel_is(page, "paid")
    assert order_number(page) == number


def test_a_payment_begun_elsewhere_is_begun_anew(page: Page, stack: Stack) -> None:
    buy_by_card(page, stack, "developer-sticker-pack")
    page.evaluate("sessionStorage.clear()")
    page.reload()
    page.wait_for_selector(f"{at(page, 'payment-panel')}[data-phase=elsewhere]", timeout=PATIENCE)
    page.click(at(page, "retry-payment"))
    page.wait_for_selector(f"{at(page, 'card-pay')}:enabled", timeout=PATIENCE)
    pay_with(page, GOOD)
    panel_is(page, "paid")


def test_a_card_order_is_paid_by_mpesa_instead(page: Page, stack: Stack) -> None:
    buy_by_card(page, stack, "developer-sticker-pack")
    page.click(f"{at(page, 'mpesa-instead')} summary")
    page.fill(at(page, "retry-phone"), "0700 000 001")
    page.click(at(page, "retry-payment"))
    panel_is(page, "paid")
    expect(page.locator(at(page, "receipt"))).to_contain_text("U")
