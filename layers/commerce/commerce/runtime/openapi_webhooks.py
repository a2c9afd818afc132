"""The part of the API document that providers and carriers call."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field
from pydantic.json_schema import JsonSchemaMode

from commerce.fulfilment.messages import LONGEST_TEXT, TRACKING
from commerce.fulfilment.signatures import TOLERANCE_SECONDS, BadSignature
from commerce.kernel.errors import InvalidRequest
from commerce.runtime.openapi_answers import Json, answer, body, refusals
from commerce.runtime.openapi_examples import CALLBACK, PARCEL, REPORT, STRIPE_EVENT
from commerce.runtime.problems import BodyTooLarge, SignatureRefused, SourceRefused, UnreadableBody
from commerce.runtime.stripe_webhook import LARGEST_EVENT
from commerce.runtime.webhook import ACCEPTED, LARGEST_CALLBACK, REJECTED


class DarajaAnswer(BaseModel):
    """What Daraja is answered, in its own words; ResultCode 0 is yes."""

    ResultCode: int
    ResultDesc: str


class ReceivedAnswer(BaseModel):
    """The report is safely queued."""

    received: Literal[True]


class CarrierReport(BaseModel):
    """What a carrier says of a parcel. `reference` is the one on its label."""

    id: str = Field(description="The carrier's name for this report; a repeat has the same.", pattern="^[!-~]{1,80}$")
    reference: str = Field(description="Order number and shipment.", pattern="^[0-9A-Z]{10}-S[1-9][0-9]?$")
    tracking: str = Field(pattern=f"^{TRACKING.pattern}$")
    status: Literal["in_transit", "delivered", "exception"]
    occurred_at: AwareDatetime
    description: str | None = Field(default=None, description=f"Kept to {LONGEST_TEXT} characters.")


MODELS: list[tuple[type[BaseModel], JsonSchemaMode]] = [
    (DarajaAnswer, "serialization"),
    (ReceivedAnswer, "serialization"),
    (CarrierReport, "validation"),
]

_FROM_ELSEWHERE = SourceRefused("This comes from an address that the source list does not name.")
_RECEIVED = '{"received":true}'


def webhook_paths() -> Json:
    """Return the paths."""
    token: Json = {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}
    kind: Json = {
        "name": "kind",
        "in": "path",
        "required": True,
        "description": "What is reported: a refund's result, Daraja's own time-out, or the record of a payment.",
        "schema": {"enum": ["result", "timeout", "record"]},
    }
    return {
        "/hooks/stk/{token}": {
            "post": _daraja("receive_stk_callback", "Hear what became of an STK push", [token], CALLBACK)
        },
        "/hooks/daraja/{token}/{kind}": {
            "post": _daraja("receive_daraja_result", "Hear what became of a refund", [token, kind], REPORT)
        },
        "/hooks/stripe": {"post": _stripe()},
        "/hooks/carriers/{carrier}": {"post": _carrier()},
    }


def _daraja(name: str, summary: str, parameters: list[Json], example: Json) -> Json:
    refused = {
        "403": "The source list is enforced and does not name the sender.",
        "404": "The shop did not make this token.",
        "413": f"More than {LARGEST_CALLBACK} bytes.",
    }
    return {
        "tags": ["webhooks"],
        "summary": summary,
        "description": "A hint, never believed: it is queued, and the provider itself is asked. Any body is accepted.",
        "operationId": name,
        "parameters": parameters,
        "requestBody": {"content": {"application/json": {"schema": {}, "example": example}}},
        "responses": {
            "200": answer("Queued.", "DarajaAnswer", example=ACCEPTED),
            **{status: answer(why, "DarajaAnswer", example=REJECTED) for status, why in refused.items()},
        },
    }


def _stripe() -> Json:
    signature: Json = {
        "name": "Stripe-Signature",
        "in": "header",
        "required": True,
        "description": "Stripe's signature of the raw body, with any of the endpoint's secrets.",
        "schema": {"type": "string"},
    }
    return {
        "tags": ["webhooks"],
        "summary": "Hear that something happened at Stripe",
        "description": "A hint, never believed: what it is about is queued, and Stripe itself is asked.",
        "operationId": "receive_stripe_event",
        "parameters": [signature],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}, "example": STRIPE_EVENT}}},
        "responses": {
            "200": answer("Queued, or of no interest.", "ReceivedAnswer", example=_RECEIVED),
            **refusals(
                SignatureRefused("no signature"),
                _FROM_ELSEWHERE,
                BodyTooLarge(f"A request may have {LARGEST_EVENT} bytes."),
            ),
        },
    }


def _carrier() -> Json:
    carrier: Json = {
        "name": "carrier",
        "in": "path",
        "required": True,
        "description": "Who reports; the shop keeps a secret for each carrier.",
        "schema": {"type": "string", "examples": ["dhl"]},
    }
    signature: Json = {
        "name": "Salama-Signature",
        "in": "header",
        "required": True,
        "description": (
            "`t=<unix seconds>,v1=<hex>`: the HMAC-SHA256 of `<t>.<raw body>` with the carrier's secret. `t` may be "
            f"{TOLERANCE_SECONDS} seconds off."
        ),
        "schema": {"type": "string", "examples": [f"t=1795348815,v1={'5f' * 32}"]},
    }
    return {
        "tags": ["webhooks"],
        "summary": "Hear what became of a parcel",
        "description": "Queued; it moves the parcel only forward, and only that carrier's own.",
        "operationId": "receive_carrier_event",
        "parameters": [carrier, signature],
        "requestBody": body("CarrierReport", {"Delivered": PARCEL}),
        "responses": {
            "200": answer("Queued.", "ReceivedAnswer", example=_RECEIVED),
            **refusals(
                BadSignature("no signature fits"),
                UnreadableBody("The body is not valid JSON."),
                _FROM_ELSEWHERE,
                BodyTooLarge(f"A request may have {LARGEST_CALLBACK} bytes."),
                InvalidRequest("No shipment has a reference like this.", field="reference"),
            ),
        },
    }
