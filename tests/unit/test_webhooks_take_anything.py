"""Any bytes to any webhook: an answer of 200 or a refusal, never an exception, and nothing odd on the queues."""

from __future__ import annotations

import base64
import hmac
import importlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commerce.fulfilment.messages import CarrierMessage
from commerce.payments.links import CallbackLinks, Purpose
from commerce.payments.messages import CheckMessage, read_refund_message
from commerce.runtime import aws, queues, security
from commerce.security.model import SecurityFact

NUMBER = "7K2M9QX4TD"
LINKS = CallbackLinks("", ["key"])
ENVIRONMENT = {
    "DARAJA_SECRET_ID": "daraja",
    "STRIPE_SECRET_ID": "stripe",
    "CARRIER_SECRET_ID": "carriers",
    "CALLBACK_SOURCE_MODE": "alert",
    "CALLBACK_SOURCES": "196.201.214.0/24",
    **{f"{name}_QUEUE_URL": name for name in ("VERIFY", "REFUND", "CARRIER", "SECURITY")},
}
READERS: dict[str, Any] = {
    "VERIFY": CheckMessage.from_json,
    "REFUND": read_refund_message,
    "CARRIER": CarrierMessage.from_json,
    "SECURITY": SecurityFact.model_validate_json,
}
HOOKS = ("receive_stk_callback", "receive_daraja_result", "receive_stripe_event", "receive_carrier_event")

#: What these bodies consist of, so that what is made up gets far.
MEMBERS = (
    *("Body", "stkCallback", "Result", "ResultCode", "CheckoutRequestID", "ConversationID", "CallbackMetadata"),
    *("Item", "Name", "Value", "ResultParameters", "ResultParameter", "Key", "id", "type", "data", "object"),
    *("metadata", "order_number", "attempt", "charge", "reference", "tracking", "status", "occurred_at"),
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(MEMBERS) | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
odd_texts = st.sampled_from(
    ["[" * 9_000, '{"a":' * 3_000, "9" * 5_000, "1e999", "-0", "NaN", '{"a":1,"a":2}', '"\\ud800"', "\ufeff{}", "\x00"]
)
bodies = st.binary() | (json_values.map(json.dumps) | odd_texts | st.text()).map(
    lambda text: text.encode(errors="replace")
)


class Queues:
    """Takes messages that their own readers can read."""

    def send_message(self, QueueUrl: str, MessageBody: str, **_: Any) -> None:
        READERS[QueueUrl](MessageBody)


@pytest.fixture(scope="module", autouse=True)
def _world() -> Iterator[None]:
    secrets = {"daraja": {"callback_key": "key"}, "stripe": {"webhook_secrets": "whsec"}, "carriers": {"dhl": "dhl"}}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        for module in (queues, security):
            patch.setattr(module, "client", lambda _: Queues())
        patch.setattr(aws, "_secrets", {name: (time.monotonic(), value) for name, value in secrets.items()})
        patch.setattr(aws, "SECRET_SECONDS", 1e9)
        yield


def call(function: str, event: dict[str, Any]) -> int:
    handler = importlib.import_module(f"functions.{function}.app").lambda_handler
    answer = handler(event, None)
    assert json.loads(answer["body"]) is not None
    return int(answer["statusCode"])


def posted(function: str, body: bytes, *, encoded: bool, kind: str = "result") -> dict[str, Any]:
    """Return the body as its provider would have sent it: to the right address, and signed."""
    moment = int(time.time())
    # API Gateway hands over as text what it takes for text; the bytes that were signed are those.
    sent = body if encoded else body.decode(errors="replace").encode()

    def signed(secret: str) -> str:
        return f"t={moment},v1={hmac.new(secret.encode(), f'{moment}.'.encode() + sent, 'sha256').hexdigest()}"

    purpose = Purpose.RECORD if kind == "record" else Purpose.REFUND
    if function == "receive_stk_callback":
        purpose = Purpose.PAYMENT
    return {
        "routeKey": f"POST /hooks/{function}",
        "headers": {"stripe-signature": signed("whsec"), "salama-signature": signed("dhl")},
        "pathParameters": {
            "token": LINKS.address(purpose, NUMBER, 1).rsplit("/", 1)[1],
            "kind": kind,
            "carrier": "dhl",
        },
        "requestContext": {"http": {"sourceIp": "196.201.214.200"}, "requestId": "request"},
        "body": base64.b64encode(sent).decode() if encoded else sent.decode(),
        "isBase64Encoded": encoded,
    }


@pytest.mark.parametrize("function", HOOKS)
@given(body=bodies, encoded=st.booleans(), kind=st.sampled_from(["result", "timeout", "record"]))
@example(body=b"\xff\xfe\x00", encoded=True, kind="result")
def test_whatever_a_provider_itself_posts(function: str, body: bytes, encoded: bool, kind: str) -> None:
    status = call(function, posted(function, body, encoded=encoded, kind=kind))
    assert status in ((200, 400, 422) if function == "receive_carrier_event" else (200,))


@pytest.mark.parametrize("function", HOOKS)
@given(
    body=bodies.map(lambda raw: raw.decode(errors="replace")) | st.none(),
    encoded=st.booleans(),
    token=st.text(),
    kind=st.text() | st.none(),
    signature=st.text() | st.none(),
    source=st.text() | st.ip_addresses().map(str),
)
@example(body="{}", encoded=True, token="f" * 63, kind=None, signature="t=1,v1=" + "f" * 64, source="fe80::1%eth0")
def test_whatever_a_stranger_posts(
    function: str, body: str | None, encoded: bool, token: str, kind: str | None, signature: str | None, source: str
) -> None:
    event = {
        "headers": {"stripe-signature": signature, "salama-signature": signature} if signature is not None else None,
        "pathParameters": {"token": token, "kind": kind, "carrier": token},
        "requestContext": {"http": {"sourceIp": source}},
        "body": body,
        "isBase64Encoded": encoded,
    }
    assert call(function, event) in (400, 401, 403, 404, 413)


@pytest.mark.parametrize("function", HOOKS)
def test_a_genuine_body_is_queued(function: str) -> None:
    """The tests above would pass as well if nothing at all were let in."""
    genuine = {
        "receive_stk_callback": b'{"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_1","ResultCode":0}}}',
        "receive_daraja_result": b'{"Result":{"ConversationID":"AG_1","ResultCode":0}}',
        "receive_stripe_event": b'{"id":"evt_1","type":"charge.refunded","data":{"object":{"id":"ch_1"}}}',
        "receive_carrier_event": json.dumps(
            {
                "id": "1",
                "reference": f"{NUMBER}-S1",
                "tracking": "L-1",
                "status": "delivered",
                "occurred_at": "2026-11-22T12:00:00Z",
            }
        ).encode(),
    }[function]
    sent: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Queues, "send_message", lambda _, QueueUrl, **message: sent.append(QueueUrl))
        assert call(function, posted(function, genuine, encoded=False)) == 200
    assert len(sent) == 1
    assert sent != ["SECURITY"]
