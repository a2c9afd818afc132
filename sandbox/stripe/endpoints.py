"""The endpoints that are simulated: method, path, parameters, work."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from stripe.params._balance_retrieve_params import BalanceRetrieveParams
from stripe.params._balance_transaction_list_params import BalanceTransactionListParams
from stripe.params._balance_transaction_retrieve_params import BalanceTransactionRetrieveParams
from stripe.params._charge_list_params import ChargeListParams
from stripe.params._charge_retrieve_params import ChargeRetrieveParams
from stripe.params._dispute_close_params import DisputeCloseParams
from stripe.params._dispute_list_params import DisputeListParams
from stripe.params._dispute_retrieve_params import DisputeRetrieveParams
from stripe.params._dispute_update_params import DisputeUpdateParams
from stripe.params._event_list_params import EventListParams
from stripe.params._event_retrieve_params import EventRetrieveParams
from stripe.params._payment_intent_cancel_params import PaymentIntentCancelParams
from stripe.params._payment_intent_confirm_params import PaymentIntentConfirmParams
from stripe.params._payment_intent_create_params import PaymentIntentCreateParams
from stripe.params._payment_intent_list_params import PaymentIntentListParams
from stripe.params._payment_intent_retrieve_params import PaymentIntentRetrieveParams
from stripe.params._payment_intent_update_params import PaymentIntentUpdateParams
from stripe.params._payment_method_create_params import PaymentMethodCreateParams
from stripe.params._payment_method_retrieve_params import PaymentMethodRetrieveParams
from stripe.params._refund_create_params import RefundCreateParams
from stripe.params._refund_list_params import RefundListParams
from stripe.params._refund_retrieve_params import RefundRetrieveParams
from stripe.params._refund_update_params import RefundUpdateParams

from sandbox.stripe import intents, resources
from sandbox.stripe.call import Call
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json
from sandbox.stripe.parameters import Shape

PAGING = {"created", "ending_before", "expand", "limit", "starting_after"}

INTENT = frozenset(
    {
        "amount", "automatic_payment_methods", "capture_method", "confirm", "confirmation_method", "currency",
        "description", "error_on_requires_action", "expand", "metadata", "off_session", "payment_method",
        "payment_method_data", "payment_method_options", "receipt_email", "return_url", "shipping",
        "statement_descriptor", "statement_descriptor_suffix", "transfer_group", "use_stripe_sdk",
    }
)  # fmt: skip
"""Parameters of a PaymentIntent that the sandbox acts on or gives back."""


class TypedCard(TypedDict, total=False):
    """What the card form sends."""

    number: str
    exp_month: str
    exp_year: str
    cvc: str


class BillingAddress(TypedDict, total=False):
    """A card holder's address."""

    city: str
    country: str
    line1: str
    line2: str
    postal_code: str
    state: str


class BillingDetails(TypedDict, total=False):
    """A card holder."""

    name: str
    email: str
    phone: str
    address: BillingAddress


class TypedMethod(TypedDict, total=False):
    """A PaymentMethod in the making."""

    type: str
    card: TypedCard
    billing_details: BillingDetails


class Browser(TypedDict, total=False):
    """What Stripe.js sends beside the documented parameters, with the publishable key."""

    key: str
    client_secret: str
    payment_method_data: TypedMethod


@dataclass(frozen=True)
class Endpoint:
    """One endpoint; `public`: a browser may call it with the publishable key."""

    method: str
    path: re.Pattern[str]
    name: str
    shape: Shape
    work: Callable[[StripeSimulator, Call], Json]
    public: bool = False


def _endpoint(
    method: str, path: str, shape: Shape, work: Callable[[StripeSimulator, Call], Json], *, public: bool = False
) -> Endpoint:
    return Endpoint(method, re.compile(path.replace(":id", r"([A-Za-z0-9_]+)")), path, shape, work, public)


def _list(known: type, *filters: str) -> Shape:
    return Shape(known, simulated=frozenset(PAGING | set(filters)))


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("POST", "payment_intents", Shape(PaymentIntentCreateParams, ("amount", "currency"), INTENT),
              intents.create),
    _endpoint("GET", "payment_intents", _list(PaymentIntentListParams), resources.list_intents),
    _endpoint("GET", "payment_intents/:id", Shape(PaymentIntentRetrieveParams, browser=Browser), intents.retrieve,
              public=True),
    _endpoint("POST", "payment_intents/:id", Shape(PaymentIntentUpdateParams, (), INTENT), intents.update),
    _endpoint("POST", "payment_intents/:id/confirm", Shape(PaymentIntentConfirmParams, (), INTENT, Browser),
              intents.confirm, public=True),
    _endpoint("POST", "payment_intents/:id/cancel", Shape(PaymentIntentCancelParams), intents.cancel),
    _endpoint("POST", "payment_methods", Shape(PaymentMethodCreateParams, ("type",),
              frozenset({"billing_details", "card", "expand", "metadata", "type"}), Browser),
              resources.create_method, public=True),
    _endpoint("GET", "payment_methods/:id", Shape(PaymentMethodRetrieveParams), resources.show_method),
    _endpoint("GET", "charges", _list(ChargeListParams, "payment_intent"), resources.list_charges),
    _endpoint("GET", "charges/:id", Shape(ChargeRetrieveParams), resources.show_charge),
    _endpoint("POST", "refunds", Shape(RefundCreateParams, (),
              frozenset({"amount", "charge", "expand", "metadata", "payment_intent", "reason"})),
              resources.create_refund),
    _endpoint("GET", "refunds", _list(RefundListParams, "charge", "payment_intent"), resources.list_refunds),
    _endpoint("GET", "refunds/:id", Shape(RefundRetrieveParams), resources.show_refund),
    _endpoint("POST", "refunds/:id", Shape(RefundUpdateParams), resources.update_refund),
    _endpoint("GET", "disputes", _list(DisputeListParams, "charge", "payment_intent"), resources.list_disputes),
    _endpoint("GET", "disputes/:id", Shape(DisputeRetrieveParams), resources.show_dispute),
    _endpoint("POST", "disputes/:id", Shape(DisputeUpdateParams, (),
              frozenset({"evidence", "expand", "metadata", "submit"})), resources.update_dispute),
    _endpoint("POST", "disputes/:id/close", Shape(DisputeCloseParams), resources.close_dispute),
    _endpoint("GET", "events", _list(EventListParams, "type", "types", "delivery_success"), resources.list_events),
    _endpoint("GET", "events/:id", Shape(EventRetrieveParams), resources.show_event),
    _endpoint("GET", "balance", Shape(BalanceRetrieveParams), resources.show_balance),
    _endpoint("GET", "balance_transactions", _list(BalanceTransactionListParams, "source", "currency", "type"),
              resources.list_movements),
    _endpoint("GET", "balance_transactions/:id", Shape(BalanceTransactionRetrieveParams), resources.show_movement),
)  # fmt: skip


def find(method: str, path: str) -> tuple[Endpoint, str] | None:
    """The endpoint of a request and the id in its path, or None."""
    for endpoint in ENDPOINTS:
        matched = endpoint.path.fullmatch(path)
        if matched and endpoint.method == method:
            return endpoint, matched[1] if matched.lastindex else ""
    return None
