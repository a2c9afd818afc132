"""What buyers may send, said once: these models check requests and make the API document."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from commerce.kernel.money import Currency
from commerce.ordering.phone import contact_number, kenyan_mobile

MOST_LINES = 20
MOST_UNITS = 100
#: What SES delivers to: ASCII, without comments or quotes (RFC 5321's dot-atoms).
_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
#: Members that requests have had since vouchers and store credit came.
_LATER = frozenset({"voucher", "credit"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def _readable(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    if _CONTROL.search(text):
        raise ValueError("holds characters that cannot be read")
    return text


def _email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise ValueError("not an e-mail address")
    name, _, host = text.rpartition("@")
    return f"{name}@{host.lower()}"


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), AfterValidator(_readable)]
Email = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_email)]
ContactNumber = Annotated[str, StringConstraints(max_length=30), AfterValidator(contact_number)]
PayingNumber = Annotated[str, StringConstraints(max_length=30), AfterValidator(kenyan_mobile)]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
ZoneName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
#: Codes are taken as they come: one that nobody could have is refused in the words of one that nobody has.
VoucherText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=64),
    Field(examples=["KARIBU10"]),
]
CreditText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    Field(examples=["7K2M9-QX4TD-0ABCD-EFGHJ"]),
]


class _Request(BaseModel):
    """Members the shop does not know are ignored: a client may send its own prices, they change nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    def fingerprint(self) -> str:
        """Return what tells this request from another one sent under the same Idempotency-Key.

        Members of `_LATER` that are not sent leave no trace: a request from before there were any is still the same.
        """
        told = {name: value for name, value in self.model_dump(mode="json").items() if name not in _LATER or value}
        body = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return sha256(body.encode()).hexdigest()[:32]


class ItemRequest(_Request):
    """Units of one SKU."""

    sku: Sku
    quantity: int = Field(ge=1, le=MOST_UNITS)


class CustomerRequest(_Request):
    """Who buys. The e-mail address opens the order's status page."""

    name: Text
    email: Email
    phone: ContactNumber


class AddressRequest(_Request):
    """Where to deliver; `country` is an ISO 3166 code of two letters."""

    line1: Text
    line2: Text | None = None
    city: Text
    region: Text | None = None
    postcode: Text | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$", to_upper=True)] = "KE"


class ShippingRequest(_Request):
    """Which delivery, and where to."""

    zone: ZoneName
    address: AddressRequest


class PaymentRequest(_Request):
    """How to pay: one of the methods that `GET /payment-methods` offers.

    `phone` is for methods that ask on a phone, as M-Pesa does; written 07…, 01…, 254… or +254….
    """

    method: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,29}$"), Field(examples=["mpesa", "card"])]
    phone: PayingNumber | None = None


class BasketRequest(_Request):
    """Goods in one currency."""

    items: list[ItemRequest] = Field(min_length=1, max_length=MOST_LINES)
    currency: Currency

    @field_validator("currency", mode="before")
    @classmethod
    def _known_currency(cls, value: object) -> object:
        return Currency(value) if isinstance(value, str) and value in list(Currency) else value

    @model_validator(mode="after")
    def _one_line_for_each_sku(self) -> Self:
        if len({item.sku for item in self.items}) < len(self.items):
            together: dict[str, int] = {}
            for item in self.items:
                together[item.sku] = together.get(item.sku, 0) + item.quantity
            merged = [ItemRequest.model_construct(sku=sku, quantity=count) for sku, count in together.items()]
            if any(item.quantity > MOST_UNITS for item in merged):
                raise ValueError(f"items: at most {MOST_UNITS} units of one SKU")
            return self.model_copy(update={"items": merged})
        return self


class CheckoutRequest(BasketRequest):
    """An order as the buyer asks for it. Prices, tax and totals are the shop's.

    `voucher` is a code that takes something off, `credit` the code of store credit to spend first.
    """

    customer: CustomerRequest
    shipping: ShippingRequest
    payment: PaymentRequest
    voucher: VoucherText | None = None
    credit: CreditText | None = Field(default=None, repr=False)


class RetryRequest(_Request):
    """Another try to pay an order; the e-mail address must be the order's."""

    email: Email
    payment: PaymentRequest
