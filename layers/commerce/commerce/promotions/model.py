"""Vouchers: what a code is worth, to whom and how often. Its uses never exceed a limit (promise 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from commerce.catalog.names import Slug
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.ids import spread
from commerce.kernel.money import MINOR_PER_MAJOR, Currency

MOST_SHARDS = 20
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{2,31}", re.ASCII)


class VoucherRefused(InvalidRequest):
    """The code does nothing for this order.

    Without a sentence of its own the refusal is the same for codes that are unknown, not yet or no longer valid,
    withdrawn, used up, or not this buyer's: nobody learns by trying which codes there are.
    """

    def __init__(self, detail: str = "This code cannot be used.", *, field: str = "voucher") -> None:
        super().__init__(detail, field=field)


class VoucherKind(StrEnum):
    """What a voucher takes off."""

    PERCENT = "percent"
    FIXED = "fixed"
    FREE_SHIPPING = "free_shipping"


def voucher_code(text: str) -> str:
    """Return a code as it is stored: in capitals, without the spaces around it.

    Raises
    ------
    ValueError
        When no voucher can have it.
    """
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise ValueError(VoucherRefused().detail)
    return code


def _payable(amounts: dict[Currency, int]) -> dict[Currency, int]:
    if amounts.get(Currency.KES, 0) % MINOR_PER_MAJOR:
        raise ValueError("an amount in KES must be whole shillings: M-Pesa charges nothing smaller")
    return amounts


Code = Annotated[str, AfterValidator(voucher_code), Field(max_length=32, examples=["KARIBU10"])]
#: Minor units per currency, above zero.
Amounts = Annotated[dict[Currency, Annotated[int, Field(gt=0, le=10**12)]], AfterValidator(_payable)]


class Voucher(BaseModel):
    """What a code promises.

    Parameters
    ----------
    percent
        For a percentage: of the goods it is for, 1 to 100.
    amounts
        For a fixed amount: minor units in each currency it is good in.
    currencies
        The currencies that any other kind is good in; empty for all.
    minimum_spend
        The least that the goods it is for must cost, minor units; then for every currency it is good in.
    valid_from, valid_until
        From the first moment until just before the second; None where there is no such end.
    first_order_only
        Only for who has never bought here, known by e-mail address and by telephone number.
    categories
        The shelves whose goods it is for; empty for all.
    total_limit, per_customer_limit
        How many orders may use it at once placed or paid; None for any number. Uses by a customer are counted while
        there is a limit.
    shards
        Over how many rows its uses are counted: more for a code that many use at once. It may grow, never shrink.
    """

    # Checkout reads one of these in few of its orders.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    code: Code
    description: Annotated[str, Field(min_length=1, max_length=120)]
    kind: VoucherKind
    percent: Annotated[int, Field(ge=1, le=100)] | None = None
    amounts: Amounts = {}
    currencies: tuple[Currency, ...] = ()
    minimum_spend: Amounts = {}
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    first_order_only: bool = False
    categories: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    total_limit: Annotated[int, Field(ge=1, le=10**9)] | None = None
    per_customer_limit: Annotated[int, Field(ge=1, le=10**6)] | None = None
    shards: Annotated[int, Field(ge=1, le=MOST_SHARDS)] = 1
    active: bool = True

    @model_validator(mode="after")
    def _must_be_consistent(self) -> Self:
        if (self.percent is not None) != (self.kind is VoucherKind.PERCENT):
            raise ValueError("percent: for a percentage, and for nothing else")
        if bool(self.amounts) != (self.kind is VoucherKind.FIXED):
            raise ValueError("amounts: for a fixed amount, and for nothing else")
        if self.amounts and self.currencies:
            raise ValueError("currencies: those of the amounts")
        if self.minimum_spend and self.minimum_spend.keys() != self.good_in:
            raise ValueError("minimum_spend: must say so in every currency the code is good in")
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError("valid_until: lies before valid_from")
        return self

    @property
    def good_in(self) -> frozenset[Currency]:
        """The currencies of the orders it is for."""
        return frozenset(self.amounts or self.currencies or Currency)

    def live(self, at: datetime) -> bool:
        """Tell whether the code may be used at a moment, limits apart."""
        if not self.active or (self.valid_from is not None and at < self.valid_from):
            return False
        return self.valid_until is None or at < self.valid_until


@dataclass(frozen=True, slots=True)
class Redemption:
    """What an order used of a voucher, for giving it back.

    Parameters
    ----------
    shard
        The row that its use is counted in.
    counted
        Whether the use counts for the customer too.
    first
        Whether it took the place of the customer's first order.
    """

    code: str
    shard: int
    counted: bool = False
    first: bool = False

    def to_text(self) -> str:
        """Write it short: it is stored in the order's row, which every change of the order pays for."""
        return f"{self.code}/{self.shard}/{'c' * self.counted}{'f' * self.first}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote."""
        code, shard, flags = text.split("/")
        return cls(code, int(shard), counted="c" in flags, first="f" in flags)


def redemption_of(voucher: Voucher, shard: int) -> Redemption:
    """Return what an order uses of a voucher when its use is counted in `shard`."""
    return Redemption(voucher.code, shard, voucher.per_customer_limit is not None, voucher.first_order_only)


def customer_keys(email: str, phone: str) -> tuple[str, str]:
    """Return the names a customer's uses are counted under: one for the e-mail address, one for the phone number.

    A limit holds for each, so a new address does not make a new customer, and neither does a label (``name+label@``).
    `phone` is in international form. The keys are hashes: the table of uses names nobody.
    """
    name, _, host = email.strip().casefold().rpartition("@")
    folded = f"{name.partition('+')[0]}@{host}"
    return _hash(f"email:{folded}"), _hash(f"phone:{phone}")


def home_shard(order_id: str, code: str, shards: int) -> int:
    """Return the shard that an order tries first: orders spread evenly, a retry comes to the same one."""
    return spread(f"{order_id}/{code}", shards)


def shard_with_uses(order_id: str, code: str, left: Mapping[int, int | None]) -> int | None:
    """Return the first shard from the home shard on that has uses left (None: any number); None when none has."""
    home = home_shard(order_id, code, len(left))
    for step in range(len(left)):
        shard = (home + step) % len(left)
        uses = left[shard]
        if uses is None or uses > 0:
            return shard
    return None


def allowances(limit: int, used: Sequence[int]) -> list[int]:
    """Share a voucher's limit out to its shards, given what each has used; a shard stops at its allowance.

    The uses left are spread evenly, so the allowances add up to the limit. Where more is used than the limit now
    allows, each shard stands for all that is too many: uses given back in one shard must not open another while the
    sum is above the limit, so some of the limit may stay unused then.
    """
    left = limit - sum(used)
    if left < 0:
        return [max(0, count + left) for count in used]
    whole, rest = divmod(left, len(used))
    return [count + whole + (1 if shard < rest else 0) for shard, count in enumerate(used)]


def _hash(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()[:32]
