"""An order paid by card, from the checkout to the settlement."""

from __future__ import annotations

import uuid
from typing import Any

from sandbox.bench.events import load
from sandbox.bench.world import Run, World, order_number, order_rows


def by_card(world: World, run: Run) -> list[tuple[str, dict[str, Any]]]:
    """Run its flows; return the rows that are not as an M-Pesa order's."""
    key = str(uuid.uuid4())
    number = order_number(run("card: checkout", "start_checkout", world.card_event(key)).answer)
    run("card: checkout again, same key", "start_checkout", world.card_event(key))
    rows = [(f"{name}, by card", row) for name, row in order_rows(world, number) if name == "attempt"]
    run("card: status", "show_order", load("show_order", "by_number_and_email", order_number=number))
    run("card: webhook", "receive_stripe_event", world.stripe.event(number))
    run("card: settle", "verify_payment", world.hint_event(number))
    run("card: webhook's event again", "verify_payment", world.hint_event(number))
    first_check = load("verify_payment", "order_placed", order_number=number)
    run("card: first check, already settled", "verify_payment", first_check)
    return rows
