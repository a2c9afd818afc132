"""The stand-in Stripe.js in a real browser: a shop page with the shop's own content policy, on a small phone."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from playwright.sync_api import FrameLocator, Page, expect, sync_playwright

from sandbox.stack.site import CONTENT_SECURITY_POLICY
from sandbox.stripe import StripeOptions, create_stripe

pytestmark = pytest.mark.browser

SHOP = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Shop</title><link rel="icon" href="data:,"><div id="card"></div><button id="pay">Pay</button>
<output id="end"></output>
<script src="/stripe/js/v3/"></script><script type="module" src="/shop.js"></script></html>"""

SCRIPT = """
const clientSecret = new URLSearchParams(location.search).get("secret");
const stripe = Stripe("pk_test_salama");
const elements = stripe.elements({ clientSecret, appearance: { variables: { colorPrimary: "#123456" } } });
const element = elements.create("payment");
element.on("change", (event) => document.body.dataset.complete = event.complete);
element.mount("#card");
document.getElementById("pay").addEventListener("click", async () => {
  const redirect = location.hash ? "always" : "if_required";
  const asked = await elements.submit();
  const result = asked.error ? asked : await stripe.confirmPayment({
    elements, clientSecret, redirect, confirmParams: { return_url: `${location.origin}/after` } });
  document.getElementById("end").textContent = result.error ? result.error.code : result.paymentIntent.status;
});
"""

AFTER = """
const query = new URLSearchParams(location.search);
const secret = query.get("payment_intent_client_secret");
const { paymentIntent } = await Stripe("pk_test_salama").retrievePaymentIntent(secret);
document.getElementById("end").textContent = `${query.get("redirect_status")} ${paymentIntent.status}`;
"""


def shop_pages(app: FastAPI) -> None:
    """A page that pays and a page one comes back to, under the policy that the shop itself is served with."""
    policy = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}

    @app.get("/shop")
    async def shop() -> HTMLResponse:
        return HTMLResponse(SHOP, headers=policy)

    @app.get("/after")
    async def after() -> HTMLResponse:
        return HTMLResponse(SHOP.replace("/shop.js", "/after.js"), headers=policy)

    @app.get("/shop.js")
    async def script() -> Response:
        return Response(SCRIPT, media_type="text/javascript")

    @app.get("/after.js")
    async def script_after() -> Response:
        return Response(AFTER, media_type="text/javascript")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The simulator and the shop's pages, served in a thread."""
    app = create_stripe(StripeOptions(speed=20))
    shop_pages(app)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page on a small phone; a script error or a broken content policy fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        # A declined card is an HTTP 402, which Chromium itself reports.
        opened.on("console", lambda said: complaints.append(said.text)
                  if said.type == "error" and "status of 402" not in said.text else None)  # fmt: skip
        yield opened
        browser.close()
        assert complaints == []


def order(base: str) -> dict[str, Any]:
    """A new PaymentIntent, as a shop's server makes it."""
    form = {"amount": "150000", "currency": "kes", "metadata[order_number]": "S-7"}
    answer = httpx.post(f"{base}/stripe/v1/payment_intents", data=form, auth=("sk_test_salama", ""), trust_env=False)
    intent: dict[str, Any] = answer.json()
    return intent


def fill(page: Page, number: str) -> FrameLocator:
    """Type a card into the form."""
    frame = page.frame_locator("iframe[title='Secure card payment']")
    frame.locator("[data-test=card-number]").fill("")
    frame.locator("[data-test=card-number]").press_sequentially(number)
    frame.locator("[data-test=card-expiry]").fill("12 / 34")
    frame.locator("[data-test=card-cvc]").fill("123")
    return frame


def test_a_card_is_typed_and_pays(base: str, page: Page) -> None:
    page.goto(f"{base}/shop?secret={order(base)['client_secret']}")
    frame = fill(page, "4242424242424242")
    expect(frame.locator("[data-test=card-number]")).to_have_value("4242 4242 4242 4242")
    expect(page.locator("body")).to_have_attribute("data-complete", "true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert "4242" not in page.content()
    page.click("#pay")
    expect(page.locator("#end")).to_have_text("succeeded")


def test_mistakes_are_shown_in_the_form_and_a_declined_card_is_followed_by_a_good_one(base: str, page: Page) -> None:
    page.goto(f"{base}/shop?secret={order(base)['client_secret']}")
    page.frame_locator("iframe").locator("[data-test=card-number]").wait_for()
    page.click("#pay")
    expect(page.locator("#end")).to_have_text("incomplete_number")
    frame = fill(page, "4242424242424241")
    page.click("#pay")
    expect(page.locator("#end")).to_have_text("invalid_number")
    expect(frame.get_by_role("alert").first).to_have_text("Your card number is invalid.")
    fill(page, "4000000000000002")
    page.click("#pay")
    expect(page.locator("#end")).to_have_text("card_declined")
    fill(page, "4242424242424242")
    page.click("#pay")
    expect(page.locator("#end")).to_have_text("succeeded")


@pytest.mark.parametrize(
    ("answer", "end"), [("approve", "succeeded"), ("fail", "payment_intent_authentication_failure")]
)
def test_the_bank_asks_in_a_dialog(base: str, page: Page, answer: str, end: str) -> None:
    page.goto(f"{base}/shop?secret={order(base)['client_secret']}")
    fill(page, "4000002760003184")
    page.click("#pay")
    bank = page.frame_locator("iframe[title='Bank authentication']")
    expect(bank.locator("#what")).to_have_text("Salama Shop asks for KES 1,500.00 from your card ending in 3184.")
    bank.locator(f"[data-test=threeds-{answer}]").click()
    expect(page.locator("#end")).to_have_text(end)
    expect(page.locator("dialog")).to_have_count(0)


def test_a_redirect_comes_back_with_the_payment(base: str, page: Page) -> None:
    page.goto(f"{base}/shop?secret={order(base)['client_secret']}#always")
    fill(page, "4242424242424242")
    page.click("#pay")
    page.wait_for_url("**/after?**")
    expect(page.locator("#end")).to_have_text("succeeded succeeded")


def test_the_banks_page_on_its_own_goes_back_to_the_shop(base: str, page: Page) -> None:
    intent = order(base)
    form = {"payment_method": "pm_card_authenticationRequired", "return_url": f"{base}/after"}
    url = f"{base}/stripe/v1/payment_intents/{intent['id']}/confirm"
    waiting = httpx.post(url, data=form, auth=("sk_test_salama", ""), trust_env=False).json()
    page.goto(base + waiting["next_action"]["redirect_to_url"]["url"])
    page.click("[data-test=threeds-fail]")
    page.wait_for_url("**/after?**")
    expect(page.locator("#end")).to_have_text("failed requires_payment_method")


def test_the_dashboard_refunds_and_disputes(base: str, page: Page) -> None:
    intent = order(base)
    httpx.post(f"{base}/sandbox/stripe/api/intents/{intent['id']}/pay", json={}, trust_env=False)
    page.goto(f"{base}/sandbox/stripe")
    payment = page.locator(f"#{intent['id']}")
    payment.get_by_role("button", name="Refund half").click()
    expect(payment.get_by_role("listitem")).to_have_text("refund KES 750.00 · succeeded")
    payment.get_by_role("button", name="Open a dispute").click()
    payment.get_by_role("button", name="Shop wins").click()
    expect(payment.get_by_text("fraudulent · won")).to_be_visible()
    expect(page.locator("#entries .entry").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
