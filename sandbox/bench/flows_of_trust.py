"""What keeps the shop honest and mends it: who comes in, the archive, the nightly proof, security events, healing."""

from __future__ import annotations

import base64
import os
from datetime import timedelta
from typing import Any
from unittest import mock

from commerce.payments.messages import CheckMessage
from commerce.runtime import aws
from sandbox.bench.events import Event, load
from sandbox.bench.opening import CLIENT_KEY, DOOR_SECRET_ID
from sandbox.bench.world import Run, World

LETTERS = 10
NOTHING_WRONG, COMPARING = "healing: nothing wrong", "healing: nothing wrong, stock compared with orders"
ONE_EVENT = "archive: one event"
SECURITY_EVENT = "security event"
ANCHOR, VERIFY, VERIFIED = "anchor: a day", "verify: a day", "verify: nothing new"


def trust(world: World, run: Run, number: str) -> None:
    """Run their flows; `number` is a paid order's. The clock is a day ahead afterwards."""
    run("checkout, signed in", "start_checkout", world.checkout_event(case="place_order_signed_in"))
    _by_client_key(world, run)
    _heal(world, run)
    _archive(world, run, number)
    told = load("record_security_events", "refusals")
    run(SECURITY_EVENT, "record_security_events", told | {"Records": told["Records"][:1]})
    world.clock.ahead += timedelta(days=1)
    run(ANCHOR, "anchor_audit", load("anchor_audit", "every_night"))
    every_night = load("verify_audit", "every_night")
    run(VERIFY, "verify_audit", every_night)
    run(VERIFIED, "verify_audit", every_night)
    # The provider's token was good for a day.
    world.place()


def _by_client_key(world: World, run: Run) -> None:
    with mock.patch.dict(os.environ, {"DOOR_SECRET_ID": DOOR_SECRET_ID}):
        aws.secret(DOOR_SECRET_ID)
        for name in ("checkout, client key, a new lease", "checkout, client key, within its lease"):
            event = world.checkout_event()
            event["headers"]["x-client-key"] = CLIENT_KEY
            run(name, "start_checkout", event)


def _heal(world: World, run: Run) -> None:
    """Heal with nothing wrong, and with dead letters of orders that were settled meanwhile."""
    every_five_minutes = load("heal_failures", "every_five_minutes")
    world.call("heal_failures", every_five_minutes)
    world.clock.ahead += timedelta(hours=1)
    run(COMPARING, "heal_failures", every_five_minutes)
    world.clock.ahead += timedelta(minutes=5)
    run(NOTHING_WRONG, "heal_failures", every_five_minutes)
    for number in [world.place() for _ in range(LETTERS)]:
        world.call("verify_payment", world.claim_event(number))
        aws.client("sqs").send_message(
            QueueUrl=os.environ["PAYMENT_DEAD_LETTERS_URL"], MessageBody=CheckMessage(number, 1).to_json()
        )
    run(f"healing: {LETTERS} dead letters", "heal_failures", every_five_minutes)


def _archive(world: World, run: Run, number: str) -> None:
    rows = world.trail(number)
    run(ONE_EVENT, "archive_events", _stream(world, rows[:1]))
    run(f"archive: an order's {len(rows)} events", "archive_events", _stream(world, rows))


def _stream(world: World, rows: list[dict[str, Any]]) -> Event:
    """Return a batch of the events table's stream."""
    batch = load("archive_events", "order_placed", order_number="")
    (record,) = batch["Records"]
    batch["Records"] = [
        record
        | {
            "dynamodb": record["dynamodb"]
            | {
                "ApproximateCreationDateTime": world.clock.now().timestamp(),
                "Keys": {name: row[name] for name in ("pk", "sk")},
                "NewImage": {name: _streamed(value) for name, value in row.items()},
            }
        }
        for row in rows
    ]
    return batch


def _streamed(value: dict[str, Any]) -> dict[str, Any]:
    """Return a value as the stream writes it: bytes in base 64."""
    return {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
