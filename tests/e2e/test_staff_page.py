"""What staff do in a real browser, against the real stack: find an order, send it, give money back, count stock."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, TimeoutError, ViewportSize, expect, sync_playwright

from sandbox.demo.authenticator import Authenticator
from sandbox.stack import Stack
from sandbox.stack.door import WEB_KEY

pytestmark = [pytest.mark.browser, pytest.mark.stack]

DESK: ViewportSize = {"width": 1280, "height": 900}
#: Milliseconds.
PATIENCE = 120_000
SKU = "STK-DEV-5"


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page on a desk; a script error or a broken content policy fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_context(viewport=DESK, accept_downloads=True).new_page()
        opened.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield opened
        browser.close()
        # Chromium calls every refusal an error of the page.
        assert [one for one in complaints if "Failed to load resource" not in one] == []


def at(name: str) -> str:
    """Return the selector of an element by its stable name."""
    return f"[data-test={name}]"


def order(stack: Stack, *, units: int = 2) -> str:
    """Buy something whose payment goes through; return the order's number."""
    body = {
        "items": [{"sku": SKU, "quantity": units}],
        "currency": "KES",
        "customer": {"name": "Wanjiku Kamau", "email": "wanjiku@example.com", "phone": "0712 345 678"},
        "shipping": {"zone": "nairobi_metro", "address": {"line1": "Moi Avenue 1", "city": "Nairobi", "country": "KE"}},
        "payment": {"method": "mpesa", "phone": "0700000001"},
    }
    headers = {"Idempotency-Key": str(uuid.uuid4()), "x-client-key": WEB_KEY}
    answer = httpx.post(f"{stack.api_url}/checkout", json=body, headers=headers, timeout=120, trust_env=False)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["order"]["number"])


def sign_in(page: Page, stack: Stack, role: str = "admin") -> None:
    """Sign somebody in who was never here before, and so has no authenticator app yet."""
    page.goto(f"{stack.base_url}/staff")
    page.fill(at("sign-in-email"), f"{uuid.uuid4().hex[:12]}@salama.test")
    page.select_option(at("sign-in-role"), role)
    page.click(at("sign-in-submit"))


def press(page: Page, reason: str | None = None) -> None:
    """Say why, and yes."""
    if reason is not None:
        page.fill(at("ask-reason"), reason)
    page.click(at("ask-confirm"))


def confirm(page: Page, reason: str | None = None) -> None:
    """Say why, and yes; wait until it is done."""
    press(page, reason)
    page.wait_for_selector(at("ask"), state="hidden")


def show_code(page: Page, app: Authenticator | None = None) -> Authenticator:
    """Type the code that the shop asks for; without an app, set one up first."""
    if app is None:
        app = Authenticator(page.locator(at("second-factor-secret")).inner_text())
        type_code(page, app)
        expect(page.locator(at("second-factor-secret"))).to_have_count(0)
    type_code(page, app)
    page.wait_for_selector(at("code"), state="hidden")
    return app


def type_code(page: Page, app: Authenticator) -> None:
    code, wait = app.next(time.time())
    # Nobody can hurry an authenticator app.
    page.wait_for_timeout(1000 * wait)
    page.fill(at("code-value"), code)
    page.click(at("code-confirm"))


def look_until(page: Page, selector: str) -> None:
    """Look again, as staff do, until the page shows something."""
    for _ in range(20):
        try:
            page.wait_for_selector(selector, timeout=1_500)
        except TimeoutError:
            page.click(at("refresh"))
        else:
            return
    expect(page.locator(selector).first).to_be_visible()


def state_is(page: Page, name: str, state: str) -> None:
    look_until(page, f"{at(name)}[data-state='{state}']")


def open_paid(page: Page, number: str) -> None:
    """Find an order on the board by its number, once it is there and paid, and open it."""
    page.fill(at("filter-number"), number.lower())
    page.click(at("search"))
    row = f"{at('order-row')}[data-number='{number}']"
    look_until(page, f"{row} {at('row-status')}[data-state=processing]")
    page.click(f"{row} {at('open-order')}")
    expect(page.locator(at("order-number"))).to_have_text(number)


def test_an_order_is_sent_delivered_and_partly_paid_back(page: Page, stack: Stack) -> None:
    number = order(stack)
    sign_in(page, stack)
    open_paid(page, number)

    page.click(at("ship"))
    page.click(at("ask-confirm"))
    expect(page.locator(at("ask-error"))).not_to_be_empty()
    page.fill(at("ask-tracking"), "G4S-77")
    page.fill(at(f"units-{SKU}"), "1")
    confirm(page)
    expect(page.locator(at("shipment"))).to_have_count(1)
    page.click(at("ship"))
    page.fill(at("ask-tracking"), "G4S-78")
    confirm(page)
    state_is(page, "order-status", "shipped")
    for left in (1, 0):
        page.locator(at("move-shipment")).first.click()
        page.select_option(at("ask-status"), "delivered")
        confirm(page, f"The buyer called: {left} to come")
        expect(page.locator(at("move-shipment"))).to_have_count(left)
    state_is(page, "order-status", "delivered")

    page.click(at("refund"))
    page.fill(at("ask-amount"), "9,999,999")
    page.click(at("ask-confirm"))
    expect(page.locator("[data-fault=reason]")).to_have_text("Say why, in a few words.")
    page.fill(at("ask-reason"), "One pack was torn")
    press(page)
    page.click(at("code-cancel"))
    expect(page.locator(at("ask-error"))).to_contain_text("second factor")
    press(page)
    app = show_code(page)
    expect(page.locator(at("ask-error"))).to_contain_text("can still be given back")
    page.click(at("way-goods"))
    page.fill(at(f"units-{SKU}"), "1")
    press(page)
    show_code(page, app)
    page.wait_for_selector(at("ask"), state="hidden")
    state_is(page, "refund-state", "succeeded")

    trail = page.locator(f"{at('event')}[data-type=RefundRequested]")
    expect(trail).to_contain_text("One pack was torn")
    page.click(at("back"))
    with page.expect_download() as saved:
        page.click(at("csv"))
    text = saved.value.path().read_text(encoding="utf-8-sig")
    assert number in text


def test_stock_is_counted_and_a_code_opened(page: Page, stack: Stack) -> None:
    sign_in(page, stack)
    page.click(at("tab-stock"))
    page.fill(at("stock-search"), SKU)
    page.click(at("stock-go"))
    row = page.locator(f"{at('stock-row')}[data-sku='{SKU}']")
    before = int(row.locator(at("available")).inner_text())
    row.locator(at("adjust")).click()
    page.fill(at("ask-change"), "-1000000")
    page.fill(at("ask-reason"), "Counted again")
    page.click(at("ask-confirm"))
    expect(page.locator(at("ask-error"))).to_contain_text("left")
    page.fill(at("ask-change"), "+5")
    confirm(page)
    expect(row.locator(at("available"))).to_have_text(str(before + 5))

    page.click(at("tab-vouchers"))
    page.click(at("new-voucher"))
    page.fill(at("ask-code"), "karibu-staff")
    page.fill(at("ask-description"), "Ten percent for friends")
    page.fill(at("ask-percent"), "10")
    press(page, "A test of the form")
    app = show_code(page)
    page.wait_for_selector(at("ask"), state="hidden")
    code = page.locator(f"{at('voucher-row')}[data-code=KARIBU-STAFF]")
    expect(code).to_contain_text("10 % off")
    code.locator(at("switch-voucher")).click()
    press(page, "Enough")
    page.fill(at("code-value"), "12345")
    page.click(at("code-confirm"))
    expect(page.locator(at("code-error"))).to_have_text("A code has six digits.")
    show_code(page, app)
    page.wait_for_selector(at("ask"), state="hidden")
    expect(code.locator(at("voucher-state"))).to_have_text("Off")
    page.click(at("tab-reviews"))
    page.click(at("reviews-rejected"))
    expect(page.locator(at("nothing"))).to_be_visible()


def test_who_does_not_work_here_sees_nothing(page: Page, stack: Stack) -> None:
    sign_in(page, stack, role="")
    expect(page.locator(at("fault"))).to_contain_text("staff")
    page.click(at("sign-out"))
    expect(page.locator(at("sign-in"))).to_be_visible()
