"""Orders with a voucher or store credit, and how they give both back."""

from __future__ import annotations

import json
from typing import Any

from sandbox.bench.events import Event, load
from sandbox.bench.opening import ALL, PART, VOUCHERS, credit_of
from sandbox.bench.world import LINES, Run, World, order_number


def with_codes(world: World, run: Run) -> None:
    """Run a checkout with each kind of code, each by a buyer of their own: nobody has had a first order."""
    run("voucher: check", "check_voucher", _check("BENCH-LIMIT"))
    for place, (name, (code, _)) in enumerate(VOUCHERS.items()):
        run(f"checkout with {name}", "start_checkout", world.checkout_event(voucher=code, customer=buyer(place)))
    part = run("checkout with credit for a part", "start_checkout", world.checkout_event(credit=credit_of(PART)))
    run("checkout with credit for all", "start_checkout", world.checkout_event(credit=credit_of(ALL)))
    run("settle, credit for a part", "verify_payment", world.claim_event(order_number(part.answer)))


def buyer(place: int) -> dict[str, str]:
    """Return a buyer's details; each place has its own."""
    return {"name": "Wanjiku Kamau", "email": f"wanjiku.{place}@example.com", "phone": f"07123456{place:02d}"}


def _check(code: str) -> Event:
    event = load("check_voucher", "percent_off")
    body: dict[str, Any] = json.loads(event["body"])
    body |= {"code": code, "items": [{"sku": sku, "quantity": 1} for sku, _ in LINES]}
    event["body"] = json.dumps(body)
    return event
