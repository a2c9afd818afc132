"""What a buyer does in a browser, in steps that the browser tests share, and what the shop's staff do meanwhile."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import ConsoleMessage, FrameLocator, Page, ViewportSize, expect

from sandbox.demo.authenticator import Authenticator
from sandbox.identity import Person
from sandbox.stack import Stack
from sandbox.stack.door import STAFF_KEY

SMALL_PHONE: ViewportSize = {"width": 360, "height": 740}
#: Milliseconds; a story at speed 30 takes a second or two, and on a busy machine a process takes long to start.
PATIENCE = 120_000
expect.set_options(timeout=PATIENCE)
#: Refusals that a story means to get: a browser calls them errors in its console.
_MEANT = ((" 402 ", "/stripe/v1/"), (" 422 ", "/api/vouchers/check"))


def is_complaint(said: ConsoleMessage) -> bool:
    """Tell whether the browser complains of something that no story means to happen."""
    meant = any(status in said.text and path in said.location["url"] for status, path in _MEANT)
    return said.type == "error" and not meant


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


def fill_details(page: Page, phone: str, email: str = "wanjiku@example.com") -> None:
    """Fill what the buyer types, in the page's order."""
    page.fill(at(page, "name"), "Wanjiku Kamau")
    page.fill(at(page, "email"), email)
    page.fill(at(page, "phone"), phone)
    page.fill(at(page, "line1"), "Moi Avenue 12")
    page.fill(at(page, "city"), "Nairobi")


def place(page: Page, zone: str = "nairobi_metro") -> None:
    """Choose the delivery and press the button once."""
    page.check(at(page, f"zone-{zone}"), force=True)
    page.click(at(page, "place-order"), timeout=PATIENCE)
    page.wait_for_selector(at(page, "payment-panel"), timeout=PATIENCE)


def buy(page: Page, stack: Stack, slug: str, phone: str) -> None:
    """Put a product into the cart and check out with M-Pesa."""
    to_checkout(page, stack, slug)
    fill_details(page, phone)
    place(page)


def buy_by_card(page: Page, stack: Stack, slug: str) -> None:
    """Put a product into the cart, check out by card, and wait for the card's form."""
    to_checkout(page, stack, slug)
    fill_details(page, "0712 345 678")
    page.check(at(page, "method-card"), force=True)
    place(page)
    page.wait_for_selector(f"{at(page, 'card-pay')}:enabled", timeout=PATIENCE)


def pay_with(page: Page, card: str) -> None:
    """Type a card into Stripe's form and press the button once."""
    form: FrameLocator = page.frame_locator(f"{at(page, 'card-element')} iframe")
    form.locator("[data-test=card-number]").fill(card)
    form.locator("[data-test=card-expiry]").fill("1234")
    form.locator("[data-test=card-cvc]").fill("123")
    page.click(at(page, "card-pay"))


def panel_is(page: Page, state: str) -> None:
    """Wait until the payment panel shows a state."""
    page.wait_for_selector(f"{at(page, 'payment-panel')}[data-state={state}]", timeout=PATIENCE)


def order_number(page: Page) -> str:
    """Return the number of the order that is shown."""
    return page.locator(at(page, "order-number")).inner_text().split()[-1]


class Staff:
    """Somebody who works in the shop, over its staff API, with an authenticator app."""

    def __init__(self, stack: Stack) -> None:
        # Nobody else uses up this person's codes.
        person = Person(email=f"{uuid4().hex[:12]}@salama.test", name="Baraka", roles=("admin",))
        known = {"authorization": f"Bearer {stack.issuer.token_for(person)}", "x-client-key": STAFF_KEY}
        self._client = httpx.Client(base_url=stack.api_url, headers=known, trust_env=False, timeout=60)
        self._app: Authenticator | None = None

    def __call__(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send one request under an Idempotency-Key of its own, with a code if it is asked for; it must succeed."""
        headers = {"idempotency-key": str(uuid4())}
        answer = self._client.request(method, path, json=body, headers=headers)
        if answer.status_code == httpx.codes.FORBIDDEN and answer.json()["type"].endswith(":second-factor-required"):
            answer = self._client.request(method, path, json=body, headers=headers | {"x-one-time-code": self._code()})
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def _code(self) -> str:
        if self._app is None:
            self._app = Authenticator(self("POST", "/admin/second-factor", {})["secret"])
            self("POST", "/admin/second-factor/confirm", {"code": _shown(self._app)})
        return _shown(self._app)

    def offer_voucher(self, code: str, percent: int) -> None:
        """Publish a code that takes a percentage off."""
        voucher = {"code": code, "description": f"{percent} % off", "kind": "percent", "percent": percent}
        self("PUT", f"/admin/vouchers/{code}", {"voucher": voucher, "reason": "a test"})

    def ship(self, number: str, items: list[dict[str, Any]] | None = None, tracking: str = "JD014600003") -> None:
        """Hand an order, or some of its units, to DHL."""
        body: dict[str, Any] = {"carrier": "dhl", "tracking": tracking}
        self("POST", f"/admin/orders/{number}/shipments", body | ({"items": items} if items else {}))

    def report(self, number: str, shipment: int, status: str) -> None:
        """Say where a shipment is, as the carrier would."""
        self("POST", f"/admin/orders/{number}/shipments/{shipment}/status", {"status": status, "reason": "a test"})

    def take_back(self, number: str, items: list[dict[str, Any]]) -> None:
        """Agree to the order's first return, and receive it."""
        self("POST", f"/admin/orders/{number}/returns/1/approve", {"reason": "a test"})
        self("POST", f"/admin/orders/{number}/returns/1/receive", {"items": items, "reason": "a test"})


def _shown(app: Authenticator) -> str:
    """Return the app's next code once it counts; nobody can hurry an authenticator app."""
    code, wait = app.next(time.time())
    time.sleep(wait)
    return code
