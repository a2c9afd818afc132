"""What carriers send: who signed it, and what of it can be read. Both without I/O."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.fulfilment.messages import CarrierMessage, UnreadableMessage
from commerce.fulfilment.signatures import BadSignature, check_signature
from commerce.kernel.errors import InvalidRequest
from commerce.shipping.carriers import load_carriers, parse_carriers

NOW = 1_795_338_000
REPORT: dict[str, Any] = {
    "id": "evt-1",
    "reference": "7K2M9QX4TD-S1",
    "tracking": "1234567890",
    "status": "in_transit",
    "occurred_at": "2026-11-22T12:00:00+03:00",
    "description": "Picked up",
}


def signed(body: bytes, secret: str = "secret", at: int = NOW) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return f"t={at},v1={digest}"


def test_a_signature_over_the_very_bytes_is_good() -> None:
    check_signature(signed(b'{"a":1}'), b'{"a":1}', ["secret"], NOW)


def test_while_a_secret_is_replaced_both_are_good() -> None:
    for secret in ("new", "old"):
        check_signature(signed(b"body", secret), b"body", ["new", "old"], NOW)
    both = f"{signed(b'body', 'new')},{signed(b'body', 'old').split(',')[1]}"
    check_signature(both, b"body", ["old"], NOW)


@pytest.mark.parametrize("away", [-301, 301])
def test_what_was_signed_at_another_time_is_refused(away: int) -> None:
    with pytest.raises(BadSignature, match="another time"):
        check_signature(signed(b"body", at=NOW + away), b"body", ["secret"], NOW)
    check_signature(signed(b"body", at=NOW + away - away // abs(away)), b"body", ["secret"], NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        f"t={NOW}",
        "v1=00",
        f"t={NOW},t={NOW},v1=00",
        f"t={NOW},v1=" + "0" * 64,
        f"t={NOW},v1=é",
        "t=²,v1=00",
        f"t=-{NOW},v1=00",
        f"t={NOW}" + ",v1=00" * 5,
        "t=" + "9" * 400 + ",v1=00",
    ],
)
def test_whatever_else_the_header_says_it_is_refused(header: str) -> None:
    with pytest.raises(BadSignature):
        check_signature(header, b"body", ["secret"], NOW)


def test_without_secrets_nobody_is_let_in() -> None:
    with pytest.raises(BadSignature):
        check_signature(signed(b"body", ""), b"body", [], NOW)


@given(st.binary(max_size=60), st.binary(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_only_the_same_bytes_and_secret_fit(body: bytes, other: bytes, secret: str, wrong: str) -> None:
    header = signed(body, secret)
    check_signature(header, body, [secret], NOW)
    for changed, key in ((other, secret), (body, wrong)):
        if (changed, key) != (body, secret):
            with pytest.raises(BadSignature):
                check_signature(header, changed, [key], NOW)


def test_the_reason_is_not_told() -> None:
    with pytest.raises(BadSignature) as refused:
        check_signature("", b"", ["secret"], NOW)
    assert refused.value.detail == "The signature is missing, wrong or too old."


def test_a_report_is_read() -> None:
    message = CarrierMessage.of("dhl", {**REPORT, "weight": 3})
    assert (message.order_number, message.shipment, message.carrier) == ("7K2M9QX4TD", 1, "dhl")
    assert message.happened_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert CarrierMessage.from_json(message.to_json()) == message


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", ""),
        ("id", "x" * 81),
        ("id", 7),
        ("id", None),
        ("reference", "7K2M9QX4TD"),
        ("reference", "7K2M9QX4TD-S0"),
        ("reference", "7K2M9QX4TD-S100"),
        ("reference", "ILOU9QX4TD-S1"),
        ("reference", "7k2m9qx4td-S1"),
        ("reference", ["7K2M9QX4TD-S1"]),
        ("tracking", "<script>"),
        ("tracking", ""),
        ("tracking", "a\nb"),
        ("status", "shipped"),
        ("status", None),
        ("occurred_at", "yesterday"),
        ("occurred_at", "2026-11-22T12:00:00"),
        ("occurred_at", "0001-01-01T00:00:00+23:00"),
        ("occurred_at", 1795338000),
        ("description", 1),
    ],
)
def test_a_wrong_member_is_named(member: str, value: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        CarrierMessage.of("dhl", {**REPORT, member: value})
    assert refused.value.field == member


@pytest.mark.parametrize("body", [None, [], "text", 1, True])
def test_what_is_no_object_is_no_report(body: object) -> None:
    with pytest.raises(InvalidRequest):
        CarrierMessage.of("dhl", body)


def test_long_words_are_cut() -> None:
    assert len(CarrierMessage.of("dhl", {**REPORT, "description": "x" * 900}).description or "") == 200


@given(st.text(max_size=40) | st.from_type(type(None)).map(json.dumps) | st.just("[" * 5000) | st.just('{"carrier":1}'))
def test_what_is_no_message_goes_to_the_dead_letters(text: str) -> None:
    with pytest.raises(UnreadableMessage):
        CarrierMessage.from_json(text)


def test_the_carriers_of_the_shop() -> None:
    carriers = load_carriers()
    assert set(carriers.carriers) == {"dhl", "g4s", "wells_fargo", "local"}
    assert carriers.link("dhl", "12 34/5") == "https://www.dhl.com/ke-en/home/tracking.html?tracking-id=12%2034%2F5"
    assert carriers.link("local", "7") is None
    assert carriers.link("gone", "7") is None
    assert (carriers.label("g4s"), carriers.label("gone")) == ("G4S", "gone")
    with pytest.raises(InvalidRequest) as refused:
        carriers.carrier("pigeon")
    assert refused.value.field == "carrier"


@pytest.mark.parametrize(
    "url", ["http://x.test/{tracking}", "https://x.test/", "https://x.test/{other}", "javascript:{tracking}"]
)
def test_a_tracking_page_is_https_and_says_where_the_reference_goes(url: str) -> None:
    with pytest.raises(ValueError, match="tracking_url"):
        parse_carriers(f'[carriers.dhl]\nlabel = "DHL"\ntracking_url = "{url}"\n')
