"""The journeys beyond M-Pesa's own: cards, vouchers, refunds, returns, disputes, parcels and dollars."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from sandbox.daraja.stories import by_slug
from sandbox.demo.buyer import Buyer, Stuck
from sandbox.demo.scene import Scene, is_paid, refunds_done

DECLINED, SECURE = "4000000000000002", "4000002760003184"
PROCESSING, THRICE, LOST = "4000009990000013", "4000009990000047", "4000009990000054"
ABROAD = {"zone": "international", "address": {"line1": "1 Kampala Road", "city": "Kampala", "country": "UG"}}
RACERS = 8


async def _card_paid(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.paid(buyer)
    return "paid by card"


async def _declined_then_paid(scene: Scene) -> str:
    buyer = scene.buyer()
    placed = await scene.order(buyer)
    code = await scene.pay(placed, DECLINED)
    scene.must((await buyer.look())["payment"]["status"] == "pending", "a decline ended the payment")
    await scene.pay(placed)
    await buyer.wait("paid", is_paid)
    return f"{code}, then paid with another card"


async def _secured(scene: Scene) -> str:
    buyer = scene.buyer()
    placed = await scene.order(buyer)
    await scene.pay(placed, SECURE, "fail")
    scene.must(not is_paid(await buyer.look()), "a failed challenge paid")
    await scene.pay(placed, SECURE, "approve")
    await buyer.wait("paid", is_paid)
    return "the bank's challenge failed, then approved"


async def _processing(scene: Scene) -> str:
    buyer = scene.buyer()
    placed = await scene.order(buyer)
    await scene.pay(placed, PROCESSING)
    await buyer.wait("paid", is_paid)
    return "processing waited, then paid"


async def _webhooks_thrice(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.pay(await scene.order(buyer), THRICE)
    await buyer.wait("paid", is_paid)
    return "every event three times: one settlement"


async def _webhooks_lost(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.pay(await scene.order(buyer), LOST)
    await buyer.wait("paid", is_paid)
    return "no event came: a check found the money"


async def _abandoned(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.order(buyer)
    await buyer.wait("expired", lambda seen: seen["order"]["status"] == "expired")
    found = await scene.site.get("/sandbox/stripe/api/intents", params={"order": buyer.number})
    scene.must(found.json()["items"][0]["intent"]["status"] == "canceled", "the intent can still be paid")
    return "not paid: intent canceled, goods released"


async def _dollars(scene: Scene) -> str:
    buyer = scene.buyer()
    seen = await scene.paid(buyer, currency="USD", shipping=ABROAD)
    scene.must(seen["order"]["currency"] == "USD", "not in dollars")
    answer = await scene.staff.ship(buyer.number, "dhl", f"JD{buyer.number}")
    answer.raise_for_status()
    seen = await buyer.look()
    scene.must("dhl.com" in (seen["shipments"][0]["tracking_url"] or ""), "no DHL link")
    return f"USD {seen['order']['total'] / 100:.2f} to Kampala, tracked by DHL"


async def _switched(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.order(buyer)
    answer = await buyer.pay_again(by_slug("paid").number)
    scene.must(
        answer.status_code == httpx.codes.CREATED, f"another way answered {answer.status_code}: {answer.text[:120]}"
    )
    await buyer.wait("paid", is_paid)
    return "card put aside, paid by M-Pesa"


async def _voucher(scene: Scene) -> str:
    code = f"TEN{scene.buyer().email[6:12].upper()}"
    await scene.staff.publish_voucher(code=code, description="10 % off", kind="percent", percent=10)
    buyer = scene.buyer(by_phone=True)
    placed = await scene.order(buyer, voucher=code, payment={"method": "mpesa", "phone": buyer.phone})
    order = placed["order"]
    scene.must(
        order["discount"] == (order["subtotal"] + 5) // 10, f"10 % of {order['subtotal']} is {order['discount']}"
    )
    await buyer.wait("paid", is_paid)
    return f"{order['discount'] / 100:,.0f} off {order['subtotal'] / 100:,.0f}"


async def _voucher_race(scene: Scene) -> str:
    code = f"ONE{scene.buyer().email[6:12].upper()}"
    await scene.staff.publish_voucher(code=code, description="One lucky buyer", kind="free_shipping", total_limit=1)
    racers = [scene.buyer() for _ in range(RACERS)]
    answers = await asyncio.gather(
        *(racer.order(scene.sku, payment={"method": "card"}, voucher=code) for racer in racers)
    )
    took = [answer.status_code for answer in answers].count(httpx.codes.CREATED)
    scene.must(took == 1, f"a voucher for one was used {took} times")
    return f"{RACERS} at once on a code for one: {took} use"


async def _partial_refunds(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.paid(buyer, quantity=2)
    await scene.staff.refund(buyer.number, items=[{"sku": scene.sku, "quantity": 1}])
    await buyer.wait("refunded", refunds_done(1))
    await scene.staff.refund(buyer.number, everything=True)
    seen = await buyer.wait("refunded", refunds_done(2))
    total = sum(refund["amount"] for refund in seen["refunds"])
    scene.must(total == seen["order"]["total"], f"{total} of {seen['order']['total']} went back")
    return "one of two, then the rest: exactly what was paid"


async def _phone_refunds(scene: Scene) -> str:
    buyer = scene.buyer(by_phone=True)
    await scene.order(buyer, quantity=2, payment={"method": "mpesa", "phone": buyer.phone})
    await buyer.wait("paid", is_paid)
    await scene.staff.refund(buyer.number, items=[{"sku": scene.sku, "quantity": 1}])
    seen = await buyer.wait("refunded", refunds_done(1))
    return f"KES {seen['refunds'][0]['amount'] / 100:,.0f} paid out by B2C"


async def _returned(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.paid(buyer)
    (await scene.staff.ship(buyer.number, "local", f"L-{buyer.number}")).raise_for_status()
    await _carry(scene, buyer, "local")
    await buyer.wait("delivered", lambda seen: seen["order"]["status"] == "delivered")
    answer = await buyer.ask_return(scene.sku, "credit")
    scene.must(
        answer.status_code == httpx.codes.CREATED, f"the return answered {answer.status_code}: {answer.text[:120]}"
    )
    await scene.staff.approve_return(buyer.number, 1)
    await scene.staff.receive_return(buyer.number, 1, scene.sku, 1, "restock")
    seen = await buyer.look()
    credit = sum(refund["amount"] for refund in seen["refunds"] if refund["to"] == "credit")
    scene.must(credit > 0, "no store credit was issued")
    return f"delivered, returned, KES {credit / 100:,.0f} of store credit"


async def _cancelled(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.paid(buyer)
    await scene.staff.cancel(buyer.number)
    seen = await buyer.wait("refunded", refunds_done(1))
    scene.must(seen["order"]["status"] == "cancelled", f"the order is {seen['order']['status']}")
    return "cancelled: goods back on the shelf, money back"


async def _disputed(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.paid(buyer)
    dispute = await scene.stripe("disputes", payment_intent=await scene.intent(buyer))
    await _until(scene, buyer, "PaymentDisputed")
    refusal = await scene.staff.ship(buyer.number, "local", f"L-{buyer.number}")
    scene.must(refusal.status_code == httpx.codes.CONFLICT, "a disputed order was shipped")
    await scene.stripe(f"disputes/{dispute['dispute']['id']}", outcome="win")
    await _until(scene, buyer, "DisputeClosed")
    (await scene.staff.ship(buyer.number, "local", f"L-{buyer.number}")).raise_for_status()
    return "nothing shipped while disputed; won, then shipped"


async def _refunded_outside(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.paid(buyer)
    await scene.stripe("refunds", payment_intent=await scene.intent(buyer), amount=10_000)
    seen = await buyer.wait("refunded", refunds_done(1))
    scene.must(seen["refunds"][0]["reason"] == "outside", "the refund is not known as made outside")
    return "a refund from Stripe's dashboard reached the order"


async def _carry(scene: Scene, buyer: Buyer, carrier: str) -> None:
    """Have the carrier's simulator take a parcel to its door."""
    booking = {
        "carrier": carrier,
        "reference": f"{buyer.number}-S1",
        "tracking": f"L-{buyer.number}",
        "automatic": False,
    }
    parcel = (await scene.site.post("/sandbox/carrier/api/parcels", json=booking)).json()["parcel"]
    for what in ("in_transit", "twice", "delivered"):
        answer = await scene.site.post(f"/sandbox/carrier/api/parcels/{parcel['id']}/events", json={"what": what})
        answer.raise_for_status()


async def _until(scene: Scene, buyer: Buyer, event: str) -> None:
    await buyer.wait(event, lambda seen: any(entry["type"] == event for entry in seen["order"]["timeline"]))


#: Every journey by its title.
JOURNEYS: dict[str, Callable[[Scene], Awaitable[str]]] = {
    "Card": _card_paid,
    "Card declined": _declined_then_paid,
    "3-D Secure": _secured,
    "Card processing": _processing,
    "Webhooks three times": _webhooks_thrice,
    "Webhooks lost": _webhooks_lost,
    "Card abandoned": _abandoned,
    "Dollars, abroad": _dollars,
    "Another way to pay": _switched,
    "Voucher": _voucher,
    "A race for a voucher": _voucher_race,
    "Refund in parts, card": _partial_refunds,
    "Refund in part, M-Pesa": _phone_refunds,
    "Return for store credit": _returned,
    "Cancelled by staff": _cancelled,
    "Dispute": _disputed,
    "Refund made outside": _refunded_outside,
}


@dataclass
class Told:
    """How a journey ended, and what of it broke a promise."""

    title: str
    ending: str = ""
    broken: list[str] = field(default_factory=list)


async def tell(title: str, play: Callable[[Scene], Awaitable[str]], scene: Scene) -> Told:
    """Play one journey."""
    told = Told(title)
    try:
        told.ending = await play(scene)
    except (Stuck, httpx.HTTPError, KeyError) as error:
        told.broken.append(f"{type(error).__name__}: {error}")
    print(f"  {'broken' if told.broken else 'held':<7} {title}", flush=True)
    return told
