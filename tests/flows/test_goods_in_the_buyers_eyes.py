"""What buyers see and are written of their goods: sent, delivered, cancelled, on their way back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.checkout.views import TrackingView, tracking_view
from commerce.fulfilment.cancel_order import cancel_order
from commerce.fulfilment.ship_order import Parcel, ship_order
from commerce.notifications.mails import MAILED, Mail, mail_about
from commerce.notifications.mails import Shop as MailShop
from commerce.returns.decide_return import decide_return
from commerce.returns.receive_return import receive_return
from commerce.returns.request_return import request_return
from tests.support.mpesa import Mpesa
from tests.support.parcels import EMAIL, STAFF, came, pay, ship, track, wish
from tests.support.shop import Shop
from tests.support.vouchers import give_credit

WINDOW = timedelta(days=14)


@pytest.fixture
def paid(quick: Shop, mpesa: Mpesa) -> Placement:
    quick.sell("LAP-1", stock=2, price=100_000)
    return pay(quick, mpesa, quick.order("key", ("LAP-1", 2)))


def view(shop: Shop, placed: Placement) -> TrackingView:
    return tracking_view(shop.account(placed), shop.clock.now())


def last_mail(shop: Shop, placed: Placement) -> Mail:
    """Return the e-mail about an order's latest event."""
    event = shop.events(placed)[-1]
    assert event.type in MAILED, event.type
    mail = mail_about(event.type, event.data, shop.account(placed), MailShop("Salama", "https://shop.test"))
    assert mail is not None
    return mail


def give_back(shop: Shop, placed: Placement, resolution: str = "refund") -> None:
    number = placed.order.number
    request_return(shop.till, number, wish(EMAIL, resolution, LAP_1=1), "key", WINDOW)
    decide_return(shop.till, number, 1, "approve", by=STAFF, reason="fine")
    receive_return(shop.till, number, 1, [came("LAP-1", 1)], by=STAFF, reason="checked")


def test_a_parcel_with_dhl_has_a_link(quick: Shop, paid: Placement) -> None:
    assert (view(quick, paid).shipments, view(quick, paid).returns) == ([], [])
    ship(quick, paid)
    [shown] = view(quick, paid).model_dump(mode="json")["shipments"]
    assert shown == {
        "number": 1,
        "carrier": "DHL Express",
        "tracking": "1234567890",
        "tracking_url": "https://www.dhl.com/ke-en/home/tracking.html?tracking-id=1234567890",
        "status": "shipped",
        "items": [{"sku": "LAP-1", "quantity": 2}],
        "shipped_at": "2026-11-22T09:00:00.000Z",
        "delivered_at": None,
        "note": None,
    }
    mail = last_mail(quick, paid)
    assert mail.subject == f"Order {paid.order.number} is on its way · Salama"
    for told in ("Your order", "2 x ", "DHL Express", "1234567890", "https://www.dhl.com/"):
        assert told in mail.text


def test_a_part_with_a_courier_has_none(quick: Shop, paid: Placement) -> None:
    ship_order(quick.till, paid.order.number, Parcel("local", "BODA 7", {"LAP-1": 1}), by=STAFF, key="one")
    [shown] = view(quick, paid).shipments
    assert (shown.carrier, shown.tracking, shown.tracking_url) == ("Local courier", "BODA 7", None)
    mail = last_mail(quick, paid)
    assert "A part of your order" in mail.text
    assert "the rest" in mail.text
    assert "https://www" not in mail.text
    ship(quick, paid, "two")
    assert "A part of your order" in last_mail(quick, paid).text
    assert "the rest" not in last_mail(quick, paid).text


def test_an_obstacle_is_shown_until_it_is_overcome(quick: Shop, paid: Placement) -> None:
    ship(quick, paid)
    track(quick, paid, "exception", description="Nobody at home")
    assert view(quick, paid).shipments[0].note == "Nobody at home"
    mail = last_mail(quick, paid)
    assert "is held up" in mail.subject
    assert "Nobody at home" not in mail.text, "what a carrier says stands on the order's page alone"
    track(quick, paid, "delivered")
    [shown] = view(quick, paid).shipments
    assert (shown.status, shown.note, shown.delivered_at) == ("delivered", None, "2026-11-22T09:00:00.000Z")
    assert "was delivered" in last_mail(quick, paid).text
    texts = [entry.text for entry in view(quick, paid).order.timeline]
    assert texts[-2:] == ["Handed to the carrier", "Delivered"]


def test_each_step_of_a_parcel_is_written(quick: Shop, paid: Placement) -> None:
    ship(quick, paid, "one", LAP_1=1)
    track(quick, paid, "in_transit")
    assert "is getting closer" in last_mail(quick, paid).subject
    track(quick, paid, "delivered")
    assert "came in part" in last_mail(quick, paid).subject
    ship(quick, paid, "two")
    track(quick, paid, "delivered", shipment=2)
    assert "was delivered" in last_mail(quick, paid).subject


def test_a_return_step_by_step(quick: Shop, paid: Placement) -> None:
    ship(quick, paid)
    number = paid.order.number
    request_return(quick.till, number, wish(LAP_1=2), "key", WINDOW)
    assert f"{number}-T1" in last_mail(quick, paid).subject
    decide_return(quick.till, number, 1, "approve", by=STAFF, reason="fine")
    assert "give the money back" in last_mail(quick, paid).text
    receive_return(quick.till, number, 1, [came("LAP-1", 1, "write_off")], by=STAFF, reason="checked")
    assert "KES 1,000 back the way it came" in last_mail(quick, paid).text
    shown: dict[str, Any] = view(quick, paid).model_dump(mode="json")
    assert shown["returns"] == [
        {
            "number": 1,
            "status": "received",
            "items": [{"sku": "LAP-1", "quantity": 1}],
            "resolution": "refund",
            "reason": "damaged",
        }
    ]
    [refund] = shown["refunds"]
    assert (refund["amount"], refund["to"], refund["items"]) == (
        100_000,
        "original",
        [{"sku": "LAP-1", "quantity": 1}],
    )


def test_a_rejection_says_why(quick: Shop, paid: Placement) -> None:
    ship(quick, paid)
    request_return(quick.till, paid.order.number, wish(LAP_1=1), "key", WINDOW)
    decide_return(quick.till, paid.order.number, 1, "reject", by=STAFF, reason="The seal is broken.")
    assert "The seal is broken." in last_mail(quick, paid).text


def test_only_the_mail_tells_the_credits_code(quick: Shop, paid: Placement) -> None:
    ship(quick, paid)
    give_back(quick, paid, "credit")
    [refund] = quick.account(paid).refunds.values()
    assert refund.credit_code is not None
    assert f"checkout: {refund.credit_code}" in last_mail(quick, paid).text
    assert refund.credit_code not in view(quick, paid).model_dump_json()


def test_a_cancelled_order(quick: Shop, paid: Placement) -> None:
    cancel_order(quick.till, paid.order.number, by=STAFF, reason="sold twice at the counter")
    mail = last_mail(quick, paid)
    assert "was cancelled" in mail.subject
    assert "KES 2,300 back the way it came" in mail.text
    assert "counter" not in mail.text, "the reason is the shop's own"
    assert view(quick, paid).order.timeline[-1].text == "Order cancelled"


@pytest.mark.parametrize("paid_first", [False, True])
def test_store_credit_comes_back_with_the_cancellation(quick: Shop, mpesa: Mpesa, paid_first: bool) -> None:
    quick.sell("LAP-2", stock=1, price=100_000)
    placed = quick.order("key", ("LAP-2", 1), credit=give_credit(quick.database, 50_000))
    if paid_first:
        pay(quick, mpesa, placed)
    else:
        mpesa.fail(placed.order.number)
    cancel_order(quick.till, placed.order.number, by=STAFF, reason="sold out")
    mail = last_mail(quick, placed)
    assert mail.text.count("KES 500 is back on the store credit") == 1
    assert ("KES 800 back the way it came" in mail.text) is paid_first
