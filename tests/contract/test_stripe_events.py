"""What the shop reads from Stripe's events: where to look, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given

from commerce.payments.providers.stripe.events import (
    OF_INTENTS,
    OF_REFUNDS,
    ChargeNews,
    Dropped,
    PaymentNews,
    Unreadable,
    read_event,
)
from tests.contract.stripe.doubles import CHARGE, Body, charge, intent, refund, sample, spoiled

EVENT = "evt_1Pgc76B7WZ01zgkWwyRHS12y"
DISPUTES = [
    f"charge.dispute.{what}" for what in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
]


def event(kind: str, about: Any, **changes: Any) -> Body:
    return sample("event", **{"type": kind, "data": {"object": about}, **changes})


def read(body: Any) -> Any:
    return read_event(json.dumps(body).encode())


@pytest.mark.parametrize("kind", sorted(OF_INTENTS))
def test_an_event_of_an_intent_names_the_attempt(kind: str) -> None:
    assert read(event(kind, intent())) == PaymentNews(EVENT, "7K3M9QXW2A", 1)


@pytest.mark.parametrize("kind", ["charge.refunded", *sorted(OF_REFUNDS), *DISPUTES])
def test_an_event_of_captured_money_names_the_charge(kind: str) -> None:
    about = {"charge.refunded": charge()}.get(kind) or (refund() if "refund" in kind else sample("dispute"))
    expected = CHARGE if "dispute" not in kind else sample("dispute")["charge"]
    assert read(event(kind, about)) == ChargeNews(EVENT, expected)
    if kind != "charge.refunded":
        expanded = {**about, "charge": charge()}
        assert read(event(kind, expanded)) == ChargeNews(EVENT, CHARGE)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        None,
        [],
        {"order_number": "7K3M9QXW2A"},
        {"attempt": "1"},
        {"order_number": "7k3m9qxw2a", "attempt": "1"},
        {"order_number": "1001", "attempt": "1"},
        {"order_number": "7K3M9QXW2A", "attempt": "0"},
        {"order_number": "7K3M9QXW2A", "attempt": "-1"},
        {"order_number": "7K3M9QXW2A", "attempt": "1.0"},
        {"order_number": "7K3M9QXW2A", "attempt": "100"},
        {"order_number": "7K3M9QXW2A", "attempt": "٣"},
        {"order_number": "7K3M9QXW2A", "attempt": 1},
        {"order_number": ["7K3M9QXW2A"], "attempt": "1"},
    ],
)
def test_a_payment_of_somebody_else_on_the_same_account_is_dropped(metadata: Any) -> None:
    news = read(event("payment_intent.succeeded", intent(metadata=metadata)))
    assert news == Dropped("payment_intent.succeeded of a payment that is not the shop's")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (event("payment_intent.created", intent()), "payment_intent.created is of no interest"),
        (event("customer.created", {}), "customer.created is of no interest"),
        (event("charge.succeeded", charge()), "charge.succeeded is of no interest"),
        (event("Evil\nLine <b>", {}), "vilineb is of no interest"),
        (event("x" * 500, {}), "x" * 100 + " is of no interest"),
        (event("refund.failed", {"charge": None}), "refund.failed that names no charge"),
        (event("charge.dispute.created", "dp_1"), "charge.dispute.created that names no charge"),
        ({"object": "v2.core.event", "id": "evt_test_1", "type": "v1.billing.meter.no_meter_found"},
         "v1.billing.meter.no_meter_found is of no interest"),
    ],
)  # fmt: skip
def test_what_is_dropped_and_why(body: Any, why: str) -> None:
    assert read(body) == Dropped(why)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (event("charge.refunded", {"id": "pi_1"}), "charge.refunded that names no charge"),
        (event("charge.refunded", charge(), data=None), "charge.refunded that names no charge"),
        (event("charge.dispute.created", {"charge": "ch_1/../x"}), "charge.dispute.created that names no charge"),
        (event("refund.failed", {"charge": 7}), "refund.failed that names no charge"),
        (event("charge.refunded", charge(), id=None), "no event"),
        (event("charge.refunded", charge(), id="evt_#"), "no event"),
        (event("charge.refunded", charge(), type=None), "no event"),
        ([], "no JSON object"),
        (None, "no JSON object"),
    ],
)
def test_what_cannot_be_read_and_why(body: Any, why: str) -> None:
    assert read(body) == Unreadable(why)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"9" * 5_000, b"\xef\xbb\xbf{}", b'{"a":-Infinity}'),
        b'{"id":"evt_1","type":"customer.created","type":"charge.refunded"}',
        b'{"id":"evt_1","type":"charge.refunded","data":{"object":{"id":"ch_1","id":"ch_2"}}}',
        '{"id":"evt_1"}'.encode("utf-16"),
    ],
)
def test_what_two_readers_might_read_differently_is_not_read(raw: bytes) -> None:
    assert read_event(raw) == Unreadable("no JSON")


@given(spoiled(event("payment_intent.succeeded", intent())), spoiled(event("refund.updated", refund())))
def test_a_spoiled_event_never_raises(payment: Any, captured: Any) -> None:
    for body in (payment, captured):
        assert isinstance(read(body), PaymentNews | ChargeNews | Dropped | Unreadable)


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        (
            "functions.receive_stripe_event.app",
            ["pydantic", "pynamodb", "httpx", "stripe", "requests", "boto3", "aws_lambda_powertools"],
        ),
        ("commerce.payments.providers.stripe.registration", ["httpx", "stripe", "requests"]),
    ],
)
def test_it_is_light(module: str, heavy: list[str]) -> None:
    """The webhook starts in milliseconds, and shops without cards load no SDK."""
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=path)
    assert done.stdout.strip() == "[]"
